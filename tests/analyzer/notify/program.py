"""The relay as a program of its own, to be killed: python -m tests.analyzer.notify.program PORT FOLDER WEBHOOK HOLD."""

import asyncio
import logging
import sys
import time
from pathlib import Path

from analyzer.notify.declare import Notify, Reach, services
from analyzer.notify.relay import Relay, Settings
from analyzer.notify.store import Store
from analyzer.notify.web_alerts import Alerts
from tests.analyzer.notify.running import SECRET
from toolkit.gate import Gate
from toolkit.limits import Limit
from toolkit.web import Server, Site, client
from toolkit.web_entrance import Entrance
from toolkit.web_run import listen, stopped
from toolkit.webconfig import NOTHING


async def main(port: int, folder: Path, webhook: str, hold: float) -> None:
    """Runs until SIGTERM."""
    relay = Relay(Store(folder), time.time, time.monotonic)
    reach = Reach(time.monotonic)
    relay.use(services((Notify("discord", "discord", webhook, frozenset()),), reach), Settings(hold=hold))
    address = client(lambda: ())
    alerts = Alerts(relay, lambda: SECRET, address, Limit(1.0, 60, 100))
    gate = Gate(lambda: NOTHING.users, b"0" * 32)
    site = Site({"alerts": alerts.alerts}, {}, Entrance(lambda: NOTHING, gate, address, time.monotonic))
    runner = await listen(Server(site, 1000, lambda: NOTHING), "127.0.0.1", port, None)
    watching = asyncio.create_task(relay.forever())
    await stopped([watching])
    await relay.close()
    await runner.cleanup()
    await reach.close()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], float(sys.argv[4])))
