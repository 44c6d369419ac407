"""When a host that failed is tried again: later each time, not all hosts at once."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Seconds to the next try: `first`, then `factor` times as long up to `most`; `jitter` is a part of it, 0 to 1."""

    first: float = 60.0
    factor: float = 2.0
    most: float = 3600.0
    jitter: float = 0.2


class Breaker:
    """Of one host; `random` gives 0 to 1. Times are seconds of any one clock."""

    def __init__(self, random: Callable[[], float], backoff: Backoff = Backoff()) -> None:
        self._random, self._backoff = random, backoff
        self.failures = 0
        self._open_until = 0.0

    def wait(self, now: float) -> float:
        """Seconds until the host may be tried; 0 when it may be at once."""
        return max(0.0, self._open_until - now)

    def failed(self, now: float, permanent: bool) -> None:
        """A try failed; what only a person's hand can mend waits as long as anything does."""
        back = self._backoff
        # An exponent without bound would overflow after some weeks.
        delay = back.most if permanent else min(back.most, back.first * back.factor ** min(self.failures, 64))
        self.failures += 1
        # Only ever sooner, so that `most` is what it says.
        self._open_until = now + delay * (1 - back.jitter * self._random())

    def succeeded(self) -> None:
        """The host answered: the next failure is a first one."""
        self.failures = 0
        self._open_until = 0.0
