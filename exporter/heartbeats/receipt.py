"""A receipt: one sign of life from a job, as it arrived."""

from typing import NamedTuple

SUCCESS, START, FAIL, LOG = range(4)
KINDS = ("success", "start", "fail", "log")
BODY_LIMIT = 100_000  # bytes kept of a body; Healthchecks' hosted limit, which its clients know


class Receipt(NamedTuple):
    """What one request told; `time` in seconds since the epoch, `duration` in seconds.

    A tuple and not a dataclass: one is made per ping, and a frozen dataclass costs four times as much.
    """

    time: float
    kind: int
    exit_code: int | None = None
    rid: str | None = None
    duration: float | None = None
    remote: str = ""
    agent: str = ""
    body: bytes = b""
    cut: bool = False  # the body was longer than BODY_LIMIT, or did not arrive in time
