"""What is true in each minute: the effects of everything that happens, looked up by kind and place."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Effect:
    """From minute `begin` to before `end`; what `size` says depends on the kind."""

    kind: str
    where: str
    begin: int
    end: int
    size: float = 0.0


@dataclass(frozen=True)
class Event:
    """Something that happens. With `alerts` it is an incident: one of them must be told, about one of `about`.

    `alerts` are all that may be told of it, `about` values of the labels host, probe or heartbeat; `soon` is within how
    many minutes it must be told, and `after` how long after its end something of it may still begin.
    """

    title: str
    begin: int
    end: int
    effects: tuple[Effect, ...]
    alerts: frozenset[str] = frozenset()
    about: frozenset[str] = frozenset()
    soon: int = 0
    after: int = 10


class World:
    """All effects, by kind and place."""

    def __init__(self, events: Iterable[Event]) -> None:
        self._spans: dict[tuple[str, str], list[Effect]] = defaultdict(list)
        for event in events:
            for effect in event.effects:
                self._spans[effect.kind, effect.where].append(effect)

    def effects(self, kind: str, where: str = "") -> Sequence[Effect]:
        return self._spans.get((kind, where), ())

    def paint(self, values: list[str], minutes: range, kind: str, where: str, text: str) -> None:
        """Write `text` wherever such an effect holds."""
        for effect in self.effects(kind, where):
            first, last = index(minutes, effect.begin), index(minutes, effect.end)
            values[first:last] = [text] * (last - first)

    def holds(self, at: float, kind: str, where: str = "") -> bool:
        return any(effect.begin <= at < effect.end for effect in self.effects(kind, where))

    def added(self, minutes: range, kind: str, where: str) -> dict[int, float]:
        """The sizes of such effects by minute, where any holds."""
        found: dict[int, float] = defaultdict(float)
        for effect in self.effects(kind, where):
            for at in minutes[index(minutes, effect.begin) : index(minutes, effect.end)]:
                found[at] += effect.size
        return found


def index(minutes: range, at: int) -> int:
    """The position of the first of `minutes` that is not before `at`."""
    return min(len(minutes), max(0, -((minutes.start - at) // minutes.step)))
