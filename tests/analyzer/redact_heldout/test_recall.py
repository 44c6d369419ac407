"""The redactor on secrets that its author did not write, and on ordinary lines that hold none."""

import random
from collections import Counter

from analyzer.redact.load import load
from analyzer.redact.redactor import Carry, Redactor
from bench.log_lines import ORDINARY
from tests.analyzer.redact_heldout.secrets import cases, kinds

LEAST = 0.98
MOST_ALTERED = 0.005


def test_of_secrets_in_log_lines_nearly_all_are_masked() -> None:
    redactor, found = Redactor(load(()), b"k" * 32), cases(random.Random(1), 3)
    assert kinds() >= 100
    missed: Counter[str] = Counter()
    for case in found:
        clean = redactor.lines(list(case.lines), Carry())
        missed[case.kind] += any(secret in line for secret in case.secrets for line in clean)
    assert 1 - missed.total() / len(found) >= LEAST, +missed


def test_lines_without_a_secret_are_left_as_they_are() -> None:
    chance = random.Random(2)
    lines = [make(chance) for _ in range(500) for make in ORDINARY]
    clean = Redactor(load(()), b"k" * 32).lines(lines, Carry())
    altered = [(line, its) for line, its in zip(lines, clean, strict=True) if line != its]
    assert len(altered) <= MOST_ALTERED * len(lines), altered[:5]
