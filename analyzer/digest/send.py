"""Give a digest to a service in the form that it shows best."""

import asyncio

import apprise

from analyzer.digest import words
from analyzer.digest.brief import message
from analyzer.digest.page import LIMIT, page
from analyzer.digest.report import Digest
from analyzer.digest.text import text
from analyzer.notify.apprise import KINDS, Apprise, Worded, body_room, shows_pages, title_room
from analyzer.notify.service import Service


async def send(service: Service, digest: Digest) -> None:
    """Raises `Undelivered`."""
    await asyncio.sleep(service.wait())
    if isinstance(service, Apprise):
        await service.say(lambda: worded(digest, service.plugin))
    else:
        await service.tell(message(digest), "post", ())


def worded(digest: Digest, plugin: apprise.NotifyBase) -> Worded:
    """A page where the service shows pages, which is mail; else text that fits into one of its messages."""
    as_html, title = shows_pages(plugin), words.subject(digest)[: title_room(plugin)]
    room = body_room(plugin, title)
    return {
        "body": page(digest, min(room, LIMIT)) if as_html else text(digest, room),
        "title": title,
        "notify_type": KINDS.get(digest.gravest or "", apprise.NotifyType.INFO),
        "body_format": apprise.NotifyFormat.HTML if as_html else apprise.NotifyFormat.TEXT,
    }
