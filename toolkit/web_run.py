"""What serving takes beside the site itself: the web configuration, signals, and as many files as may be had."""

import asyncio
import logging
import os
import resource
import signal
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from aiohttp import web

from toolkit import webconfig
from toolkit.web_health import Reload

log = logging.getLogger(__name__)

SPARE_FILES = 100  # descriptors that connections leave to everything else
DRAIN_SECONDS = 10.0
WebConfig = Callable[[], webconfig.WebConfig]


class Unreachable(OSError):
    """The address cannot be listened on."""


async def listen(server: web.Server, host: str, port: int, tls: ssl.SSLContext | None) -> web.ServerRunner:
    """Listen for `server`; `cleanup` of what is answered lets the answers under way finish."""
    runner = web.ServerRunner(server, shutdown_timeout=DRAIN_SECONDS)
    await runner.setup()
    site = web.TCPSite(runner, host or None, port, ssl_context=tls)
    try:
        await site.start()
    except OSError as e:
        raise Unreachable(f"cannot listen on {host}:{port}: {_reason(e)}") from e
    log.info("listening on %s", ", ".join(f"{host}:{port}" for host, port, *_ in runner.addresses))
    return runner


def _reason(error: OSError) -> str:
    # asyncio puts the address into the text once more; a name that cannot be resolved has a number of its own kind.
    return os.strerror(error.errno) if error.errno and error.errno > 0 else str(error.strerror)


def on_hangup(reload: Reload) -> None:
    """Reload with every SIGHUP."""
    reloads: set[asyncio.Task[str | None]] = set()  # the loop itself would let a task be collected

    def begin() -> None:
        task = asyncio.create_task(reload())
        reloads.add(task)
        task.add_done_callback(reloads.discard)

    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, begin)


async def stopped(tasks: "list[asyncio.Task[None]]") -> None:
    """Wait for a signal; a task that ends by itself is a fault of ours, and ends the program loudly."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    waiting = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait([waiting, *tasks], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    for task in done - {waiting}:
        task.result()


def web_configuration(file: Path | None) -> tuple[WebConfig, ssl.SSLContext | None]:
    """The web configuration in force, read again when the file changes, and the TLS that it wants."""
    if file is None:
        return lambda: webconfig.NOTHING, None
    watched = webconfig.Watched(file, time.monotonic())
    return lambda: watched.current(time.monotonic()), watched.ssl_context(time.monotonic)


def connections() -> int:
    """How many connections may be open: as many as the process may have files, less what it needs itself."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    return max(SPARE_FILES, min(soft, 20_000) - SPARE_FILES)
