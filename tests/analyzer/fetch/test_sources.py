"""What is reviewed of a host, as it is declared."""

import pytest

from analyzer.fetch.command import Command
from analyzer.fetch.files import Files
from analyzer.fetch.journal import Journal
from analyzer.fetch.sources import Source, sources
from toolkit.strict import ConfigError, load


def declared(text: str) -> tuple[Source, ...]:
    section = load(text, "x")
    found = sources(section)
    section.end()
    return found


def test_each_kind_is_read() -> None:
    text = """
sources:
  - {name: auth, files: ["/var/log/auth.log", "/var/log/*/secure"]}
  - {name: journal, journal: {units: [sshd, "app-*.service"], priority: warning}}
  - {name: everything, journal: {}}
  - {name: all}
  - {name: smart, command: "smartctl -H '/dev/disk one'"}
""".replace("{name: all}", "name: all\n    journal:")
    assert declared(text) == (
        Files("auth", ("/var/log/auth.log", "/var/log/*/secure")),
        Journal("journal", ("sshd", "app-*.service"), "warning"),
        Journal("everything"),
        Journal("all"),
        Command("smart", ("smartctl", "-H", "/dev/disk one")),
    )
    assert declared("") == ()


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("{name: a}", "give one of system, files, journal, command"),
        ("{name: a, file: [/x]}", 'did you mean "files"'),
        ("{files: [/x]}", "missing"),
        ('{name: "a b", files: [/x]}', "expected letters"),
        ("{name: a, files: [/x], journal: {}}", "a source is one of"),
        ("{name: a, files: []}", "expected paths"),
        ("{name: a, files: [var/log/x]}", "expected a path"),
        ("{name: a, files: [/var/../etc/x]}", "expected a path"),
        ("{name: a, journal: {units: [--all]}}", "no name of a unit"),
        ("{name: a, journal: {units: ['a; rm']}}", "no name of a unit"),
        ("{name: a, journal: {priority: bad}}", "expected one of"),
        ("{name: a, journal: {unit: x}}", 'did you mean "units"'),
        ('{name: a, command: "echo \'x"}', "a quote is left open"),
        ('{name: a, command: ""}', "expected a command"),
    ],
)
def test_what_is_wrong_stops_the_start_and_is_named(entry: str, message: str) -> None:
    with pytest.raises(ConfigError, match=r"^x:\d+: sources\[0\]") as e:
        declared(f"sources:\n  - {entry}\n")
    assert message in str(e.value)


def test_two_sources_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigError, match="there twice"):
        declared("sources:\n  - {name: a, files: [/x]}\n  - {name: a, files: [/y]}\n")
