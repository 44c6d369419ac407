"""What a host was made of at one instant, and the same as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from analyzer.baseline.kinds import NAMES

ROWS = 20_000  # of one kind
REASON = 300


@dataclass(frozen=True, slots=True)
class CouldNotLook:
    """Why nothing is known of a kind; neither that nothing changed nor that all is gone."""

    reason: str


Seen = tuple[str, ...] | CouldNotLook


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Sorted rows by kind. `changed`: by kind and identity when a row was last seen to become another.

    `tried`: when what is not done each time was done last; `stats`: how the files of /etc were; seconds since 1970.
    """

    at: float
    kinds: Mapping[str, Seen]
    changed: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    tried: Mapping[str, float] = field(default_factory=dict)
    stats: Mapping[str, str] = field(default_factory=dict)


def to_json(snapshot: Snapshot) -> dict[str, Any]:
    """What `of_json` reads."""
    return {
        "version": 1,
        "at": snapshot.at,
        "kinds": {kind: _seen_json(seen) for kind, seen in snapshot.kinds.items()},
        "changed": {kind: dict(at) for kind, at in snapshot.changed.items()},
        "tried": dict(snapshot.tried),
        "stats": dict(snapshot.stats),
    }


def _seen_json(seen: Seen) -> Any:
    return {"reason": seen.reason} if isinstance(seen, CouldNotLook) else list(seen)


def of_json(stored: Any) -> Snapshot:
    """The snapshot that `to_json` wrote; ValueError for anything else."""
    if not isinstance(stored, dict) or stored.get("version") != 1:
        raise ValueError("no snapshot of this version")
    try:
        return Snapshot(
            at=float(stored["at"]),
            kinds={kind: _seen(seen) for kind, seen in stored["kinds"].items() if kind in NAMES},
            changed={kind: {str(i): float(t) for i, t in at.items()} for kind, at in stored["changed"].items()},
            tried={str(what): float(at) for what, at in stored["tried"].items()},
            stats={str(path): str(stamp) for path, stamp in stored["stats"].items()},
        )
    except (KeyError, TypeError, AttributeError) as e:
        raise ValueError("no snapshot") from e


def _seen(stored: Any) -> Seen:
    if isinstance(stored, dict):
        return CouldNotLook(str(stored["reason"])[:REASON])
    if not isinstance(stored, list) or len(stored) > ROWS or not all(isinstance(row, str) for row in stored):
        raise ValueError("no rows")
    return tuple(sorted(set(stored)))
