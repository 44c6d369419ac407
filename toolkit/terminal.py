"""Lines and tables for a terminal, with strangers' text made harmless; pure."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo

# Control, format (text direction, zero width), surrogates, private, and what breaks lines elsewhere than at \n.
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
GAP = "  "


def printable(text: str, most: int = 0) -> str:
    """Nothing in it that a terminal obeys; with `most`, at most so many characters."""
    shown = "".join(c if unicodedata.category(c) not in UNSEEN else ascii(c)[1:-1] for c in text)
    return shown if not most or len(shown) <= most else shown[: most - 1] + "…"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Lines with aligned columns; the cells' text is made printable."""
    cells = [head, *([printable(cell) for cell in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    for row in cells:
        yield GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def instant(at: datetime, zone: tzinfo | None) -> str:
    """An instant on a wall clock; `zone` None: this machine's."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
