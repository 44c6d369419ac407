"""Basic authentication against bcrypt hashes, off the event loop and remembered."""

import asyncio
import base64
import hmac
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from enum import Enum

import bcrypt

# The value of WWW-Authenticate beside a 401.
CHALLENGE = 'Basic realm="heartline", charset="UTF-8"'
# bcrypt reads no further; htpasswd and Go cut silently, Python's bcrypt raises.
LONGEST_PASSWORD = 72
# What an unknown user's password is checked against, after `$2b$<cost>$`; no password is known to lead to it.
NOBODY = "abcdefghijklmnopqrstuuVUTSRQPONMLKJIHGFEDCBAzyxwvutsr"

Users = Mapping[str, str]
Check = Callable[[bytes, bytes], bool]


class Verdict(Enum):
    """Only ADMITTED is true. REFUSED is a 401 with CHALLENGE; BUSY a 503 with Retry-After, for it says nothing yet."""

    ADMITTED = "admitted"
    REFUSED = "refused"
    BUSY = "busy"

    def __bool__(self) -> bool:
        return self is Verdict.ADMITTED


class Gate:
    """Lets in whoever names a user and the password of the user's bcrypt hash; everybody, where there are no users.

    One hash is computed at a time, in a thread. At most `waiting` different credentials wait for it, what comes
    beyond is BUSY, so a flood of wrong passwords costs one core at most and no memory. Results, right and wrong
    apart, are remembered under an HMAC with `key` (random, per process), never under the password.
    """

    def __init__(
        self,
        users: Callable[[], Users],
        key: bytes,
        check: Check = bcrypt.checkpw,
        waiting: int = 16,
        remembered: int = 1024,
    ) -> None:
        self._users, self._key, self._check = users, key, check
        self._waiting, self._remembered = waiting, remembered
        self._right: OrderedDict[bytes, None] = OrderedDict()
        self._wrong: OrderedDict[bytes, None] = OrderedDict()
        self._under_way: dict[bytes, asyncio.Future[bool]] = {}
        self._thread = ThreadPoolExecutor(1, "basic-auth")

    async def admit(self, authorization: str | None) -> Verdict:
        """May the request with this Authorization header pass? Anything malformed may not."""
        users = self._users()
        if not users:
            return Verdict.ADMITTED
        credentials = parse_basic(authorization or "")
        if credentials is None:
            return Verdict.REFUSED
        user, password = credentials
        # An unknown user costs as much as a wrong password, and nobody learns which names exist.
        hashed = users.get(user) or nobody(users)
        proof = self._proof(user, hashed, password)
        if proof in self._right:
            self._right.move_to_end(proof)
            return Verdict.ADMITTED
        if proof in self._wrong:
            return Verdict.REFUSED
        return await self._verified(proof, password, hashed, user in users)

    def close(self) -> None:
        """Give up the checks that wait, and the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _proof(self, user: str, hashed: str, password: bytes) -> bytes:
        # With the hash in it, a changed password is forgotten at once; with the length, no two inputs look alike.
        name = user.encode(errors="surrogateescape")
        return hmac.digest(self._key, b"%d:%b%b%b" % (len(name), name, hashed.encode(), password), "sha256")

    async def _verified(self, proof: bytes, password: bytes, hashed: str, known: bool) -> Verdict:
        check = self._under_way.get(proof)
        if check is None:
            if len(self._under_way) >= self._waiting:
                return Verdict.BUSY
            loop = asyncio.get_running_loop()
            check = loop.run_in_executor(self._thread, self._check, password[:LONGEST_PASSWORD], hashed.encode())
            check.add_done_callback(lambda done: self._remember(proof, known, done))
            self._under_way[proof] = check
        # A client that hangs up must not take the verdict away from the others who wait for it.
        matches = await asyncio.shield(check)
        return Verdict.ADMITTED if matches and known else Verdict.REFUSED

    def _remember(self, proof: bytes, known: bool, done: "asyncio.Future[bool]") -> None:
        del self._under_way[proof]
        if done.cancelled() or done.exception() is not None:
            return
        seen = self._right if done.result() and known else self._wrong
        seen[proof] = None
        if len(seen) > self._remembered:
            seen.popitem(last=False)


def parse_basic(authorization: str) -> tuple[str, bytes] | None:
    """User and password of `Basic <base64 of user:password>`; None for anything else."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(encoded.strip(" "), validate=True).partition(b":")
    except ValueError:
        return None
    return (user.decode(errors="surrogateescape"), password) if colon else None


def nobody(users: Users) -> str:
    """A hash that costs as much as the dearest of the users' and that no password fits."""
    return f"$2b${max(hashed[4:6] for hashed in users.values())}${NOBODY}"
