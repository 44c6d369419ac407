"""The request of an HTTP probe, and what becomes of it on a redirect. Secrets are read for every probe."""

import asyncio
import base64
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

from exporter.probes.modules import HttpModule, Secret, SecretFile
from exporter.probes.outcome import Failure
from exporter.probes.shown import HIDDEN, SECRET_HEADER, shown_headers, shown_target
from exporter.probes.target import Target, port_of

LONGEST_HOST = 255
AGENT = f"Heartline/{version('heartline')}"


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent; `private` are the names, in lower case, of headers that are neither shown nor sent elsewhere."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes = b""
    private: frozenset[str] = frozenset()

    def is_private(self, name: str) -> bool:
        return name.lower() in self.private or bool(SECRET_HEADER.search(name))

    def shown_headers(self) -> str:
        lines = ((name, HIDDEN if self.is_private(name) else value) for name, value in self.headers.items())
        return shown_headers(lines)


async def first(target: Target, wanted: HttpModule) -> Request:
    """The module's request to a target; Failure target for no URL, module for a file that cannot be read."""
    text = target.text
    url = split(text if text.lower().startswith(("http://", "https://")) else f"http://{text}")
    headers = {"User-Agent": AGENT}
    for name, value in wanted.headers:
        # The later one counts, whatever the case it is written in.
        headers = {known: kept for known, kept in headers.items() if known.lower() != name.lower()}
        headers[name] = await _plain(value)
    authorization = await _authorization(url, wanted)
    if authorization:
        headers["Authorization"] = authorization
    body = await _file(wanted.body_file) if wanted.body_file else wanted.body.encode()
    private = frozenset(name.lower() for name, value in wanted.headers if not isinstance(value, str))
    return Request(wanted.method, bare(url), headers, body, private)


async def _authorization(url: SplitResult, wanted: HttpModule) -> str | None:
    if wanted.credentials:
        return f"{wanted.authorization_type} {await _plain(wanted.credentials)}"
    if wanted.username is not None or wanted.password is not None:
        return _basic(await _plain(wanted.username or ""), await _plain(wanted.password or ""))
    if url.username is not None:
        return _basic(url.username, url.password or "")
    return None


def _basic(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


async def _plain(value: str | Secret | SecretFile) -> str:
    match value:
        case Secret(text):
            return text
        case SecretFile(path):
            return (await _file(path)).decode(errors="replace").strip()
        case str():
            return value


async def _file(path: str) -> bytes:
    try:
        return await asyncio.to_thread(Path(path).read_bytes)
    except OSError as e:
        raise Failure("module", f"{path} cannot be read: {e.strerror}") from e


def redirected(request: Request, status: int, location: str) -> Request:
    """The request that a redirect asks for; Failure redirects when it leads nowhere."""
    try:
        parts = split(urljoin(request.url, location))
    except (Failure, ValueError) as e:
        raise Failure("redirects", f"redirected to what is no URL: {shown_target(location)}") from e
    if parts.scheme not in ("http", "https"):
        raise Failure("redirects", f"redirected to {parts.scheme}, which is not HTTP")
    headers = request.headers
    if not same_side(request.url, bare(parts)):
        headers = {n: v for n, v in headers.items() if not request.is_private(n) and n.lower() != "host"}
    moved = replace(request, url=bare(parts), headers=headers)
    if status in (307, 308) or request.method in ("GET", "HEAD"):
        return moved
    return replace(moved, method="GET", body=b"")


def same_side(old: str, new: str) -> bool:
    """Does a redirect from one URL to another stay with the same host and port, or only turn to its https?"""
    before, after = urlsplit(old), urlsplit(new)
    if before.hostname != after.hostname:
        return False
    way = before.scheme, port_of(old), after.scheme, port_of(new)
    return way[:2] == way[2:] or way == ("http", 80, "https", 443)


def split(url: str) -> SplitResult:
    """The parts of a URL; Failure target when it has no host, or one longer than DNS knows."""
    try:
        parts = urlsplit(url)
        if parts.hostname and len(parts.hostname) <= LONGEST_HOST and parts.port != 0:
            return parts
    except ValueError as e:
        raise Failure("target", f"no URL: {shown_target(url)}") from e
    raise Failure("target", f"no URL: {shown_target(url)}")


def bare(parts: SplitResult) -> str:
    """A URL without user, password and fragment."""
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme.lower(), host, parts.path or "/", parts.query, ""))
