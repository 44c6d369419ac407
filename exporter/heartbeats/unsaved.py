"""Whose state has changed since it was kept, and keeping it, so that the next start has little to replay."""

from exporter.heartbeats.heartbeat import Heartbeat
from exporter.heartbeats.ledger import SLICE, Ledger
from exporter.heartbeats.store import StorageError


class Unsaved:
    """Each heartbeat is in it once, and knows whether it is."""

    def __init__(self) -> None:
        self._heartbeats: list[Heartbeat] = []

    def __len__(self) -> int:
        return len(self._heartbeats)

    def note(self, heartbeat: Heartbeat) -> None:
        if not heartbeat.unsaved:
            heartbeat.unsaved = True
            self._heartbeats.append(heartbeat)

    async def save(self, ledger: Ledger) -> None:
        """Keep their states, a slice at a time; StorageError: all of them stay to be kept."""
        heartbeats, self._heartbeats = self._heartbeats, []
        mark = ledger.last
        for heartbeat in heartbeats:
            heartbeat.unsaved = False
        try:
            for start in range(0, len(heartbeats), SLICE):
                await ledger.save(heartbeats[start : start + SLICE])
            await ledger.folded(mark)
        except StorageError:
            for heartbeat in heartbeats:
                self.note(heartbeat)
            raise
