"""The page on probes names every reason and every prober."""

from pathlib import Path

from exporter.probes.outcome import REASONS
from exporter.probes.run import PROBES

PAGE = (Path(__file__).parents[2] / "docs" / "probes.md").read_text()


def test_every_reason_has_its_row() -> None:
    assert [reason for reason, text in REASONS.items() if f"| `{reason}` | {text} |\n" not in PAGE] == []


def test_every_prober_is_named() -> None:
    assert [kind for kind in PROBES if f"`{kind}`" not in PAGE and f"**{kind}**" not in PAGE] == []
