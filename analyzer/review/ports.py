"""What a review needs from outside: what was spent, what was answered before, and time and chance."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Spending:
    """What all models took on one day: tokens in and out together, money by currency."""

    tokens: int = 0
    money: Mapping[str, float] = field(default_factory=dict)


class Ledger(Protocol):
    """Remembers over restarts what models cost. Both are quick: they are called from the event loop."""

    def spent(self, day: str) -> Spending:
        """All of one UTC day, `2026-11-21`; nothing spent is Spending()."""

    def spend(self, day: str, model: str, tokens_in: int, tokens_out: int, cost: float, currency: str) -> None:
        """Add one call. `model` is its name in the configuration; `cost` is in units of the currency."""


class Cache(Protocol):
    """Answers by what was asked; bounded in time and size by whoever keeps it. Both are quick."""

    def get(self, key: str, now: float) -> str | None:
        """The text put there, unless it is too old; `now` in seconds since the epoch."""

    def put(self, key: str, text: str, now: float) -> None:
        """Keep a redacted answer; the key is 64 hex digits."""


@dataclass(frozen=True, slots=True)
class Means:
    """`clock` in seconds since the epoch, `monotonic` for deadlines, `random` for canaries: nobody may guess it."""

    clock: Callable[[], float]
    monotonic: Callable[[], float]
    random: Random
