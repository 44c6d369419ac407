"""/-/healthy, /-/ready and /-/reload, as every Prometheus program has them."""

from collections.abc import Callable, Coroutine

from aiohttp import web

Reload = Callable[[], Coroutine[None, None, str | None]]


class Health:
    """`program` is its name; `unready` answers None when it is ready, else why not; `reload` None, or what is wrong."""

    def __init__(self, program: str, unready: Callable[[], str | None], reload: Reload) -> None:
        self._program, self._unready, self._reload = program, unready, reload

    async def answer(self, request: web.BaseRequest, path: list[str], query: str) -> web.Response:
        match request.method, path:
            case (("GET" | "HEAD"), ["healthy"]):
                return web.Response(text=f"{self._program} is healthy.\n")
            case (("GET" | "HEAD"), ["ready"]):
                trouble = self._unready()
                text = f"not ready: {trouble}\n" if trouble else f"{self._program} is ready.\n"
                return web.Response(status=503 if trouble else 200, text=text)
            case (("POST" | "PUT"), ["reload"]):
                trouble = await self._reload()
                return web.Response(status=500 if trouble else 200, text=f"{trouble}\n" if trouble else "")
            case _, ["healthy" | "ready"]:
                return web.Response(status=405, text="use GET or HEAD\n", headers={"Allow": "GET, HEAD"})
            case _, ["reload"]:
                return web.Response(status=405, text="use POST or PUT\n", headers={"Allow": "POST, PUT"})
        return web.Response(status=404, text="not found\n")
