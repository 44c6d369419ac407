"""Deliver to whatever Apprise speaks to: mail, ntfy, Pushover, Telegram, Slack, Gotify and a hundred others."""

import asyncio
import logging
import threading
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypedDict

import apprise

from analyzer.notify import text
from analyzer.notify.incident import Step
from analyzer.notify.message import Message
from analyzer.notify.service import Undelivered

SECONDS = 30.0  # for one message, whatever the service's own timeouts are
PAGE = 20_000  # characters
BETWEEN = 4  # that stand between a title and a body in one
KINDS = {"critical": apprise.NotifyType.FAILURE, "warning": apprise.NotifyType.WARNING}

# Its lines hold parts of URLs, and with them tokens; what went wrong is said by us.
logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)


class Worded(TypedDict):
    """What Apprise is given."""

    body: str
    title: str
    notify_type: apprise.NotifyType
    body_format: apprise.NotifyFormat


class NoSuchService(ValueError):
    """Apprise does not know what to do with the URL; the text does not hold it."""


def plugin(url: str) -> apprise.NotifyBase:
    """What Apprise makes of the URL; raises `NoSuchService`."""
    asset = apprise.AppriseAsset(app_id="Heartline", app_desc="Heartline", async_mode=False, secure_logging=True)
    with warnings.catch_warnings():
        # At the first URL Apprise imports all of its services, and with them what Python will give up.
        warnings.simplefilter("ignore", DeprecationWarning)
        made = apprise.Apprise.instantiate(url, asset=asset)
    if not isinstance(made, apprise.NotifyBase):
        raise NoSuchService(f"Apprise knows no service for a URL that begins with {url.partition('://')[0][:20]}://")
    # What is too long in spite of all becomes two messages; as Apprise has it, the service would refuse it.
    if made.overflow_mode == apprise.OverflowMode.UPSTREAM:
        made.overflow_mode = apprise.OverflowMode.SPLIT
    return made


@dataclass
class Apprise:
    """One URL. It edits nothing: who heard that something fires is told once more when all is over."""

    name: str
    plugin: apprise.NotifyBase
    severities: frozenset[str]
    seconds: float = SECONDS
    _under_way: threading.Event = field(default_factory=threading.Event)

    def wait(self) -> float:
        return 0.0

    async def tell(self, message: Message, step: Step, messages: tuple[str, ...]) -> tuple[str, ...]:
        """Send it, unless only a part of what fires is over."""
        if step == "edit":
            return messages
        await self.say(lambda: worded(message, self.plugin))
        return messages

    async def say(self, words: Callable[[], Worded]) -> None:
        """Send what `words` makes, which it does in a thread of its own. Raises `Undelivered`."""
        if self._under_way.is_set():
            # It cannot be interrupted; a second thread beside it would hang as well.
            raise Undelivered("the message before has not come to an end", "unreachable")
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[bool] = loop.create_future()
        self._under_way.set()
        # A daemon: a service that hangs must not keep the program from ending.
        threading.Thread(target=self._send, args=(words, loop, ended), name=self.name, daemon=True).start()
        try:
            async with asyncio.timeout(self.seconds):
                good = await ended
        except TimeoutError:
            raise Undelivered(f"no end after {self.seconds:.0f} s", "unreachable", unsure=True) from None
        if not good:
            raise Undelivered("Apprise could not deliver it", "failed")

    def _send(
        self, words: Callable[[], Worded], loop: asyncio.AbstractEventLoop, ended: "asyncio.Future[bool]"
    ) -> None:
        good = False
        try:
            # By way of Apprise itself, which turns text into what the service shows; the plugin alone would not.
            good = bool(apprise.Apprise(self.plugin).notify(**words()))
        finally:
            self._under_way.clear()
            with suppress(RuntimeError):  # the program has ended meanwhile
                loop.call_soon_threadsafe(_set, ended, good)


def _set(ended: "asyncio.Future[bool]", good: bool) -> None:
    if not ended.done():
        ended.set_result(good)


def shows_pages(plugin: apprise.NotifyBase) -> bool:
    """Chats that speak HTML (Telegram) know no tables; what has room for a page is mail."""
    return plugin.notify_format == apprise.NotifyFormat.HTML and int(plugin.body_maxlen) >= PAGE


def title_room(plugin: apprise.NotifyBase) -> int:
    """Characters of a title."""
    return int(plugin.title_maxlen) or min(250, int(plugin.body_maxlen) // 2)


def body_room(plugin: apprise.NotifyBase, title: str) -> int:
    """Characters of a body beside this title."""
    # Where there is no title, Apprise puts it on a line before the body, and takes the room there.
    limit = int(plugin.body_maxlen)
    return limit if int(plugin.title_maxlen) else limit - len(title) - BETWEEN


def worded(message: Message, plugin: apprise.NotifyBase) -> Worded:
    """As HTML where the service shows that, else as text that fits into one of its messages."""
    as_html, title = shows_pages(plugin), text.title(message, title_room(plugin))
    room = body_room(plugin, title)
    body = text.page(message) if as_html else text.text(message, room)
    if as_html and len(body) > room:
        as_html, body = False, text.text(message, room)
    default = apprise.NotifyType.SUCCESS if message.tone == "resolved" else apprise.NotifyType.INFO
    return {
        "body": body,
        "title": title,
        "notify_type": KINDS.get(message.tone, default),
        "body_format": apprise.NotifyFormat.HTML if as_html else apprise.NotifyFormat.TEXT,
    }
