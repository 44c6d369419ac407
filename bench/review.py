"""How many log lines a second does the review take without a model, and how much memory for a log of 1 GB?

The path is the analyzer's own: bytes to lines, masked, grouped into templates, looked at by every rule; then findings
and the excerpt. It runs on one core. The 1 GB are read by the whole program, `analyzer --once`, from a file.
"""

import argparse
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import median

from analyzer.excerpt.build import build
from analyzer.excerpt.miner import Miner
from analyzer.excerpt.tokens import tokens
from analyzer.excerpt.usual import Memory
from analyzer.fetch.chunk import Caps
from analyzer.fetch.lines import Splitter
from analyzer.redact.load import load as redaction_rules
from analyzer.redact.redactor import Carry, Redactor
from analyzer.rules.load import load as review_rules
from analyzer.rules.review import Reviewer
from analyzer.rules.rule import Rule
from bench import log_lines, programs
from bench.figures import Goal, conclude, count, megabytes, spread, table
from stack.layout import ROOT
from stack.problem import Problem

PIECE = 256 << 10  # bytes, as files are read
LINES = {"normal": 200_000, "random words": 50_000, "severe random words": 50_000, "8 kB lines": 3_000}
BUDGET = 4000  # tokens of the excerpt
NORMAL, ADVERSARIAL, REDACTION, MEMORY, FEWER = 50_000, 5_000, 20_000, 150e6, 20
CONFIG = """
run_timeout: 1h
caps: {{bytes: 4000000000, lines: 100000000, seconds: 1h, first_bytes: 4000000000}}
hosts:
  - {{host: bench, method: local, baseline: false, sources: [{{name: log, files: ["{log}"]}}]}}
"""


def main(arguments: Sequence[str] = ()) -> int:
    parser = argparse.ArgumentParser(prog="bench review", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--bytes", type=int, default=1_000_000_000, help="size of the large log (%(default)s)")
    options = parser.parse_args(arguments)
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    texts = {kind: log_lines.text(kind, lines, seed=1) for kind, lines in LINES.items()}
    # As in the program: rules are read when it starts, and stay for all runs.
    redactor, rules = Redactor(redaction_rules(()), secrets.token_bytes(32)), review_rules()
    rounds, whole, alone = range(options.rounds), partial(through, redactor, rules), partial(redacted, redactor)
    rates = {kind: [rate(text, whole) for _ in rounds] for kind, text in texts.items()}
    masking = {kind: [rate(text, alone) for _ in rounds] for kind, text in texts.items()}
    print(f"lines a second on one core, median of {options.rounds} rounds (least–most)")
    rows = [(kind, spread(rates[kind], count), spread(masking[kind], count)) for kind in texts]
    print(table(("", "whole path", "redaction alone"), rows))
    before, after = shrunk(texts["normal"])
    print(f"\nexcerpt of the normal log: about {before:,} tokens before, {after:,} after, the budget being {BUDGET:,}")
    seconds, memory = large(options.bytes)
    print(f"\n{megabytes(options.bytes)} read by analyzer --once: {seconds:.0f} s, {megabytes(memory)} at most")
    conclude(
        [
            *fast_enough(rates, masking),
            Goal(f"< {megabytes(MEMORY)} for the large log", megabytes(memory), memory < MEMORY),
            Goal(f">= {FEWER} times fewer tokens", f"{before / max(after, 1):.0f}", before >= FEWER * after),
        ]
    )
    return 0


def fast_enough(rates: Mapping[str, Sequence[float]], masking: Mapping[str, Sequence[float]]) -> list[Goal]:
    """Lines a second of the whole path and of redaction alone, by the kind of log."""
    normal = median(rates["normal"])
    slowest = min(median(rates[kind]) for kind in rates if kind not in ("normal", "8 kB lines"))
    slowest_masking = min(median(masking[kind]) for kind in masking if kind != "8 kB lines")
    return [
        Goal(f">= {NORMAL:,} lines/s, normal", count(normal), normal >= NORMAL),
        Goal(f">= {ADVERSARIAL:,} lines/s, adversarial", count(slowest), slowest >= ADVERSARIAL),
        Goal(f">= {REDACTION:,} lines/s, redaction alone", count(slowest_masking), slowest_masking >= REDACTION),
    ]


def rate(text: bytes, work: Callable[[bytes], None]) -> float:
    """Lines a second."""
    began = time.perf_counter()
    work(text)
    return text.count(b"\n") / (time.perf_counter() - began)


def through(redactor: Redactor, rules: Sequence[Rule], text: bytes) -> None:
    """All that a run does with the lines of one source when no model is asked."""
    carry, miner, reviewer = Carry(), Miner(Memory.of(None)), Reviewer(rules, "bench", "log")
    number = 1
    for lines in pieces(text):
        clean = redactor.lines(lines, carry)
        miner.add(clean, number)
        reviewer.add(clean, number)
        number += len(clean)
    templates = miner.templates()
    reviewer.findings(templates)
    build({"log": templates}, BUDGET)


def redacted(redactor: Redactor, text: bytes) -> None:
    carry = Carry()
    for lines in pieces(text):
        redactor.lines(lines, carry)


def pieces(text: bytes) -> list[list[str]]:
    splitter = Splitter(Caps().line_bytes)
    return [splitter.add(text[at : at + PIECE], PIECE) for at in range(0, len(text), PIECE)]


def shrunk(text: bytes) -> tuple[int, int]:
    """Estimated tokens of the lines, and of the excerpt."""
    miner = Miner(Memory.of(None))
    number, before = 1, 0
    for lines in pieces(text):
        before += tokens("\n".join(lines))
        miner.add(lines, number)
        number += len(lines)
    return before, build({"log": miner.templates()}, BUDGET).tokens


def large(size: int) -> tuple[float, int]:
    """Seconds and most resident bytes of the whole program over a log of this size."""
    block = log_lines.text("normal", LINES["normal"], seed=2)
    with tempfile.TemporaryDirectory(prefix="heartline-bench-") as name:
        folder = Path(name)
        if shutil.disk_usage(folder).free < 2 * size:
            raise Problem(f"{folder} has no room for a log of {megabytes(size)}")
        with open(folder / "large.log", "wb") as log:
            for _ in range(max(1, size // len(block))):
                log.write(block)
        (folder / "analyzer.yml").write_text(CONFIG.format(log=folder / "large.log"))
        flags = [f"--config.file={folder / 'analyzer.yml'}", f"--storage.path={folder / 'storage'}"]
        command = [sys.executable, "-m", "analyzer", *flags, "--once"]
        began = time.perf_counter()
        most = 0
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            while process.poll() is None:
                most = max(most, programs.peak(process.pid))
                time.sleep(0.05)
            seconds = time.perf_counter() - began
            assert process.stdout is not None
            said = process.stdout.read()
        lines = block.count(b"\n") * max(1, size // len(block))
        if process.returncode or f"{lines} new lines" not in said:
            raise Problem(f"analyzer --once did not read all {lines} lines", shown=said[-2000:])
        return seconds, most
