"""The relay's page over a real socket, with a stand-in Discord behind it."""

import io
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from analyzer.notify.context import LookAtLogs
from analyzer.notify.declare import Notify, Reach, services
from analyzer.notify.relay import Present, Relay, Settings
from analyzer.notify.store import Store
from analyzer.notify.web_alerts import Alerts
from toolkit.gate import Gate
from toolkit.limits import Limit
from toolkit.web import Server, Site, client
from toolkit.web_entrance import Entrance
from toolkit.web_run import listen
from toolkit.webconfig import NOTHING

SECRET = "0123456789abcdef-relay"
QUICK = Settings(hold=5.0)


@dataclass
class Running:
    url: str
    relay: Relay
    store: Store
    session: aiohttp.ClientSession

    async def post(self, body: bytes, secret: str = SECRET, path: str = "") -> int:
        return (await self.answer(body, secret, path))[0]

    async def answer(self, body: bytes, secret: str = SECRET, path: str = "") -> tuple[int, str]:
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        async with self.session.post(self.url + path, data=io.BytesIO(body), headers=headers) as answer:
            return answer.status, await answer.text()


@asynccontextmanager
async def running(
    folder: Path,
    *notify: Notify,
    settings: Settings = QUICK,
    at_logs: LookAtLogs | None = None,
    clock: Callable[[], float] = time.time,
    seconds: float = 10.0,
    present: Present | None = None,
) -> AsyncIterator[Running]:
    """One that keeps its store in `folder`; `seconds`: how long a service may take to answer."""
    store = Store(folder)
    reach = Reach(time.monotonic)
    relay = Relay(store, clock, time.monotonic, at_logs, present)
    found = services(notify, reach)
    for one in found:
        one.seconds = seconds  # type: ignore[attr-defined]  # both kinds have it, the protocol need not
    relay.use(found, settings)
    address, wrong = client(lambda: ()), Limit(0.01, 5, 100)
    alerts = Alerts(relay, lambda: SECRET, address, wrong)
    gate = Gate(lambda: NOTHING.users, b"0" * 32)
    site = Site({"alerts": alerts.alerts}, {}, Entrance(lambda: NOTHING, gate, address, time.monotonic))
    runner = await listen(Server(site, 1000, lambda: NOTHING), "127.0.0.1", 0, None)
    port = runner.addresses[0][1]
    try:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            yield Running(f"http://127.0.0.1:{port}/alerts", relay, store, session)
    finally:
        await relay.close()
        await runner.cleanup()
        await reach.close()
        gate.close()
        store.close()


def discord(url: str, *severities: str, name: str = "discord") -> Notify:
    return Notify(name, "discord", url, frozenset(severities))
