"""Both formats of apt's sources are read, and the distribution's own archive is told from third parties."""

from stack.sources import Source, own_archive, parse_deb822, parse_list, render

LIST = """
# deb http://commented.example/debian bookworm main
deb [arch=amd64 signed-by=/keys/debian.gpg] http://mirror.example/debian bookworm main contrib # the mirror
deb-src http://mirror.example/debian bookworm main
deb http://mirror.example/debian-security bookworm-security main
"""
PARAGRAPHS = """
Types: deb deb-src
# comment
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main non-free-firmware
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc

Enabled: no
Types: deb
URIs: http://disabled.example/debian
Suites: bookworm
Components: main

Types: deb-src
URIs: http://source.example/debian
Suites: bookworm
Components: main
"""
BLOCK = "\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc"


def test_the_one_line_format_is_read() -> None:
    assert parse_list(LIST) == [
        Source("http://mirror.example/debian", "bookworm", ("main", "contrib"), "/keys/debian.gpg"),
        Source("http://mirror.example/debian-security", "bookworm-security", ("main",)),
    ]


def test_the_paragraph_format_is_read_with_a_key_inside() -> None:
    uri, components = "http://mirror.example/debian", ("main", "non-free-firmware")
    assert parse_deb822(PARAGRAPHS) == [
        Source(uri, "bookworm", components, BLOCK),
        Source(uri, "bookworm-updates", components, BLOCK),
    ]


def test_third_parties_and_pockets_are_not_taken_for_the_distribution() -> None:
    sources = [
        Source("https://tools.example/apt", "stable", ("main",)),
        Source("https://docker.example/linux/debian", "bookworm", ("stable",)),
        Source("http://mirror.example/debian-security", "bookworm-security", ("main",)),
        Source("https://other.example/apt", "bookworm", ("main",)),
        Source("cdrom:[Debian]/", "bookworm", ("main",)),
        Source("http://mirror.example/debian/", "bookworm", ("main",)),
    ]
    assert own_archive(sources, "bookworm") == sources[-1]


def test_a_machine_that_follows_stable_by_name_is_known_too() -> None:
    source = Source("http://mirror.example/debian", "stable", ("main",))
    assert own_archive([source], "bookworm") == source
    assert own_archive([], "bookworm") is None


def test_the_newest_suite_is_asked_of_the_same_archive_with_the_same_key() -> None:
    text = render(Source("http://mirror.example/debian", "bookworm", ("main", "contrib"), BLOCK), "sid")
    assert parse_deb822(text) == [Source("http://mirror.example/debian", "sid", ("main",), BLOCK)]
    assert "Targets: Packages\n" in text
