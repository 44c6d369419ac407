"""A program that needs another one starts when that answers."""

import asyncio
import sys

from aiohttp import web

from stack import ports
from stack.layout import HOST, ROOT


async def test_a_command_starts_once_the_other_program_answers_and_not_before() -> None:
    answers: list[int] = []

    async def answer(request: web.Request) -> web.Response:
        answers.append(503 if len(answers) < 2 else 200)
        return web.Response(status=answers[-1])

    (port,) = ports.free(1)
    command = (sys.executable, "-m", "stack.ready", f"http://{HOST}:{port}/-/ready", "/bin/echo", "started")
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    app = web.Application()
    app.router.add_get("/-/ready", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, HOST, port).start()
    said, _ = await process.communicate()
    await runner.cleanup()
    assert (said, process.returncode, answers) == (b"started\n", 0, [503, 503, 200])
