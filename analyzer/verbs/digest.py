"""Show or send the digest of the time that ends now; the analyzer may be running meanwhile."""

from collections.abc import Callable
from pathlib import Path

import aiohttp

from analyzer.config import Config
from analyzer.digest.declare import STANDARD
from analyzer.digest.make import make
from analyzer.digest.page import page
from analyzer.digest.period import up_to
from analyzer.digest.report import Digest
from analyzer.digest.send import send
from analyzer.notify import declare
from analyzer.notify.declare import Reach
from analyzer.notify.service import Undelivered
from analyzer.store import Store


async def preview(config: Config, storage: Path, now: float) -> str:
    """The page."""
    return page(await _made(config, storage, now))


def write(file: Path, text: str) -> str:
    """Write it to a file that its owner alone can read; a line that says so. OSError where it cannot."""
    file.touch(mode=0o600)  # it holds what logs said
    file.chmod(0o600)
    file.write_text(text)
    return f"{file}: {len(text.encode()):,} bytes"


async def send_now(config: Config, storage: Path, reach: Reach, now: float, show: Callable[[str], None]) -> int:
    """To each service that hears of digests; a line for each, 0 when all accepted it. The next one comes as usual."""
    names = config.digest.to if config.digest else tuple(one.name for one in config.notify)
    if not names:
        show("no service is configured: add one to `notify`")
        return 1
    digest = await _made(config, storage, now)
    failed = 0
    for service in declare.services(tuple(one for one in config.notify if one.name in names), reach):
        try:
            await send(service, digest)
        except Undelivered as e:
            failed += 1
            show(f"FAIL {service.name}: {e}")
        else:
            show(f"ok   {service.name}: accepted")
    return 1 if failed else 0


async def _made(config: Config, storage: Path, now: float) -> Digest:
    wanted = config.digest or STANDARD
    hosts = [host.name for host in config.hosts]
    store = Store(storage, alone=False)
    try:
        async with aiohttp.ClientSession() as session:
            return await make(store, hosts, wanted.prometheus, session, up_to(wanted.every, wanted.zone, now), now)
    finally:
        store.close()
