"""What differs between two snapshots, and what of that a change of packages explains."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from analyzer.baseline.etc import UNSEEN
from analyzer.baseline.snapshot import CouldNotLook, Seen, Snapshot

Verb = Literal["added", "removed", "changed"]
# Seconds between a package's change and what it explains. Files with set-uid are looked at daily.
NEAR: Mapping[str, float] = {"users": 7200, "groups": 7200, "units": 7200, "cron": 7200, "etc": 7200, "suid": 100_000}
# What opens a door is never explained away: an intruder can install a package, too.
DOORS = re.compile(r"/etc/(?:ssh/|pam\.d/|sudoers|ld\.so\.preload|security/|profile|rc\.local)")
PACKAGED = re.compile(r"/(?:usr/(?!local/)|bin/|sbin/|lib)")
SYSTEM_USER = re.compile(r"[^\t]*\tuid=[1-9]\d{0,2} .*shell=\S*/(?:nologin|false)$")
GROUP = re.compile(r"[^\t]*\tgid=[1-9]\d{0,2} members=$")


@dataclass(frozen=True, slots=True)
class Change:
    """`row` is the one there is now, or was; `before` the former one of what is only changed."""

    kind: str
    verb: Verb
    row: str
    explained: str | None = None
    before: str = ""


def identity(row: str) -> str:
    """What a row is about."""
    return row.partition("\t")[0]


def compare(accepted: Snapshot, now: Snapshot) -> list[Change]:
    """Changes of the kinds that both could look at, in their order."""
    return [
        Change(kind, verb, row, _explained(kind, verb, row, now), before)
        for kind, seen in now.kinds.items()
        for verb, row, before in differences(accepted.kinds.get(kind, CouldNotLook("")), seen)
    ]


def differences(before: Seen, after: Seen) -> list[tuple[Verb, str, str]]:
    """Verb, row and former row; nothing where one of the two is unknown."""
    if isinstance(before, CouldNotLook) or isinstance(after, CouldNotLook):
        return []
    gone, came = _by_identity(set(before) - set(after)), _by_identity(set(after) - set(before))
    found: list[tuple[Verb, str, str]] = []
    for one in sorted(gone.keys() | came.keys()):
        old, new = gone[one], came[one]
        if len(old) == len(new) == 1:
            found += [] if _unseen(old[0], new[0]) else [("changed", new[0], old[0])]
            continue
        found += [("removed", row, "") for row in old] + [("added", row, "") for row in new]
    return found


def _by_identity(rows: Iterable[str]) -> defaultdict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for row in sorted(rows):
        found[identity(row)].append(row)
    return found


def _unseen(old: str, new: str) -> bool:
    """Whether they differ only in content that could not be seen one of the times."""
    if not (old.endswith(UNSEEN) or new.endswith(UNSEEN)):
        return False
    return old.rpartition(" ")[0] == new.rpartition(" ")[0]


def _explained(kind: str, verb: Verb, row: str, now: Snapshot) -> str | None:
    at = now.changed.get(kind, {}).get(identity(row))
    if kind not in NEAR or at is None or not _harmless(kind, verb, row):
        return None
    near = [name for name, t in now.changed.get("packages", {}).items() if abs(t - at) <= NEAR[kind]]
    if not near:
        return None
    return f"{len(near)} package(s) changed at about the same time, such as {sorted(near)[0]}"


def _harmless(kind: str, verb: Verb, row: str) -> bool:
    if kind == "users":
        return verb == "added" and bool(SYSTEM_USER.match(row))
    if kind == "groups":
        return verb == "added" and bool(GROUP.match(row))
    if kind == "suid":
        return bool(PACKAGED.match(row))
    return not DOORS.match(row)
