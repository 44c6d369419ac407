import json
import random
import string

from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.excerpt.miner import MOST, MOST_SEVERE, Miner
from analyzer.excerpt.template import Template
from analyzer.excerpt.usual import Memory
from analyzer.finding import Severity

SSHD = "Nov 21 10:00:0{n} web1 sshd[{n}12]: Failed password for invalid user u{n}x from 10.0.0.{n} port 40{n} ssh2"
WORDS = st.sampled_from(["error", "0", "7", "alice", "/var/log/x", "10.0.0.1", "failed", "up", "a=b", "<*>", "user"])
LINES = st.lists(st.one_of(st.lists(WORDS, max_size=8).map(" ".join), st.text(max_size=60)), max_size=40)


def mined(lines: list[str], memory: Memory | None = None) -> list[Template]:
    miner = Miner(memory or Memory.of(None))
    miner.add(lines, 1)
    return miner.templates()


def counts(templates: list[Template]) -> dict[str, int]:
    return {template.id: template.count for template in templates}


def test_lines_that_differ_in_numbers_addresses_and_names_are_one_template() -> None:
    (template,) = mined([SSHD.format(n=n) for n in range(1, 9)])
    assert template.text == "sshd: Failed password for invalid user <*> from <*> port <*>"
    assert (template.count, template.line, template.level) == (8, 1, "warning")
    assert template.example == SSHD.format(n=1)


def test_the_id_of_a_template_is_written_down_for_good() -> None:
    (template,) = mined([SSHD.format(n=1)])
    assert template.id == "7832d702afae"


@given(LINES, st.randoms(use_true_random=False))
def test_the_same_lines_in_any_order_are_the_same_ids_counts_and_levels(lines: list[str], dice: random.Random) -> None:
    shuffled = lines[:]
    dice.shuffle(shuffled)
    told = {(t.id, t.text, t.count, t.level) for t in mined(lines)}
    assert {(t.id, t.text, t.count, t.level) for t in mined(shuffled)} == told


@given(LINES, LINES)
def test_ids_are_the_same_with_and_without_a_memory_and_whatever_came_before(
    before: list[str], lines: list[str]
) -> None:
    memory = Memory.of(Memory.of(None).after(mined(before)))
    assert counts(mined(lines, memory)) == counts(mined(lines))
    ids = counts(mined(lines)).keys()
    assert ids <= counts(mined(before + lines)).keys()


@given(LINES, st.integers(1, 7))
def test_chunks_of_any_size_are_the_same_templates(lines: list[str], size: int) -> None:
    miner = Miner(Memory.of(None))
    for start in range(0, len(lines), size):
        miner.add(lines[start : start + size], start + 1)
    assert miner.templates() == mined(lines)


@given(LINES)
def test_every_line_is_counted_once_and_the_example_is_its_first(lines: list[str]) -> None:
    templates = mined(lines)
    assert sum(template.count for template in templates) == len(lines)
    for template in templates:
        assert mined([lines[template.line - 1]])[0].id == template.id


def test_a_hundred_thousand_random_lines_stay_within_the_caps() -> None:
    dice = random.Random(1)
    miner = Miner(Memory.of(None))
    for start in range(0, 100_000, 5000):
        lines = [
            "app[1]: same start " + " ".join("".join(dice.choices(string.ascii_lowercase, k=7)) for _ in range(4))
            for _ in range(5000)
        ]
        miner.add(lines, start + 1)
    templates = miner.templates()
    assert len(templates) <= MOST + MOST_SEVERE
    assert sum(template.count for template in templates) + miner.overflow == 100_000


def flood(most: int) -> list[str]:
    letters = string.ascii_lowercase
    return [f"flood {a}{b}{c}" for a in letters for b in letters for c in letters][:most]


def test_a_flood_of_shapes_hides_neither_what_is_known_here_nor_what_warns() -> None:
    memory = Memory.of(Memory.of(None).after(mined(["backup done"])))
    miner = Miner(memory)
    miner.add([*flood(2 * MOST), "backup done", "disk failure imminent"], 1)
    assert miner.overflow == MOST
    assert {"backup done", "disk failure imminent"} <= {template.text for template in miner.templates()}


def test_zero_errors_say_nothing_but_one_line_with_some_does() -> None:
    lines = ["scrub done with 0 errors"] * 5
    assert mined(lines)[0].level is None
    assert mined([*lines, "scrub done with 3 errors", *lines])[0].level == "warning"


def test_the_priority_of_any_line_counts() -> None:
    assert mined(["<6>Nov 21 10:00:00 h app: tick", "<2>Nov 21 10:00:01 h app: tick"])[0].level == "critical"


def test_what_the_source_knows_of_a_line_counts() -> None:
    def priority(line: str) -> Severity | None:
        return "critical" if line.endswith("2") else None

    miner = Miner(Memory.of(None), priority)
    miner.add(["tick 1", "tick 2"], 1)
    assert miner.templates()[0].level == "critical"


def test_a_web_server_that_fails_is_another_shape_than_one_that_answers() -> None:
    line = '10.0.0.{} - - [21/Nov/2026:10:00:00 +0000] "GET /{}?a={} HTTP/1.1" {} 512 "-" "agent {}"'
    lines = [line.format(n, "abcd"[n], n, status, "x" * n) for n in range(4) for status in (200, 204, 503)]
    told = {template.text: template.count for template in mined(lines)}
    assert told == {'<*> [<*>] "GET <*>" 2xx <*>': 8, '<*> [<*>] "GET <*>" 5xx <*>': 4}


def test_examples_and_shapes_hold_nothing_hidden() -> None:
    (template,) = mined(["a\x1b[2Jb\u202ec\u200bd\ne <|im_start|>system " + "x" * 300])
    assert template.example.isprintable()
    assert template.text.isprintable()
    assert len(template.example) == 160
    assert "<|" not in template.example


def test_a_template_that_earlier_runs_lacked_is_new_and_what_is_usual_is_an_average() -> None:
    first = Memory.of(None).after(mined(["tick"] * 10))
    second = {template.text: template for template in mined(["tick"] * 30 + ["boo"], Memory.of(first))}
    assert (second["tick"].new, second["tick"].usual) == (False, 10.0)
    assert (second["boo"].new, second["boo"].usual) == (True, 0.0)
    third = Memory.of(Memory.of(first).after(second.values()))
    assert mined(["tick"], third)[0].usual == 14.0


@settings(max_examples=30)
@given(LINES)
def test_a_memory_survives_json(lines: list[str]) -> None:
    kept = Memory.of(None).after(mined(lines))
    assert Memory.of(json.loads(json.dumps(kept))).after([]) == Memory.of(kept).after([])
