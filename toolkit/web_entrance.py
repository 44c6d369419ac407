"""Who may see the pages that the web configuration governs: within its rate, with a password of its users."""

from collections.abc import Callable, Mapping

from aiohttp import web

from toolkit.gate import CHALLENGE, Gate, Verdict
from toolkit.limits import Limit, subscriber
from toolkit.web_parts import whole_seconds
from toolkit.webconfig import RateLimit, WebConfig

LOGINS = (0.5, 10, 10_000)  # wrong passwords a second in the long run, at once, and addresses remembered


class Entrance:
    """The web configuration at work; `address` tells a request's client, `clock` is monotonic, in seconds."""

    def __init__(
        self,
        config: Callable[[], WebConfig],
        gate: Gate,
        address: Callable[[web.BaseRequest], str],
        clock: Callable[[], float],
    ) -> None:
        self._config, self._gate, self._address, self._clock = config, gate, address, clock
        self._logins = Limit(*LOGINS)
        self._rate: tuple[RateLimit, Limit] | None = None

    @property
    def headers(self) -> Mapping[str, str]:
        """What every answer carries, pings' apart."""
        return self._config().headers

    async def refusal(self, request: web.BaseRequest) -> web.Response | None:
        """What to answer to one who may not enter; None: come in."""
        wait = self._crowded()
        if wait:
            return _later(429, "too many requests", wait)
        authorization = request.headers.get("Authorization")
        if not self._config().users:
            return None
        if authorization is None:
            return _challenge()
        guest, now = subscriber(self._address(request)), self._clock()
        # Looked at before the password: it is the hash that costs.
        wait = self._logins.wait(guest, now)
        if wait:
            return _later(429, "too many wrong passwords", wait)
        match await self._gate.admit(authorization):
            case Verdict.REFUSED:
                self._logins.allow(guest, now)
                return _challenge()
            case Verdict.BUSY:
                return _later(503, "too many passwords to check", 5)
        return None

    def _crowded(self) -> float:
        """Seconds until the configured rate lets another request in, 0.0: now."""
        wanted = self._config().rate_limit
        if wanted is None:
            return 0.0
        if self._rate is None or self._rate[0] != wanted:
            self._rate = wanted, Limit(1 / wanted.interval, wanted.burst, 1)
        return self._rate[1].allow("everybody", self._clock())


def _challenge() -> web.Response:
    return web.Response(status=401, text="Unauthorized\n", headers={"WWW-Authenticate": CHALLENGE})


def _later(status: int, text: str, wait: float) -> web.Response:
    return web.Response(status=status, text=f"{text}\n", headers={"Retry-After": whole_seconds(wait)})
