"""Tell all that is known of one finding."""

from collections.abc import Iterator
from pathlib import Path

from analyzer.store import Store
from analyzer.verbs import say


class NoSuchFinding(ValueError):
    """Nothing of that fingerprint is kept."""


def explain(storage: Path, fingerprint: str) -> Iterator[str]:
    """Lines for a terminal; NoSuchFinding where there is none. The analyzer may be running meanwhile."""
    store = Store(storage, alone=False)
    try:
        known = store.finding(fingerprint)
    finally:
        store.close()
    if known is None:
        raise NoSuchFinding(f"no finding {fingerprint!r} is kept in {storage}")
    yield f"on {known.finding.host}"
    yield from say.history(known)
