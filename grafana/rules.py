"""What the alert rules say: beyond which number they fire, and how gravely; read from rules/*.yml."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from pathlib import Path

import yaml

FOLDER = Path(__file__).resolve().parent.parent / "rules"
NUMBER = r"\d[\d.]*(?:e\d+)?"
BEYOND = re.compile(rf"[<>]=?\s*({NUMBER}(?:\s*\*\s*{NUMBER})*)")
TIMES = re.compile(rf"({NUMBER})\s*\*\s*[a-z]")


@dataclass(frozen=True, slots=True)
class Rule:
    """One alert rule; an alert may have several, one for each severity."""

    alert: str
    severity: str
    expr: str

    @property
    def beyond(self) -> float:
        """The first number that it compares with, guards against zero left out; StopIteration when there is none."""
        products = (found[1].split("*") for found in BEYOND.finditer(self.expr))
        return next(value for factors in products if (value := prod(map(float, factors))))

    @property
    def times(self) -> float:
        """The first factor; TypeError when there is none."""
        return float(TIMES.search(self.expr)[1])  # type: ignore[index]  # as the docstring says


def parse(texts: Iterable[str]) -> list[Rule]:
    groups = (group for text in texts for group in yaml.safe_load(text)["groups"])
    # None where all of a group is built, and is not yet.
    alerts = (rule for group in groups for rule in group["rules"] or () if "alert" in rule)
    return [Rule(one["alert"], one["labels"]["severity"], one["expr"]) for one in alerts]


RULES = parse(file.read_text() for file in sorted(FOLDER.glob("*.yml")))


def of(alert: str) -> list[Rule]:
    """All rules of this alert; KeyError when there is none."""
    found = [rule for rule in RULES if rule.alert == alert]
    if not found:
        raise KeyError(alert)
    return found
