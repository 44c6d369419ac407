"""Bytes become lines that are whole, bounded and harmless."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.fetch.lines import CUT, Splitter, decoded, entry, harmless, shortened


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain\ttext, with tabs", "plain\ttext, with tabs"),
        ("Grüße, 日本語, 🙂", "Grüße, 日本語, 🙂"),
        ("nul \0", "nul \\x00"),
        ("\x1b[2J\x1b]0;title\x07", "\\x1b[2J\\x1b]0;title\\x07"),
        ("back\x08space del\x7f c1 \x9b", "back\\x08space del\\x7f c1 \\x9b"),
        ("bidi \u202e \u2066 \u200f", "bidi \\u202e \\u2066 \\u200f"),
        ("zero\u200bwidth\ufeff soft\xad", "zero\\u200bwidth\\ufeff soft\\xad"),
        ("line\u2028 para\u2029 next\x85", "line\\u2028 para\\u2029 next\\x85"),
        ("tag \U000e0041 selector \ufe0f", "tag \\U000e0041 selector \\ufe0f"),
        ("over\rwritten", "over\\x0dwritten"),
    ],
)
def test_what_acts_on_a_reader_is_written_as_what_it_is(text: str, expected: str) -> None:
    assert harmless(text) == expected


@given(st.text())
def test_harmless_text_stays_as_it_is_and_has_one_line(text: str) -> None:
    once = harmless(text.replace("\n", " "))
    assert harmless(once) == once
    assert len(once.splitlines()) <= 1
    once.encode()


@given(st.lists(st.binary(max_size=40).map(lambda line: line.replace(b"\n", b""))))
def test_a_block_has_as_many_lines_as_it_has_ends(lines: list[bytes]) -> None:
    got = decoded(b"".join(line + b"\n" for line in lines), 30)
    assert len(got) == len(lines)
    assert all(len(line.encode()) <= 30 for line in got)


def test_what_is_no_utf_8_is_replaced() -> None:
    assert decoded(b"caf\xe9\nok\n", 100) == ["caf\ufffd", "ok"]


def test_a_line_is_cut_between_characters_and_marked() -> None:
    assert shortened("ä" * 100, 17) == "ä" * 5 + CUT
    assert shortened("ä" * 8, 16) == "ä" * 8


@given(
    st.lists(st.binary(max_size=60).map(lambda line: line.replace(b"\n", b"").replace(b"\r", b"")), max_size=20),
    st.integers(1, 50),
    st.integers(1, 5),
)
def test_however_it_is_cut_each_line_comes_once(lines: list[bytes], size: int, wanted: int) -> None:
    data = b"".join(line + b"\n" for line in lines)
    got, splitter, at = list[str](), Splitter(100), 0
    while at < len(data):
        got += splitter.add(data[at : at + size], wanted)
        at += size
        if splitter.full:
            # The caller goes on where it says, another time.
            splitter, at = Splitter(100, splitter.offset, splitter.mode), splitter.offset
    assert got == decoded(data, 100)
    assert splitter.offset == len(data)


def test_of_an_overlong_line_the_beginning_is_held_and_no_more() -> None:
    splitter, got = Splitter(1000), list[str]()
    for _ in range(1000):
        got += splitter.add(b"x" * 1000, 10)
        assert len(splitter.pending) <= 1000
    got += splitter.add(b"end\nnext\n", 10)
    assert [line[-9:] for line in got] == ["xxx [cut]", "next"]
    assert len(got[0]) <= 1000


def test_a_message_of_many_lines_is_bounded() -> None:
    at = datetime(2026, 11, 1, 4, 0, 1, tzinfo=UTC)
    lines = entry(at, "h", "app", "7", 6, "x\n" * 5000, 100)
    assert len(lines) == 1000
    assert lines[0] == "Nov  1 04:00:01 h app[7]: x"
    assert lines[-1].endswith(CUT)
    assert entry(at, "", "", "no", None, "x", 100) == ["Nov  1 04:00:01 unknown unknown: x"]
