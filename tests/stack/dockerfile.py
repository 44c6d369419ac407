"""What does a Dockerfile say? Its stages and their steps; pure, and only of the words that ours has."""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    word: str
    rest: str

    @property
    def words(self) -> list[str]:
        return shlex.split(self.rest)


@dataclass(frozen=True)
class Stage:
    base: str
    name: str
    steps: Sequence[Step]

    def of(self, word: str) -> list[Step]:
        return [step for step in self.steps if step.word == word]


def parse(text: str, given: Mapping[str, str] | None = None) -> list[Stage]:
    """The stages, with the arguments before the first one, or the `given` ones, in the place of their names."""
    arguments: dict[str, str] = {}
    stages: list[Stage] = []
    steps: list[Step] = []
    for step in _steps(text):
        if step.word == "ARG" and not stages:
            name, _, value = step.rest.partition("=")
            arguments[name] = (given or {}).get(name, value)
        elif step.word == "FROM":
            base, _, name = re.sub(r"\$\{(\w+)\}", lambda m: arguments[m[1]], step.rest).partition(" AS ")
            steps = []
            stages.append(Stage(base, name, steps))
        else:
            steps.append(step)
    return stages


def _steps(text: str) -> list[Step]:
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [Step(*line.split(maxsplit=1)) for line in joined.splitlines()]
