"""Discord's rate limits, learned from its answers; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

LONGEST = 3600.0  # seconds; no limit of Discord's is longer, whatever an answer says
UNNAMED = 5.0  # to wait after a 429 that does not say how long
TOO_MANY = 429


@dataclass
class Everywhere:
    """The limit that all webhooks share; `free_at` as the clock of `Buckets` has it."""

    free_at: float = 0.0


@dataclass
class Buckets:
    """The limits of one webhook, each method's by the name of the bucket that Discord counts it in.

    Instants are those of a monotonic clock, in seconds.
    """

    everywhere: Everywhere
    _bucket: dict[str, str] = field(default_factory=dict)
    _free_at: dict[str, float] = field(default_factory=dict)

    def wait(self, method: str, now: float) -> float:
        """Seconds until a request of this method may be made; 0.0: now."""
        at = self._free_at.get(self._bucket.get(method, method), 0.0)
        return max(0.0, at - now, self.everywhere.free_at - now)

    def learn(self, method: str, status: int, headers: Mapping[str, str], body: object, now: float) -> float:
        """Take in an answer that came at `now`; the seconds that a 429 asks to wait, else 0.0."""
        bucket = self._bucket[method] = headers.get("X-RateLimit-Bucket", method)
        if status == TOO_MANY:
            return self._limited(bucket, headers, body, now)
        if headers.get("X-RateLimit-Remaining") == "0":
            self._hold(bucket, now + _seconds(headers.get("X-RateLimit-Reset-After"), 0.0))
        return 0.0

    def _limited(self, bucket: str, headers: Mapping[str, str], body: object, now: float) -> float:
        told = body if isinstance(body, dict) else {}
        # The body has fractions, the header whole seconds; a 429 of the network before Discord has only the header.
        wait = _seconds(told.get("retry_after"), _seconds(headers.get("Retry-After"), UNNAMED))
        if told.get("global") is True or headers.get("X-RateLimit-Global", "").lower() == "true":
            self.everywhere.free_at = max(self.everywhere.free_at, now + wait)
        else:
            self._hold(bucket, now + wait)
        return wait

    def _hold(self, bucket: str, until: float) -> None:
        self._free_at[bucket] = max(self._free_at.get(bucket, 0.0), until)


def _seconds(given: object, otherwise: float) -> float:
    try:
        seconds = float(str(given))
    except ValueError:
        return otherwise
    return min(seconds, LONGEST) if seconds >= 0 else otherwise
