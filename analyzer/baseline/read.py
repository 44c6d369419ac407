"""What all kinds read with: whole files within a cap, absent apart from hidden, text without control characters."""

import glob
import hashlib
import hmac
import posixpath
from collections.abc import Sequence

from analyzer.fetch.way import CannotLook, Stat, Way

LIMIT = 4 << 20  # bytes of one file
LONGEST = 300  # characters of one field
ABSENT = ("no such file", "no such file or directory", "not a directory")


async def whole(way: Way, path: str, limit: int = LIMIT) -> bytes:
    """All of a file; CannotLook also where it is longer than `limit` bytes."""
    pieces = [piece async for piece in way.content(path, 0, limit + 1)]
    if sum(map(len, pieces)) > limit:
        raise CannotLook(f"{path!r}: longer than {limit} bytes")
    return b"".join(pieces)


async def text(way: Way, path: str, limit: int = LIMIT) -> str:
    """All of a file as text, whatever its bytes."""
    return (await whole(way, path, limit)).decode("utf-8", "surrogateescape")


async def optional(way: Way, path: str) -> str | None:
    """The text of a file, None where there is none; CannotLook where that cannot be told."""
    if await way.match(glob.escape(path)):
        return await text(way, path)
    await listable(way, posixpath.dirname(path))
    return None


async def files(way: Way, folder: str, most: int = 1000) -> Sequence[Stat]:
    """Files right in a folder, links to files followed; none where there is no such folder."""
    found = await way.match(f"{glob.escape(folder)}/*")
    if len(found) > most:
        raise CannotLook(f"{folder!r}: more than {most} files")
    if not found:
        # A glob in a folder that is closed to us finds nothing, as in an empty one.
        await listable(way, folder)
    return found


async def listable(way: Way, folder: str) -> bool:
    """Whether the folder is there; CannotLook where it may be and is closed to us."""
    try:
        await way.walk(folder, 1)
    except CannotLook as e:
        # The error has no bit for this. What says nothing of absence counts as hidden.
        if str(e).lower().endswith(ABSENT):
            return False
        raise
    return True


async def printed(way: Way, command: Sequence[str], limit: int, seconds: float) -> str:
    """All that a command prints; CannotLook where that is more than `limit` bytes."""
    pieces = [piece async for piece in way.output(command, limit + 1, seconds)]
    if sum(map(len, pieces)) > limit:
        raise CannotLook(f"{command[0]}: prints more than {limit} bytes")
    return b"".join(pieces).decode("utf-8", "surrogateescape")


def row(identity: str, *rest: str) -> str:
    """One row: what it is about, a tab, and how that is; neither can hold a tab or a line break."""
    return "\t".join([plain(identity), " ".join(map(plain, rest))])


def plain(given: str) -> str:
    """One line of printable text; what is longer than a field may be ends with a digest that tells it from others."""
    shown = "".join([c if c.isprintable() else c.encode("unicode_escape").decode() for c in given[: LONGEST + 1]])
    if len(given) <= LONGEST and len(shown) <= 2 * LONGEST:
        return shown
    return f"{shown[:LONGEST]}...{hashlib.sha256(given.encode(errors='surrogatepass')).hexdigest()[:16]}"


def mark(key: bytes, content: str | bytes) -> str:
    """A keyed digest: tells that a secret changed and nothing else; a plain one of a short secret can be guessed."""
    raw = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    return hmac.new(key, b"baseline\0" + raw, hashlib.sha256).hexdigest()[:16]
