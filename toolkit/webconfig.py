"""Read the web configuration file (TLS, headers, users, rate limit) in exporter-toolkit's format, and re-read it."""

import logging
import os
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from toolkit import tlsconfig
from toolkit.strict import ConfigError, Section
from toolkit.strict import load as load_yaml

__all__ = ["NOTHING", "ConfigError", "RateLimit", "Watched", "WebConfig", "load", "parse"]

# The headers that may be set, with their values where these are few.
HEADERS: Mapping[str, tuple[str, ...]] = {
    "Content-Security-Policy": (),
    "Strict-Transport-Security": (),
    "X-Content-Type-Options": ("nosniff",),
    "X-Frame-Options": ("deny", "sameorigin"),
    "X-XSS-Protection": (),
}
BCRYPT = re.compile(r"\$2[aby]\$(0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}")
SECONDS_BETWEEN_LOOKS = 1.0

# Modification time, size, inode; None for a file that is not there.
Stamp = tuple[int, int, int] | None
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RateLimit:
    """One request per `interval` seconds over all clients, `burst` of them at once."""

    interval: float
    burst: int


@dataclass(frozen=True)
class WebConfig:
    """A web configuration that has been checked whole; `users` are name -> bcrypt hash, empty: everybody may in."""

    tls: tlsconfig.Tls | None
    headers: Mapping[str, str]
    users: Mapping[str, str] = field(repr=False)
    rate_limit: RateLimit | None
    context: ssl.SSLContext | None = field(repr=False)  # to serve with; None: plain HTTP
    stamps: Mapping[Path, Stamp] = field(default_factory=dict, repr=False)

    def allowed_peer(self, cert: Mapping[str, object] | None) -> bool:
        """May a client with this certificate (`getpeercert()`) be served? Asked once per connection or request."""
        return self.tls is None or self.tls.allows(cert)


NOTHING = WebConfig(tls=None, headers={}, users={}, rate_limit=None, context=None)
"""Without a file: plain HTTP for everybody."""


def load(path: Path) -> WebConfig:
    """Read and check a file and all it names, down to the key that belongs to the certificate; else ConfigError."""
    stamps: dict[Path, Stamp] = {}

    def read(file: Path) -> bytes:
        # Stamped before it is read, so a change in between is seen at the next look.
        stamps[path.parent / file] = _stamp(path.parent / file)
        return (path.parent / file).read_bytes()

    try:
        text = read(Path(path.name))
    except OSError as e:
        raise ConfigError(f"{path}: cannot be read: {e.strerror}") from e
    return parse(text, str(path), read, stamps)


def parse(text: str | bytes, name: str, read: tlsconfig.Read, stamps: Mapping[Path, Stamp]) -> WebConfig:
    """The configuration in a YAML text; `read` gives the content of the files named in it."""
    top = load_yaml(text, name)
    tls_section, http = top.section("tls_server_config"), top.section("http_server_config")
    users, limit = top.section("basic_auth_users"), top.section("rate_limit")
    top.end()
    tls = tlsconfig.parse(tls_section, read) if tls_section and tls_section.entries else None
    return WebConfig(
        tls=tls,
        headers=MappingProxyType(_http(http) if http else {}),
        users=MappingProxyType(_users(users) if users else {}),
        rate_limit=_rate_limit(limit) if limit else None,
        context=tlsconfig.context(tls_section, tls) if tls_section and tls else None,
        stamps=MappingProxyType(dict(stamps)),
    )


def _http(section: Section) -> dict[str, str]:
    # HTTP/2 is not served; the key is known so that a file shared with other exporters passes.
    section.flag("http2", True)
    headers = section.section("headers")
    section.end()
    return _headers(headers) if headers else {}


def _headers(section: Section) -> dict[str, str]:
    """Name -> value; a blank value leaves the header away."""
    headers = {name: section.text(name, "") for name in HEADERS}
    section.end()
    for name, value in headers.items():
        if value and HEADERS[name] and value not in HEADERS[name]:
            raise section.error(name, f'expected {" or ".join(HEADERS[name])}, found "{value}"')
        if not (value.isascii() and value.isprintable()):
            raise section.error(name, "expected one line of ASCII")
    return {name: value for name, value in headers.items() if value}


def _users(section: Section) -> dict[str, str]:
    users = {name: section.text(name) for name in section.entries}
    for name, hashed in users.items():
        # The value stays unsaid: it may well be the password itself.
        if not BCRYPT.fullmatch(hashed):
            raise section.error(name, "not a bcrypt hash ($2y$10$...), as `htpasswd -nBC 10 name` makes it")
        if not name or ":" in name:
            raise section.error(name, "a user's name has one character at least and no colon")
    return users


def _rate_limit(section: Section) -> RateLimit | None:
    interval = section.duration("interval", 0.0)
    burst = section.integer("burst", 0, low=0) if interval == 0 else section.integer("burst", low=1)
    section.end()
    return RateLimit(interval, burst) if interval else None


class Watched:
    """The newest good web configuration of a file; `error` says what is wrong with the newest, None: nothing.

    Changes of the file and of the certificates and keys it names are looked for once a second at most, when somebody
    asks. A broken file is logged once and leaves the old configuration in force; so does one that turns TLS on or
    off, which takes a restart, because a listening socket speaks one or the other.
    """

    def __init__(self, path: Path, now: float) -> None:
        """Reads the file; ConfigError where it is wrong. `now` is monotonic, in seconds."""
        self.error: str | None = None
        self._path, self._looked, self._config = path, now, load(path)

    def current(self, now: float) -> WebConfig:
        if now - self._looked >= SECONDS_BETWEEN_LOOKS:
            self._looked = now
            # After an error everything is tried anew: a file that was missing is in no list of stamps.
            if self.error is not None or any(_stamp(path) != old for path, old in self._config.stamps.items()):
                self._reread()
        return self._config

    def ssl_context(self, clock: Callable[[], float]) -> ssl.SSLContext | None:
        """A context that serves each new connection by the configuration of that moment; None: plain HTTP."""
        if self._config.context is None:
            return None
        renewing = _Renewing(ssl.PROTOCOL_TLS_SERVER)
        renewing.newest = lambda: self.current(clock()).context
        return renewing

    def _reread(self) -> None:
        try:
            config = load(self._path)
            if (config.tls is None) != (self._config.tls is None):
                raise ConfigError(f"{self._path}: turning TLS on or off takes a restart")
        except ConfigError as e:
            if str(e) != self.error:
                log.error("web configuration not taken over, the old one stays: %s", e)
            self.error = str(e)
        else:
            log.info("web configuration read anew: %s", self._path)
            self._config, self.error = config, None


class _Renewing(ssl.SSLContext):
    """Hands every connection to the newest context.

    Swapping the context in an SNI callback would change the certificate alone: client verification and the range of
    TLS versions are copied into a connection when it begins, which is here.
    """

    newest: Callable[[], ssl.SSLContext | None]

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        context = self.newest()
        if context is None:
            raise ssl.SSLError("no TLS configuration")
        return context.wrap_bio(incoming, outgoing, server_side, server_hostname, session)


def _stamp(path: Path) -> Stamp:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
