"""What the end of a command means: nothing where it went well, else why it could not look, in our own words."""

import re

from analyzer.fetch.way import CannotLook

# Only whether these words are in it is told on: what a host complains is not redacted, so it is never shown.
PERMISSION = re.compile(
    rb"permission denied|not permitted|insufficient permission|must be root|password is required", re.I
)
STATUSES = {126: "may not be run", 127: "no such command"}


def check(program: str, status: int | None, signal: str | None, complaint: bytes) -> None:
    """Raise CannotLook for a command that did not exit with 0; `complaint` is the beginning of its stderr."""
    if status == 0:
        return
    if PERMISSION.search(complaint):
        raise CannotLook(f"{program}: permission denied")
    if status is None:
        raise CannotLook(f"{program}: ended by signal {signal}" if signal else f"{program}: ended without a status")
    raise CannotLook(f"{program}: {STATUSES.get(status, f'exit status {status}')}")
