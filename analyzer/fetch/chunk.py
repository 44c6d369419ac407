"""What comes out of fetching: some lines, and where to go on after them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Cursor = Mapping[str, Any]
"""Where a source goes on next time; JSON, and nobody's but the source's."""


@dataclass(frozen=True, slots=True)
class Caps:
    """Bounds of what one run takes of one source."""

    bytes: int = 64 << 20
    lines: int = 1_000_000
    line_bytes: int = 8192  # what is longer is cut, and marked
    seconds: float = 120.0
    first_bytes: int = 256 << 10  # of a file seen for the first time: its end
    first_seconds: float = 86_400.0  # of a journal seen for the first time
    decompressed_bytes: int = 256 << 20


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole lines without their ends, decoded, control characters made harmless, none longer than the cap.

    `bytes` is what they took on the host, `cursor` where to go on once they are reviewed and stored. `gaps` counts
    places before these lines where some are missing for good; `cut`: a cap was reached, the rest comes next time.
    """

    lines: list[str]
    bytes: int
    cursor: Cursor
    gaps: int = 0
    cut: bool = False
