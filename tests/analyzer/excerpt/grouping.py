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
    """The table, as text."""
    names = sorted(path.name.removesuffix("_2k.log_structured.csv") for path in folder.glob("*_2k.log_structured.csv"))
    told = [(name, measure(folder, name)) for name in names]
    rows = [
        f"{name:12} {messages:8.3f} {lines:8.3f} {before:8} {after:7} {whole:7} {before / whole:6.1f}x"
        for name, (messages, lines, before, after, whole) in told
    ]
    columns = list(zip(*(values for _, values in told), strict=True))
    before, after, whole = (sum(column) for column in columns[2:])
    head = f"{'sample':12} {'messages':>8} {'lines':>8} {'before':>8} {'budget':>7} {'whole':>7} {'ratio':>7}"
    foot = f"{'average':12} {mean(columns[0]):8.3f} {mean(columns[1]):8.3f} {before:8} {after:7} {whole:7}"
    return "\n".join([head, *rows, f"{foot} {before / whole:6.1f}x"])


if __name__ == "__main__":
    sys.stdout.write(main(Path(sys.argv[1])) + "\n")
