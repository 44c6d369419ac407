"""Which heartbeats there are, and which of them a token or a name means."""

import hashlib
import hmac
import re
import uuid
from collections import Counter
from collections.abc import Iterator
from copy import copy

from exporter.heartbeats.heartbeat import Definition, Heartbeat
from toolkit.secret import same

ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")


class Keys:
    """The install's secrets, all made from one key: nothing else needs to be kept or backed up."""

    def __init__(self, secret: bytes, ping_key: str | None = None, api_key: str | None = None) -> None:
        self._secret = hashlib.sha256(secret).digest()  # of a length that suits every use below
        self.ping_key, self.api_key = self._given(ping_key, api_key)

    def token(self, id: str, given: str | None = None) -> str:
        """A heartbeat's token: a UUID, unless its definition gives one."""
        return given or str(uuid.UUID(bytes=self._derive("token:" + id)[:16], version=4))

    def digest(self, token: str) -> bytes:
        """What a token is looked up by: a keyed hash, so that the time a look-up takes tells nothing of any token."""
        # Whatever bytes a client sends as a token are looked for, and not found.
        return hashlib.blake2b(token.encode("utf-8", "surrogateescape"), digest_size=16, key=self._secret).digest()

    def is_ping_key(self, text: str) -> bool:
        return same(text, self.ping_key)

    def is_api_key(self, text: str) -> bool:
        return same(text, self.api_key)

    def renewed(self, ping_key: str | None, api_key: str | None) -> "Keys":
        """Keys of the same secret, so of the same tokens, with these two given or derived."""
        renewed = copy(self)
        renewed.ping_key, renewed.api_key = self._given(ping_key, api_key)
        return renewed

    def _given(self, ping_key: str | None, api_key: str | None) -> tuple[str, str]:
        return ping_key or self._derive("ping_key").hex()[:32], api_key or self._derive("api_key").hex()

    def _derive(self, purpose: str) -> bytes:
        return hmac.digest(self._secret, purpose.encode(), "sha256")


class Register:
    """All heartbeats, by id and by token."""

    def __init__(self, keys: Keys) -> None:
        self.keys = keys
        self._by_id: dict[str, Heartbeat] = {}
        self._by_token: dict[bytes, Heartbeat] = {}
        self.zones: Counter[str] = Counter()  # how many heartbeats are in which time zone

    def __iter__(self) -> Iterator[Heartbeat]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)

    def by_id(self, id: str) -> Heartbeat | None:
        return self._by_id.get(id)

    def by_token(self, token: str) -> Heartbeat | None:
        return self._by_token.get(self.keys.digest(token))

    def matches(self, heartbeat: Heartbeat | None, token: str) -> bool:
        """Is this the heartbeat's token? Takes as long for an unknown heartbeat as for a wrong token."""
        found = self.by_token(token)
        return found is not None and found is heartbeat

    def add(self, heartbeat: Heartbeat) -> None:
        self._by_id[heartbeat.definition.id] = heartbeat
        self._by_token[self._digest(heartbeat)] = heartbeat
        self.zones[heartbeat.definition.timezone] += 1

    def remove(self, heartbeat: Heartbeat) -> None:
        del self._by_id[heartbeat.definition.id]
        self._forget_token(heartbeat)
        self._leave(heartbeat.definition.timezone)

    def redefine(self, heartbeat: Heartbeat, definition: Definition, now: float) -> None:
        """Give a heartbeat another definition of the same id."""
        self._forget_token(heartbeat)
        self._leave(heartbeat.definition.timezone)
        heartbeat.define(definition, now)
        self.zones[definition.timezone] += 1
        self._by_token[self._digest(heartbeat)] = heartbeat

    def _leave(self, zone: str) -> None:
        self.zones[zone] -= 1
        if not self.zones[zone]:
            del self.zones[zone]

    def _forget_token(self, heartbeat: Heartbeat) -> None:
        digest = self._digest(heartbeat)
        # A reload may have given it to another heartbeat already.
        if self._by_token.get(digest) is heartbeat:
            del self._by_token[digest]

    def _digest(self, heartbeat: Heartbeat) -> bytes:
        return self.keys.digest(self.keys.token(heartbeat.definition.id, heartbeat.definition.token))
