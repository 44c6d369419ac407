"""The redactor as a whole: as many lines, the same mask for the same secret, keys over many lines, and never half."""

import base64
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.redact.load import load
from analyzer.redact.redactor import MASK, CannotRedact, Carry, Redactor
from toolkit.strict import ConfigError

RULES = load(())
KEY = b"0123456789abcdef0123456789abcdef"
PIECES = st.sampled_from(
    [
        "password=",
        "token: ",
        "x ",
        "<SECRET:password:3f9a1c>",
        "<",
        ":",
        "\ue000",
        "eyJ",
        "@example.org ",
        "\n",
        '"',
        "é",
        "Basic ",
    ]
)


def redacted(*lines: str, key: bytes = KEY) -> list[str]:
    return Redactor(RULES, key).lines(list(lines), Carry())


def test_the_same_secret_has_the_same_mask_and_another_installation_another() -> None:
    one, two, other = redacted("password=hunter22 a", "b password=hunter22", "password=hunter23")
    masks = [MASK.findall(line) for line in (one, two, other)]
    assert masks[0] == masks[1] != masks[2]
    assert MASK.findall(redacted("password=hunter22 a", key=b"another")[0]) != masks[0]


@given(st.lists(PIECES | st.text(max_size=8), max_size=20).map("".join))
def test_what_is_redacted_stays_as_it_is(text: str) -> None:
    clean = redacted(*text.split("\n"))
    assert len(clean) == text.count("\n") + 1
    assert redacted(*clean) == clean


def key_lines(before: str = "") -> list[str]:
    noise = random.Random(7)
    body = base64.b64encode(noise.randbytes(1200)).decode()
    parts = [body[at : at + 64] for at in range(0, len(body), 64)]
    return [f"{before}{line}" for line in ("-----BEGIN RSA PRIVATE KEY-----", *parts, "-----END RSA PRIVATE KEY-----")]


@pytest.mark.parametrize("before", ["", "Nov 21 03:12:09 gate app[17]: ", "2026-11-21T03:12:09Z stdout F "])
@pytest.mark.parametrize("cut", [1, 2, 9])
def test_a_key_over_many_lines_is_masked_also_between_chunks(before: str, cut: int) -> None:
    lines, redactor, carry = key_lines(before), Redactor(RULES, KEY), Carry()
    clean = redactor.lines(lines[:cut], carry) + redactor.lines(lines[cut:], carry)
    assert len(clean) == len(lines)
    for line, was in zip(clean[1:-1], lines[1:-1], strict=True):
        assert was.removeprefix(before) not in line
        assert line.startswith(before)
    assert redactor.lines(["sshd started"], carry) == ["sshd started"]


def test_lines_of_others_within_a_key_stay_and_a_key_without_end_is_over_some_time() -> None:
    lines, carry, redactor = key_lines("k: ")[:4], Carry(), Redactor(RULES, KEY)
    assert redactor.lines([*lines, "Nov 21 kernel: link is up"], carry)[-1] == "Nov 21 kernel: link is up"
    redactor.lines(["nothing of a key here"] * 30, carry)
    assert carry.left == 0


def test_a_line_that_brings_its_own_masks_hides_nothing_behind_them() -> None:
    (clean,) = redacted("password=<SECRET:password:aaaaaa>hunter22 \ue000\ue001 token=abcdefgh12345")
    assert "hunter22" not in clean
    assert "abcdefgh12345" not in clean


def test_a_secret_is_found_also_where_the_line_is_not_ascii() -> None:
    (clean,) = redacted("naïve ☂ password=hünter22☂x end")
    assert "nter22" not in clean
    assert clean.startswith("naïve ☂ password=<SECRET:")
    assert clean.endswith(" end")


def test_addresses_go_only_where_they_are_private() -> None:
    line = "connect from 198.51.100.7 and 2001:db8::7 at 03:12:09, version 1.2.3"
    assert redacted(line) == [line]
    (clean,) = Redactor(RULES, KEY, addresses=True).lines([line], Carry())
    assert "198.51.100.7" not in clean
    assert "2001:db8::7" not in clean
    assert "03:12:09, version 1.2.3" in clean


def test_what_cannot_be_redacted_goes_nowhere() -> None:
    lines: Any = ["fine", 17]
    with pytest.raises(CannotRedact) as caught:
        redacted(*lines)
    assert "17" not in str(caught.value)


def test_each_mask_is_counted_by_its_rule() -> None:
    redactor = Redactor(RULES, KEY)
    redactor.lines(["password=a1b2c3 password=d4e5f6", "mail from <a@example.org>"], Carry())
    assert redactor.counts == {"password": 2, "mail": 1}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("rules: [{id: a, keywords: [x], pattern: '(', match: {x: x}}]", "no pattern of RE2"),
        ("rules: [{id: a, pattern: x, match: {x: x}}]", "keywords"),
        ("rules: [{id: password, keywords: [x], pattern: x, match: {x: x}}]", "is there twice"),
        ("rules: [{id: a, keywords: [x], patern: x, match: {x: x}}]", "pattern"),
        ("rules: [{id: a, keywords: [x], pattern: x}]", "needs at least one line"),
    ],
)
def test_a_rule_file_with_a_mistake_is_refused_with_its_place(tmp_path: Any, text: str, told: str) -> None:
    file = tmp_path / "more.yml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load([file])
    assert told in str(caught.value)
    assert "more.yml:1" in str(caught.value)
