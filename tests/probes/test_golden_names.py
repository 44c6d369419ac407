"""The names that probes export are those that rules, dashboards and pages may speak of."""

from pathlib import Path

from exporter.probes.metrics import HELP

GOLDEN = Path(__file__).parent.parent / "golden" / "probes.txt"


def test_the_probes_measure_what_the_list_says() -> None:
    assert set(GOLDEN.read_text().splitlines()) == {f"{name} gauge" for name in HELP}
