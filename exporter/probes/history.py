"""The last outcomes, for the page that shows them: a bounded number, the failed ones kept longer."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from exporter.probes.modules import Module
from exporter.probes.outcome import Outcome

MOST = 100


@dataclass(frozen=True, slots=True)
class Entry:
    """An outcome, the module as it was, and a number that is never used again."""

    id: int
    outcome: Outcome
    module: Module


class History:
    """The last 100 outcomes, and as many failed ones, which a flood of good ones does not push out."""

    def __init__(self, most: int = MOST) -> None:
        self._count = 0
        self._all: deque[Entry] = deque(maxlen=most)
        self._failed: deque[Entry] = deque(maxlen=most)

    def add(self, outcome: Outcome, module: Module) -> None:
        self._count += 1
        entry = Entry(self._count, outcome, module)
        self._all.append(entry)
        if not outcome.success:
            self._failed.append(entry)

    def entries(self) -> Sequence[Entry]:
        """Newest first, without duplicates."""
        found = {entry.id: entry for entry in (*self._failed, *self._all)}
        return sorted(found.values(), key=lambda entry: -entry.id)

    def find(self, id: int) -> Entry | None:
        return next((entry for entry in self.entries() if entry.id == id), None)
