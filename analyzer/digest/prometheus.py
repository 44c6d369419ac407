"""Ask Prometheus's HTTP API: numbers by their labels, now or over a time."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import aiohttp

from toolkit.urls import without_password

SECONDS = 30.0  # for one question
BYTES = 16 << 20  # of an answer
LONGEST = 200  # characters of what Prometheus says to a question it does not like
Labels = Mapping[str, str]
Point = tuple[float, float]
Json = dict[str, Any]
T = TypeVar("T")


class NotTold(Exception):
    """Prometheus did not answer, or not as Prometheus does; the text says why and holds no password."""


@dataclass(frozen=True)
class Prometheus:
    """`url` as it is configured, user and password in it allowed."""

    url: str = field(repr=False)
    session: aiohttp.ClientSession

    async def now(self, expression: str, at: float) -> list[tuple[Labels, float]]:
        """What the expression is at an instant: labels and value of each series."""
        form = {"query": expression, "time": f"{at:.3f}"}
        return await self._ask("query", form, lambda series: (_labels(series), float(series["value"][1])))

    async def over(self, expression: str, begin: float, end: float, step: float) -> list[tuple[Labels, list[Point]]]:
        """What it was from `begin` to `end`, every `step` seconds: labels, and instant and value of each point."""
        form = {"query": expression, "start": f"{begin:.3f}", "end": f"{end:.3f}", "step": f"{step:.3f}"}
        return await self._ask(
            "query_range", form, lambda series: (_labels(series), [(float(t), float(v)) for t, v in series["values"]])
        )

    @property
    def shown(self) -> str:
        return without_password(self.url)

    async def _ask(self, path: str, form: Mapping[str, str], read: Callable[[Json], T]) -> list[T]:
        """Each series as `read` makes it of the answer: all of them, or none and `NotTold`."""
        timeout = aiohttp.ClientTimeout(SECONDS)
        try:
            async with self.session.post(f"{self.url}/api/v1/{path}", data=dict(form), timeout=timeout) as answer:
                if answer.status in (401, 403):
                    raise NotTold(f"Prometheus at {self.shown} wants a password: http://USER:PASSWORD@HOST:PORT")
                told = json.loads(await _body(answer))
            if told["status"] != "success":
                raise NotTold(f"Prometheus at {self.shown} refused a question: {str(told['error'])[:LONGEST]}")
            return [read(series) for series in told["data"]["result"]]
        except TimeoutError as e:
            raise NotTold(f"Prometheus at {self.shown} took longer than {SECONDS:.0f} s") from e
        except aiohttp.ClientError as e:
            raise NotTold(f"Prometheus is not reachable at {self.shown}") from e
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as e:
            raise NotTold(f"what answers at {self.shown} does not speak as Prometheus") from e


def _labels(series: Json) -> Labels:
    return {str(name): str(value) for name, value in series["metric"].items()}


async def _body(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_chunked(1 << 16):
        body += chunk
        if len(body) > BYTES:
            raise ValueError("more than anybody would read")
    return bytes(body)
