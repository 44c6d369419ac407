"""`up` as a child process: started, waited for until all is ready, and stopped."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from stack import ports
from stack.layout import ROOT, Configs, Ports
from stack.problem import Problem
from stack.ready import READY_SECONDS


@dataclass(frozen=True)
class Running:
    """A stack that answers; `said` grows with what `up` prints, `ping_url` belongs to the first heartbeat."""

    process: asyncio.subprocess.Process
    ports: Ports
    said: list[str]

    @property
    def ping_url(self) -> str:
        found = re.search(r"http://\S+/ping/[^\s']+", "\n".join(self.said))
        if found is None:
            raise Problem("up printed no heartbeat", shown="\n".join(self.said))
        return found[0]

    async def stop(self) -> int:
        """Stop it as Ctrl-C would, unless it has ended; its exit code."""
        if self.process.returncode is None:
            self.process.terminate()
        return await self.process.wait()


@asynccontextmanager
async def running(
    data: Path, configs: Configs, webhook: str = "", listen: Ports | None = None, suite: str = "stable", *more: str
) -> AsyncIterator[Running]:
    """The whole stack on free ports (or on `listen`); raises `Problem` with what `up` said when it does not start."""
    listen = listen or ports.anywhere()
    # Also with no webhook: a setting of the person's own must not be read here.
    environ = os.environ | {"DISCORD_WEBHOOK_URL": webhook, "PYTHONUNBUFFERED": "1"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "stack", "up", f"--data={data}", f"--suite={suite}"),
        *(f"--{program}.port={port}" for program, port in vars(listen).items()),
        *(f"--{program}.config={file}" for program, file in vars(configs).items()),
        *more,
        cwd=ROOT,
        env=environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    stack = Running(process, listen, [])
    ready = asyncio.Event()
    reading = asyncio.create_task(_read(stack, ready))
    try:
        await _wait(ready, reading, stack)
        yield stack
    finally:
        await stack.stop()
        await reading


async def _read(stack: Running, ready: asyncio.Event) -> None:
    assert stack.process.stdout is not None
    async for line in stack.process.stdout:
        stack.said.append(line.decode().rstrip("\n"))
        if line.startswith(b"Ctrl-C stops"):
            ready.set()


async def _wait(ready: asyncio.Event, reading: asyncio.Task[None], stack: Running) -> None:
    up = asyncio.create_task(ready.wait())
    await asyncio.wait({up, reading}, timeout=READY_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    up.cancel()
    if not ready.is_set():
        raise Problem("the stack did not start", shown="\n".join(stack.said))
