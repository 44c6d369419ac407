"""A baseline as text for a terminal."""

from collections.abc import Sequence
from datetime import UTC, datetime

from analyzer.baseline.compare import Change
from analyzer.baseline.snapshot import CouldNotLook, Snapshot
from analyzer.baseline.told import severity, shown, title


def render(snapshot: Snapshot, changes: Sequence[Change]) -> str:
    """Each kind with its rows counted or why it could not be looked at, then each change; no control characters."""
    looked = datetime.fromtimestamp(snapshot.at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    lines = [f"Looked at {looked}", ""]
    for kind, seen in snapshot.kinds.items():
        told = f"could not look: {shown(seen.reason)}" if isinstance(seen, CouldNotLook) else f"{len(seen)} rows"
        lines.append(f"  {kind:<16} {told}")
    lines += ["", f"{len(changes)} changes are not accepted" if changes else "Nothing changed"]
    for change in changes:
        lines.append(f"  {severity(change):<8} {title(change.kind, change.verb)}: {shown(change.row)}")
        lines += [f"           before: {shown(change.before)}"] if change.before else []
        lines += [f"           explained: {shown(change.explained)}"] if change.explained else []
    return "\n".join(lines) + "\n"
