"""The page on host readings names every collector, flag, key and page."""

import re
from collections.abc import Iterable
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from exporter.flags import parse
from exporter.host import COLLECTORS, DEFAULT_OFF
from exporter.host.filters import FLAGS
from exporter.host.listed import ListedHost
from tests.host.test_coverage import EXPLAINED

PAGE = (Path(__file__).parents[2] / "docs" / "host.md").read_text()
ROWS = re.findall(r"^\| (.+?) \|", PAGE, re.M)
NUMBERS = {3: "three"}


def rowless(words: Iterable[str]) -> list[str]:
    """The words that begin no row of a table."""
    return [word for word in words if f"`{word}`" not in ROWS]


def test_every_collector_has_its_row_and_those_that_are_off_say_so() -> None:
    rows = [f"{name} (off)" if name in DEFAULT_OFF else name for name in COLLECTORS]
    assert [row for row in rows if row not in ROWS] == []


def test_every_pattern_has_its_row() -> None:
    assert rowless(FLAGS) == []


def test_every_flag_for_readings_that_the_program_names_is_on_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--help"])
    flags = set(re.findall(r"--(?:path|collector)\.[\w.-]+", capsys.readouterr().out))
    assert {"--path.procfs", "--collector.systemd.bus", "--collector.disable-defaults"} <= flags
    assert rowless(flags - {"--collector.disable-defaults"}) == []
    assert "`--collector.disable-defaults`" in PAGE


def test_every_key_of_a_listed_host_has_its_row() -> None:
    assert rowless(field.name for field in fields(ListedHost)) == []
    needed = [field.name for field in fields(ListedHost) if field.default is MISSING]
    assert re.findall(r"^\| `(\w+)` \| must be given \|", PAGE, re.M) == needed


def test_every_page_has_its_row() -> None:
    assert rowless(["/metrics", "/metrics/host", "/metrics/heartbeats", "/sd/hosts"]) == []


def test_as_many_are_missing_as_the_page_says() -> None:
    assert f"{238 - len(EXPLAINED)} are served; the other {NUMBERS[len(EXPLAINED)]} are explained" in PAGE
