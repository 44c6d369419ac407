"""Is every expression PromQL in the oldest and the newest Prometheus, about metrics that exist?"""

import subprocess
from pathlib import Path

import pytest
import yaml

from stack import tools
from tests.grafana import built
from tests.test_rules import known, metrics

OF_SCRAPES = {"scrape_duration_seconds", "scrape_samples_scraped"}
OF_PARTNERS = ("prometheus_", "alertmanager_")
"""Answered by the real ones in test_answers."""
NUMBERS = {"Inf"}


@pytest.mark.parametrize("suite", tools.SUITES)
def test_promtool_reads_every_expression(tmp_path: Path, suite: str) -> None:
    exprs = [built.asked(target) for target in built.everything()]
    exprs += [choice.selector for choice in built.choices()]
    rules = [{"record": "a", "expr": expr, "labels": {"n": str(n)}} for n, expr in enumerate(exprs)]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "a", "rules": rules}]}))
    command: list[str | Path] = [tools.find("promtool", suite), "check", "rules", "--lint=none", tmp_path / "rules.yml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(rules)} rules found" in done.stdout


def test_nothing_of_grafana_is_left_in_what_is_sent() -> None:
    assert [str(target) for target in built.everything() if "$" in built.asked(target).replace("$1", "")] == []


def test_every_metric_is_exported_or_recorded() -> None:
    exprs = [*map(built.asked, built.everything()), *(choice.selector for choice in built.choices())]
    named = {name for expr in exprs for name in metrics(expr)}
    assert {name for name in named - known() - OF_SCRAPES - NUMBERS if not name.startswith(OF_PARTNERS)} == set()
