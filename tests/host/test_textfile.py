"""Files of the host's own scripts: all of a file or none, and never the whole reading lost."""

from pathlib import Path

import pytest

from exporter.host import Host, Root
from exporter.host.textfile import parse
from tests.host.conftest import scrape
from tests.host.exposition import Exposition, Series, read
from toolkit.families import render


async def serve(*folders: Path) -> Exposition:
    return await scrape(Host(Root(textfile=tuple(map(str, folders))), ["textfile"]))


def error(found: Exposition) -> float:
    return found.values["node_textfile_scrape_error", frozenset()]


async def test_a_broken_line_costs_its_file_alone(tmp_path: Path) -> None:
    (tmp_path / "good.prom").write_text("backup_ok 1\n")
    (tmp_path / "bad.prom").write_text('first 1\nsecond{label="x} 1\n')
    found = await serve(tmp_path)
    assert found.values["backup_ok", frozenset()] == 1
    assert "first" not in found.names()
    assert error(found) == 1
    assert {dict(labels)["file"] for name, labels in found.values if name == "node_textfile_mtime_seconds"} == {
        str(tmp_path / "good.prom")
    }


BROKEN = ["x", "x one", "x 1 1700000000000", "1x 1", "x{a=b} 1", "# TYPE x info\nx_info 1"]


@pytest.mark.parametrize("text", BROKEN)
def test_what_is_not_of_the_format_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse(text + "\n")


@pytest.mark.parametrize("name", ["runs", "runs_total"])
def test_a_counter_keeps_the_name_its_file_gives_it(name: str) -> None:
    text = f"# HELP {name} Runs.\n# TYPE {name} counter\n{name} 1\n"
    assert render(parse(text), openmetrics=False).decode() == text


async def test_a_file_too_large_to_be_meant_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "wild.prom").open("wb") as file:
        file.truncate(1 << 40)
    found = await serve(tmp_path)
    assert (error(found), found.collectors(1)) == (1, {"textfile"})


async def test_a_directory_that_is_missing_is_an_error(tmp_path: Path) -> None:
    assert error(await serve(tmp_path / "gone")) == 1


async def test_no_directory_is_no_error() -> None:
    assert error(await serve()) == 0


async def test_one_series_in_two_files_is_served_once(tmp_path: Path) -> None:
    (tmp_path / "a.prom").write_text("# HELP x X.\n# TYPE x gauge\nx 1\n")
    (tmp_path / "b.prom").write_text("# HELP x X.\n# TYPE x gauge\nx 2\n")
    found = await serve(tmp_path)
    assert (found.values["x", frozenset()], error(found)) == (1, 1)


async def test_another_type_in_a_second_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.prom").write_text("# TYPE x gauge\nx 1\n")
    (tmp_path / "b.prom").write_text('# TYPE x counter\nx{a="b"} 2\n')
    found = await serve(tmp_path)
    assert (found.types["x"], error(found)) == ("gauge", 1)


@pytest.mark.parametrize(
    "case",
    [
        "two_metric_files",
        "metrics_merge_same_help",
        "metrics_merge_no_help",
        "metrics_merge_empty_help",
        "metrics_merge_different_help",
        "histogram",
        "histogram_extra_dimension",
        "summary",
        "different_metric_types",
        "inconsistent_metrics",
        "client_side_timestamp",
        "no_metric_files",
    ],
)
async def test_upstreams_own_cases_are_served_as_upstream_serves_them(tree: Path, case: str) -> None:
    found, expected = await serve(tree / "textfile" / case), read((tree / f"textfile/{case}.out").read_text())
    assert content(found) == content(expected)
    assert {name: found.types[name] for name in expected.names()} == expected.types


def content(exposition: Exposition) -> dict[Series, float]:
    """All but what differs from run to run."""
    foreign = ("node_scrape", "node_exporter", "node_textfile_mtime")
    return {series: value for series, value in exposition.values.items() if not series[0].startswith(foreign)}
