"""How well are lines grouped? `python -m tests.analyzer.excerpt.grouping FOLDER` measures it on labelled samples.

FOLDER holds `NAME_2k.log_structured.csv` (columns Content and EventId) and, for whole lines, `NAME_2k.log`, as the
public loghub samples have them; their licence allows research only, so none of them is here. Per sample it prints the
grouping accuracy of messages and of whole lines, and the tokens before and after.
"""

import csv
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import mean

from analyzer.excerpt.build import build
from analyzer.excerpt.mask import signatures
from analyzer.excerpt.miner import Miner
from analyzer.excerpt.tokens import tokens
from analyzer.excerpt.usual import Memory

BUDGET = 4000


def accuracy(found: Sequence[str], labels: Sequence[str]) -> float:
    """The share of lines whose group is, line for line, a group of the labels."""
    ours, theirs = _groups(found), {frozenset(group) for group in _groups(labels).values()}
    return sum(len(group) for group in ours.values() if frozenset(group) in theirs) / max(1, len(labels))


def _groups(labels: Sequence[str]) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for number, label in enumerate(labels):
        groups[label].append(number)
    return groups


def shrunk(lines: list[str]) -> tuple[int, int, int]:
    """Estimated tokens of the lines, of the excerpt within BUDGET, and of one without a bound."""
    miner = Miner(Memory.of(None))
    miner.add(lines, 1)
    found = {"log": miner.templates()}
    return tokens("\n".join(lines)), build(found, BUDGET).tokens, build(found, 10**9).tokens


def measure(folder: Path, name: str) -> tuple[float, float, int, int, int]:
    """Accuracy of messages and of whole lines, then `shrunk`."""
    with (folder / f"{name}_2k.log_structured.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    labels = [row["EventId"] for row in rows]
    raw = (folder / f"{name}_2k.log").read_text(encoding="utf-8", errors="replace").split("\n")
    lines = [line.rstrip("\r") for line in raw[: len(rows)]]
    contents = [row["Content"] for row in rows]
    return accuracy(signatures(contents), labels), accuracy(signatures(lines), labels), *shrunk(lines)


def main(folder: Path) -> str:
    """The table, as text; ratios in the last line are of the sums, those in brackets means of the ratios above."""
    names = sorted(path.name.removesuffix("_2k.log_structured.csv") for path in folder.glob("*_2k.log_structured.csv"))
    told = [measure(folder, name) for name in names]
    head = (
        f"{'sample':12} {'messages':>8} {'lines':>6} {'before':>8} {'budget':>7} {'ratio':>7} {'whole':>7} {'ratio':>7}"
    )
    rows = [_row(name, *row) for name, row in zip(names, told, strict=True)]
    messages, lines, before, after, whole = zip(*told, strict=True)
    foot = _row("all", mean(messages), mean(lines), sum(before), sum(after), sum(whole))
    means = [mean(b / a for b, a in zip(before, column, strict=True)) for column in (after, whole)]
    return "\n".join(
        [head, *rows, foot, f"{'':12} {'':8} {'':6} {'':8} {'':7} ({means[0]:5.1f}x) {'':6} ({means[1]:5.1f}x)"]
    )


def _row(name: str, messages: float, lines: float, before: int, after: int, whole: int) -> str:
    ratios = before / after, before / whole
    return f"{name:12} {messages:8.3f} {lines:6.3f} {before:8} {after:7} {ratios[0]:6.1f}x {whole:7} {ratios[1]:6.1f}x"


if __name__ == "__main__":
    sys.stdout.write(main(Path(sys.argv[1])) + "\n")
