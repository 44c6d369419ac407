"""How many panels and expressions has each dashboard, and how many of them answer: python -m tests.grafana.table"""

import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.grafana import built
from tests.grafana.built import Target
from tests.grafana.engine import Prometheus
from tests.grafana.looking import looking

ROW = "{:<12}{:>8}{:>13}{:>11}{:>11}"


def answers(prometheus: Prometheus) -> dict[Target, int]:
    """How many series each expression of a panel finds now."""
    targets = [target for name in built.DASHBOARDS for target in built.targets(name)]
    return {target: len(prometheus.query(built.asked(target))) for target in targets}


def table(found: Mapping[Target, int]) -> Iterator[str]:
    yield ROW.format("dashboard", "panels", "expressions", "with data", "variables")
    for name in built.DASHBOARDS:
        yield _row(name, {target: rows for target, rows in found.items() if target.dashboard == name}, name)
    yield _row("all", found)
    yield from (f"without data: {target}" for target, rows in found.items() if not rows)


def _row(shown: str, found: Mapping[Target, int], name: str = "") -> str:
    panels = {(target.dashboard, target.panel) for target in found}
    chosen = [choice for choice in built.choices() if name in ("", choice.dashboard)]
    return ROW.format(shown, len(panels), len(found), sum(map(bool, found.values())), len(chosen))


def main(suite: str = "stable") -> int:
    with tempfile.TemporaryDirectory() as folder, looking(Path(folder), suite) as prometheus:
        found = answers(prometheus)
    sys.stdout.writelines(f"{line}\n" for line in table(found))
    return 0 if all(found.values()) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
