"""A bare aiohttp handler that answers "OK": what the framework alone costs. `python -m bench.bare PORT`."""

import asyncio
import signal
import sys

from aiohttp import web

from stack.layout import HOST


async def ok(request: web.Request) -> web.Response:
    return web.Response(text="OK")


async def serve(port: int) -> None:
    """Until SIGTERM."""
    app = web.Application()
    app.router.add_route("*", "/ping/{token}", ok)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, HOST, port).start()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
