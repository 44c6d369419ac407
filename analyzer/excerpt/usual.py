"""What runs of one source usually have: counts per template, as bounded JSON."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

from analyzer.excerpt.template import Template

MOST = 2000  # templates remembered; those not seen for longest go first
# Runs for which an old habit outlives what was seen once: a week of two runs an hour. Otherwise a flood of shapes in
# one run would make the nightly job new again.
HABIT_RUNS = 336
WEIGHT = 0.2  # of the latest run in the average


@dataclass(frozen=True, slots=True)
class Habit:
    """`usual` is an average over the runs that had it, since a nightly job is no burst; runs count from 1."""

    usual: float
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Memory:
    """What earlier runs of one source had; `runs` is how many there were."""

    runs: int
    habits: Mapping[str, Habit]

    @classmethod
    def of(cls, json: Any) -> "Memory":
        """From what `after` told; None: no earlier run. ValueError where it is anything else."""
        if json is None:
            return cls(0, {})
        try:
            runs, rows = int(json["runs"]), json["templates"]
            habits = {str(id): Habit(float(usual), int(first), int(last)) for id, (usual, first, last) in rows.items()}
            if runs < 0 or not all(0 <= habit.usual < inf for habit in habits.values()):
                raise ValueError
            return cls(runs, habits)
        except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as e:
            raise ValueError("this is no memory of templates") from e

    def knows(self, id: str) -> bool:
        """Whether an earlier run had it, unless that was so long ago that it is forgotten."""
        return id in self.habits

    def usual(self, id: str) -> float:
        """Lines that a run has of it if it has any; the latest runs weigh most."""
        habit = self.habits.get(id)
        return habit.usual if habit else 0.0

    def after(self, templates: Iterable[Template]) -> dict[str, Any]:
        """What to remember once a run had these."""
        run = self.runs + 1
        habits = dict(self.habits)
        for template in templates:
            habits[template.id] = self._with(template, run)
        kept = sorted(habits.items(), key=_forgotten_last)[:MOST]
        return {"runs": run, "templates": {id: [round(h.usual, 3), h.first, h.last] for id, h in kept}}

    def _with(self, template: Template, run: int) -> Habit:
        before = self.habits.get(template.id)
        if before is None:
            return Habit(float(template.count), run, run)
        return Habit(before.usual * (1 - WEIGHT) + template.count * WEIGHT, before.first, run)


def _forgotten_last(item: tuple[str, Habit]) -> tuple[int, float, str]:
    id, habit = item
    return -(habit.last + min(habit.last - habit.first, HABIT_RUNS)), -habit.usual, id
