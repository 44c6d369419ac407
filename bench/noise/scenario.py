"""What is simulated: the hosts, what happens to them, and the rules that judge it."""

from dataclasses import dataclass
from pathlib import Path
from random import Random

from bench.noise import fleet, incidents, nuisances
from bench.noise.fleet import Fleet
from bench.noise.world import Event, World
from stack.layout import ROOT

RULES = ROOT / "rules"


@dataclass(frozen=True)
class Scenario:
    """`wrong` is what must be told, `looks` what only looks so; `rules` is a folder."""

    fleet: Fleet
    wrong: tuple[Event, ...]
    looks: tuple[Event, ...]
    rules: Path = RULES

    def world(self) -> World:
        return World([*self.wrong, *self.looks])


def of_month(seed: int) -> Scenario:
    """The month; `seed` is of everything that is left to chance."""
    owned, wrong = fleet.load(), incidents.incidents()
    return Scenario(owned, wrong, nuisances.nuisances(owned, Random(seed), wrong))
