import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.excerpt.mask import LINE_CHARS, MORE, TOKENS, identity, signatures, sketches


@pytest.mark.parametrize(
    "prefix",
    [
        "Nov 21 10:00:00 web1 app[77]: ",
        "Nov  2 1:00:00 db app[3]: ",
        "<13>Nov 21 10:00:00 web1 app[77]: ",
        "2026-11-21T10:00:00.123456+01:00 web1 app[77]: ",
        "2026-11-21T10:00:00Z web1 app[77]: ",
        "Nov 21 10:00:00 web1 app: ",
    ],
)
def test_when_and_where_are_no_part_of_a_shape_but_who_is(prefix: str) -> None:
    assert signatures([prefix + "link up"]) == ["app: link up"]


@pytest.mark.parametrize(
    "prefix", ["2026-11-21 10:00:00,123 ", "[Sun Dec 04 04:47:44 2005] ", "2026/11/21 10:00:00 ", "17/06/09 20:10:40 "]
)
def test_a_time_alone_is_no_part_of_a_shape(prefix: str) -> None:
    assert signatures([prefix + "[error] link down"]) == ["[error] link down"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("pid 7 exited", "pid 12345 exited"),
        ("from 10.0.0.1 port 22", "from 192.168.100.200 port 50122"),
        ("lease fe80::1 ok", "lease 2001:db8:0:1::42 ok"),
        ("mac 00:1a:2b:3c:4d:5e up", "mac aa:bb:cc:dd:ee:01 up"),
        ("at 0xdeadbeef01", "at 0x1"),
        ("id 550e8400-e29b-41d4-a716-446655440000 done", "id 6ba7b810-9dad-11d1-80b4-00c04fd430c8 done"),
        ("open /var/log/a.log now", "open /srv/x/y/z now"),
        ("get https://a.example/x?y=1 now", "get http://b.example:80/ now"),
        ("mail from <a@b.example> now", "mail from <someone.else@mail.example.org> now"),
        ("password <SECRET:password:3f9a> seen", "password <SECRET:password:77aabbcc> seen"),
        ("session opened for user alice by x", "session opened for user bob by x"),
        ("Failed password for root from x", "Failed password for bob from x"),
        ("Failed password for invalid user bob from x", "Failed password for invalid user user from x"),
        ("took 3 ms in all", "took 12.5 ms in all"),
        ("user=alice ok", "user=bob ok"),
        (
            "Nov 21 10:00:00 h sudo:    alice : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/apt update",
            "Nov 21 10:00:00 h sudo:    bob : TTY=pts/1 ; PWD=/home ; USER=root ; COMMAND=/bin/sh -c x y z",
        ),
        ("key ED25519 SHA256:abcd/EFGH+1x", "key ED25519 SHA256:zz9/Q"),
        ('{"level":"info","user":"alice","msg":"in"}', '{"level":"info","user":"b\\"ob","msg":"in"}'),
        ("reverse mapping of ns.example.com", "reverse mapping of a.b.c.example.net"),
    ],
)
def test_what_varies_from_line_to_line_is_masked(one: str, other: str) -> None:
    first, second = signatures([one, other])
    assert first == second


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("link up", "link down"),
        ("level=info msg=x", "level=error msg=x"),
        ('{"level":"info","msg":"x"}', '{"level":"error","msg":"x"}'),
        ('{"level":"info","msg":"in"}', '{"level":"info","msg":"out"}'),
        ("ok=true", "ok=false"),
        ("Nov 21 10:00:00 web1 sshd[1]: closed", "Nov 21 10:00:00 web1 sudo[1]: closed"),
    ],
)
def test_what_a_line_says_is_not(one: str, other: str) -> None:
    first, second = signatures([one, other])
    assert first != second


TEXTS = st.lists(st.text(st.characters(exclude_categories=()), max_size=80))


@given(TEXTS)
def test_any_text_has_a_sketch_and_a_bounded_signature(lines: list[str]) -> None:
    assert len(sketches(lines)) == len(lines)
    for signature in signatures(lines):
        assert len(signature) <= 2 * LINE_CHARS
        assert len(identity(signature)) == 12


@given(TEXTS)
def test_the_shape_of_a_line_depends_on_no_other_line(lines: list[str]) -> None:
    assert signatures(lines) == [signatures([line])[0] for line in lines]


def test_what_is_behind_the_caps_of_a_line_is_not_looked_at() -> None:
    (words,) = signatures(["a " * 100])
    assert words.split() == ["a"] * TOKENS + [MORE]
    assert signatures(["x" * LINE_CHARS + "y"]) == signatures(["x" * LINE_CHARS + "z"])


HOSTILE = [
    "a.",
    "a:",
    "=a",
    '"',
    '":"',
    "/a",
    "a@",
    "<",
    "a=a ",
    "user a ",
    "[0/Jan/",
    "Jan 0 ",
    "http://",
    "<*>",
    "\\",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_lines_built_to_make_patterns_backtrack_have_a_shape_too(piece: str) -> None:
    dice = random.Random(2)
    lines = [piece * 5000, piece * dice.randrange(400) + "!", '":"' + piece * 300, "Nov 21 10:00:00 h " + piece * 300]
    assert len(signatures(lines)) == 4
