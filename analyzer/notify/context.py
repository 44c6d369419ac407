"""What a host's logs say about it right now, for a message that is about to leave."""

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from typing import Protocol

from analyzer.notify.payload import Group, Labels

log = logging.getLogger(__name__)

SECONDS = 5.0  # that a message waits for it, at most
MOST_HOSTS = 3  # more than these in one message have a cause that is not in their logs
LINES, CHARACTERS = 2, 300


class LookAtLogs(Protocol):
    """A bounded look at a host's logs: two lines of text, or None where they are not reviewed or say nothing."""

    def __call__(self, host: str) -> Awaitable[str | None]: ...


def hosts(group: Group) -> list[str]:
    """Whose logs may explain the group: of heartbeats and probes that fire; none where there are too many."""
    found = {a.labels.get("host", "") for a in group.of("firing") if _is_told_by_logs(a.labels)} - {""}
    return sorted(found) if len(found) <= MOST_HOSTS else []


def _is_told_by_logs(labels: Labels) -> bool:
    name = labels.get("alertname", "")
    return "heartbeat" in labels or "probe" in labels or name.startswith(("Heartbeat", "Probe", "HostDown"))


async def look(group: Group, at_logs: LookAtLogs, seconds: float = SECONDS) -> str:
    """What there is of the hosts' lines after `seconds`; nothing rather than an error."""
    asked = {host: asyncio.ensure_future(at_logs(host)) for host in hosts(group)}
    if not asked:
        return ""
    _, late = await asyncio.wait(asked.values(), timeout=seconds)
    for one in late:
        one.cancel()
    told = {host: _lines(host, one) for host, one in asked.items() if one not in late}
    return "\n".join(_prefixed(host, lines, len(asked) > 1) for host, lines in told.items() if lines)


def _lines(host: str, asked: "asyncio.Future[str | None]") -> Sequence[str]:
    error = asked.exception()
    if error is not None:  # whatever is wrong with the logs, the message leaves
        log.error("%s: its logs could not be looked at for a message", host, exc_info=error)
        return ()
    return [line[:CHARACTERS] for line in (asked.result() or "").splitlines() if line.strip()][:LINES]


def _prefixed(host: str, lines: Sequence[str], several: bool) -> str:
    return "\n".join(f"{host}: {line}" if several else line for line in lines)
