"""What has to happen by itself: loading, looking at the clocks, keeping states, pruning."""

import asyncio
import logging
from collections.abc import Callable

from exporter.clock import Clock
from exporter.config import Config
from exporter.heartbeats.load import load
from exporter.heartbeats.receiver import Receiver
from exporter.heartbeats.store import StorageError

log = logging.getLogger(__name__)

LOOK, ALIVE, SAVE, PRUNE = 1, 5, 60, 3600  # seconds between


async def keep_up(receiver: Receiver, config: Callable[[], Config], clock: Clock) -> None:
    """Load, waiting for a store that cannot be opened yet; then look after the receiver until cancelled."""
    while not receiver.ready:
        try:
            await load(receiver, config().heartbeats, config().calendar, clock)
        except StorageError:
            await asyncio.sleep(ALIVE)
    await receiver.alive()
    log.info("%d heartbeats loaded", len(receiver.register))
    second = 0
    while True:
        await asyncio.sleep(LOOK)
        second += LOOK
        await receiver.look()
        await receiver.watch_maintenance(config().calendar.maintenance)
        if second % ALIVE == 0:
            await receiver.alive()
        if second % SAVE == 0:
            await receiver.save()
        if second % PRUNE == SAVE:
            history = config().history
            await receiver.prune(history.receipts, receiver.now() - history.age)
