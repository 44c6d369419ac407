"""Every mistake in a configuration file is one line that names the place."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.strict import ConfigError, Section, format_duration, load, parse_duration, read

EXAMPLE = """\
heartbeats:
  - {id: web01, every: 5m}
  - id: nas
    evrey: 5m
    at: 22:00
    except: [2026-12-24]
    answer: no
    code: 0123
"""


def nas() -> Section:
    return load(EXAMPLE, "exporter.yml").sections("heartbeats")[1]


def one(text: str) -> Section:
    return load(text, "f.yml")


def reading(secret: str) -> Callable[[Path], str]:
    return lambda path: secret


def test_a_misspelt_key_is_named_with_its_line_path_and_a_suggestion() -> None:
    section = nas()
    section.text("id")
    section.duration("every", 60.0) if section.has("every") else None
    with pytest.raises(ConfigError) as e:
        section.end()
    assert str(e.value) == 'exporter.yml:4: heartbeats[1].evrey: unknown key; did you mean "every"?'


def test_a_misspelt_required_key_is_reported_as_misspelt_and_not_as_missing() -> None:
    with pytest.raises(ConfigError, match=r'^exporter.yml:4: heartbeats\[1\].evrey: unknown key; did you mean "every"'):
        nas().duration("every")


def test_a_missing_key_says_what_was_expected() -> None:
    with pytest.raises(ConfigError, match=r"^exporter.yml:2: heartbeats\[0\].cron: missing; expected a text$"):
        load(EXAMPLE, "exporter.yml").sections("heartbeats")[0].text("cron")


def test_a_key_that_resembles_nothing_gets_the_list_of_known_ones() -> None:
    section = one("zzz: 1")
    section.text("host", None)
    with pytest.raises(ConfigError, match=r"^f.yml:1: zzz: unknown key; known: host$"):
        section.end()


def test_texts_arrive_as_written() -> None:
    section = nas()
    assert (section.text("at"), section.text("answer"), section.text("code")) == ("22:00", "no", "0123")
    assert section.dates("except") == [date(2026, 12, 24)]


def test_each_kind_is_converted_where_it_is_asked_for() -> None:
    section = one("i: -3\nf: 1.5e3\nb: yes\nd: 1h30m\nc: red\nl: [a, 1]\nm: {a: 1, b: no}\nn: {x: , y: {z: 1}}\n")
    assert (section.integer("i"), section.number("f"), section.flag("b")) == (-3, 1500.0, True)
    assert (section.duration("d"), section.choice("c", ("red", "blue"))) == (5400.0, "red")
    assert (section.texts("l"), section.text_map("m")) == (["a", "1"], {"a": "1", "b": "no"})
    named = section.sections_by_name("n")
    assert (list(named), named["y"].text("z"), named["y"].path) == (["x", "y"], "1", "n.y")
    section.end()


def test_what_is_not_written_has_its_default() -> None:
    section = one("l:\ns: ~\n")
    assert (section.text("t", None), section.integer("i", 7), section.flag("b", False)) == (None, 7, False)
    assert (section.texts("l"), section.section("s"), section.sections("x"), section.text_map("y")) == (
        [],
        None,
        [],
        {},
    )
    assert section.sections_by_name("z") == {}


@pytest.mark.parametrize(
    ("text", "ask", "message"),
    [
        ("k: five", lambda s: s.integer("k"), 'k: expected a whole number, found "five"'),
        ("k: 08", lambda s: s.integer("k"), 'k: expected a whole number, found "08"'),
        ("k: 0", lambda s: s.integer("k", low=1), "k: expected at least 1, found 0"),
        ("k: 70000", lambda s: s.integer("k", high=65535), "k: expected at most 65535, found 70000"),
        ("k: .inf", lambda s: s.number("k"), 'k: expected a number, found ".inf"'),
        ("k: maybe", lambda s: s.flag("k"), 'k: expected true or false, found "maybe"'),
        ("k:", lambda s: s.text("k"), "k: expected a text, found nothing"),
        ("k: [1]", lambda s: s.text("k", ""), "k: expected a text, found a list"),
        ("k: {a: 1}", lambda s: s.texts("k"), "k: expected a list, found a mapping"),
        ("k: prod", lambda s: s.texts("k"), "k: expected a list, found a text"),
        ("k: [a, {b: 1}]", lambda s: s.texts("k"), "k[1]: expected a text, found a mapping"),
        ("k: [24.12.2026]", lambda s: s.dates("k"), 'k[0]: expected a date as YYYY-MM-DD, found "24.12.2026"'),
        ("k: [2026-02-30]", lambda s: s.dates("k"), 'k[0]: expected a date as YYYY-MM-DD, found "2026-02-30"'),
        ("k: 5", lambda s: s.section("k"), "k: expected a mapping, found a text"),
        ("k: [a]", lambda s: s.sections("k"), "k[0]: expected a mapping, found a text"),
        ("k: {a: {b: [1]}}", lambda s: s.section("k").text_map("a"), "k.a.b: expected a text, found a list"),
        ("k: 1s", lambda s: s.duration("k", low=5), "k: expected at least 5s, found 1s"),
        (
            "k: rd",
            lambda s: s.choice("k", ("red", "blue")),
            'k: expected one of red, blue, found "rd"; did you mean "red"?',
        ),
    ],
)
def test_a_wrong_value_says_what_was_expected_and_what_was_found(
    text: str, ask: Callable[[Section], object], message: str
) -> None:
    with pytest.raises(ConfigError) as e:
        ask(one(text))
    assert str(e.value) == f"f.yml:1: {message}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", 'f.yml:3: "a" stands here a second time; first in line 1'),
        ("- a\n", "f.yml:1: expected a mapping at the top level, found a list"),
        ("hello", "f.yml:1: expected a mapping at the top level, found a text"),
        (b"a: 1\nb: \xff\n", "f.yml:2: not UTF-8: byte 0xff"),
        ("a: \ud800", "f.yml:1: not UTF-8: byte 0xed"),
        ("a: !!python/object/apply:os.system [ls]\n", "f.yml:1: tags (!) are not supported"),
        ("a: 1\n---\nb: 1\n", "f.yml:2: a second document begins here; expected one"),
        ("a: *b\n", "f.yml:1: an alias that is not defined above; quote a text that begins with *"),
        ("a: &a [*a]\n", "f.yml:1: an alias contains itself"),
        ("? [a]\n: b\n", "f.yml:1: expected a text as key, found a list"),
        ("<<: 5\n", "f.yml:1: << expected a mapping, found a text"),
        ("[" * 100_000, "f.yml:1: nested deeper than 64 levels"),
    ],
)
def test_a_file_that_cannot_be_understood_gives_one_line(text: str | bytes, message: str) -> None:
    with pytest.raises(ConfigError) as e:
        load(text, "f.yml")
    assert str(e.value) == message


@pytest.mark.parametrize("text", ["a: [", "a: b\n\tc: d", "a\0b", "a: 'b", "a: b: c", "%YAML", "a: 1\n b: 2"])
def test_broken_yaml_is_one_line_that_names_the_file(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^f\.yml(:\d+)?: no valid YAML: [^\n]+$"):
        load(text, "f.yml")


def test_aliases_that_multiply_are_bounded() -> None:
    levels = [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    with pytest.raises(ConfigError, match=r"^f\.yml:\d+: more than 5000000 values, aliases written out$"):
        load("\n".join(["a0: &a0 [x, x]", *levels]), "f.yml")


def test_anchors_and_merged_mappings_serve_as_defaults() -> None:
    section = one("x: &d {every: 5m, grace: 1m}\ny: {<<: *d, grace: 2m}\nz: {<<: [*d, {host: a, every: 1m}]}\n")
    assert section.text_map("y") == {"every": "5m", "grace": "2m"}
    assert section.text_map("z") == {"every": "5m", "grace": "1m", "host": "a"}


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", b"\xef\xbb\xbf", "~"])
def test_an_empty_file_is_an_empty_section(text: str | bytes) -> None:
    section = load(text, "f.yml")
    assert section.entries == {}
    section.end()


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"/no\.yml: cannot be read: No such file or directory$"):
        read(tmp_path / "no.yml")


def test_a_file_is_read_with_its_path_in_errors(tmp_path: Path) -> None:
    (tmp_path / "x.yml").write_text("every: 5\n")
    with pytest.raises(ConfigError, match=r"/x\.yml:1: every: expected a duration"):
        read(tmp_path / "x.yml").duration("every")


@pytest.mark.parametrize(
    ("text", "environ"),
    [
        ("api_key: s3cret", {}),
        ("api_key_file: f", {}),
        ("", {"API_KEY": "s3cret"}),
        ("", {"API_KEY_FILE": "f", "API_KEY": ""}),
    ],
)
def test_a_secret_comes_from_any_one_of_four_places(text: str, environ: dict[str, str]) -> None:
    section = one(text)
    assert section.secret("api_key", environ, reading(" s3cret\n")) == "s3cret"
    section.end()


def test_a_secret_that_is_nowhere_is_none() -> None:
    assert one("").secret("api_key", {}, reading("x")) is None


def test_a_secret_given_twice_is_refused_without_its_value() -> None:
    with pytest.raises(ConfigError) as e:
        one("api_key: s3cret").secret("api_key", {"WEB_KEY": "s3cret"}, reading("s3cret"), variable="WEB_KEY")
    assert str(e.value) == "f.yml:1: api_key: given more than once: api_key, environment WEB_KEY"


def test_a_secret_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"api_key: .*/none \(from api_key_file\) cannot be read: No such file"):
        one(f"api_key_file: {tmp_path}/none").secret("api_key", {}, Path.read_text)


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"api_key: empty in environment API_KEY_FILE"):
        one("").secret("api_key", {"API_KEY_FILE": "f"}, reading("\n"))


@pytest.mark.parametrize("text", ["api_key: [s3cret]", "api_key: *s3cret", "s3cret", "users: s3cret", "<<: s3cret"])
def test_a_secret_in_the_wrong_place_is_refused_without_its_value(text: str) -> None:
    with pytest.raises(ConfigError) as e:
        one(text).text_map("users") or one(text).secret("api_key", {}, reading("x"))
    assert "s3cret" not in str(e.value)


def test_the_callers_own_errors_name_the_same_place() -> None:
    section = nas()
    assert str(section.error("at", "in the past")) == "exporter.yml:5: heartbeats[1].at: in the past"
    assert str(section.error(None, "no schedule")) == "exporter.yml:3: heartbeats[1]: no schedule"
    assert str(one("").error("x", "y")) == "f.yml:1: x: y"


def test_a_key_with_a_line_break_does_not_break_the_line() -> None:
    with pytest.raises(ConfigError) as e:
        one('"a\\nb": 1').end()
    assert "\n" not in str(e.value)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30),
        ("5m", 300),
        ("1h30m", 5400),
        ("1d", 86400),
        ("500ms", 0.5),
        ("1w", 604800),
        ("1y", 31536000),
        ("0", 0),
    ],
)
def test_durations_are_read_as_prometheus_writes_them(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("5", 'the unit is missing, e.g. "5s"'),
        ("-5m", "it cannot be negative"),
        ("1.5h", "whole numbers only"),
        ("5m1h", "units from large to small"),
        ("5m5m", "units from large to small"),
        ("5 m", "the units are y, w, d, h, m, s, ms"),
        ("", "the units are"),
        ("٥m", "the units are"),
        ("999y", "longer than 292y"),
        ("9" * 5000 + "s", "the units are"),
    ],
)
def test_other_durations_are_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (5400, "1h30m"), (0.5, "500ms"), (90 * 86400, "90d"), (604800, "1w"), (-60, "-1m")]
)
def test_durations_are_written_as_prometheus_writes_them(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@given(st.integers(min_value=0, max_value=292 * 31_536_000_000))
def test_a_written_duration_reads_back_as_itself(milliseconds: int) -> None:
    assert parse_duration(format_duration(milliseconds / 1000)) == milliseconds / 1000


@given(st.text(max_size=40) | st.text(alphabet="ab:[]{}&*<-\n '\"|>!%#?", max_size=60))
def test_any_text_either_loads_or_is_a_config_error(text: str) -> None:
    with suppress(ConfigError):
        load(text, "f.yml")
