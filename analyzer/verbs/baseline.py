"""Show what changed on a host since it was accepted, or accept it as it is."""

from collections.abc import Iterator
from pathlib import Path

from analyzer.baseline import compare, of_json, render
from analyzer.store import Store


class NothingSeen(ValueError):
    """No review has looked at that host yet."""


def show(storage: Path, host: str) -> Iterator[str]:
    """The host as its latest review saw it, and each change; the analyzer may be running meanwhile."""
    store = Store(storage, alone=False)
    try:
        latest, accepted = store.snapshot(host), store.accepted(host)
    finally:
        store.close()
    if latest is None:
        raise NothingSeen(f"no review has looked at {host!r} yet")
    now = of_json(latest)
    yield render(now, compare(of_json(accepted), now) if accepted is not None else []).rstrip("\n")


def accept(storage: Path, host: str, at: float) -> Iterator[str]:
    """From now on the host is as it should be; what is open of its baseline is resolved."""
    store = Store(storage, alone=False)
    try:
        if not store.accept(host, at):
            raise NothingSeen(f"no review has looked at {host!r} yet")
    finally:
        store.close()
    yield f"{host}: accepted as its latest review saw it"
