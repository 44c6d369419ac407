"""The same content through Apprise: over real sockets, as text and as HTML."""

import asyncio
import email
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import Message as Mail

import apprise
import pytest
from aiohttp import web

from analyzer.notify.apprise import Apprise, NoSuchService, Worded, plugin, worded
from analyzer.notify.message import compose
from analyzer.notify.service import Undelivered
from analyzer.notify.text import page, text, title
from tests.analyzer.notify.groups import alert, group

URLS = ("d7sms://token@15551231234", "ntfy://topic", "json://x", "mailto://a:b@example.com")
"""Of services with little room and with much, with a title of its own and without."""
MESSAGE = compose(group(alert()), "disk full", ["Told late."])


@dataclass
class Ears:
    """What arrived at a server that speaks HTTP."""

    port: int = 0
    heard: list[dict[str, str]] = field(default_factory=list)
    status: int = 200
    held: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.Response:
        self.heard.append(json.loads(await request.text()))
        await self.held.wait()
        return web.Response(status=self.status)


@asynccontextmanager
async def listening() -> AsyncIterator[Ears]:
    ears = Ears()
    ears.held.set()
    app = web.Application()
    app.router.add_post("/{path:.*}", ears.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    ears.port = runner.addresses[0][1]
    try:
        yield ears
    finally:
        ears.held.set()
        await runner.cleanup()


def service(url: str, seconds: float = 10.0) -> Apprise:
    return Apprise("there", plugin(url), frozenset(), seconds)


async def test_a_service_hears_the_beginning_and_the_end_and_not_each_part_of_it() -> None:
    async with listening() as ears:
        one = service(f"json://127.0.0.1:{ears.port}/x")
        await one.tell(MESSAGE, "post", ())
        await one.tell(MESSAGE, "edit", ())
        await one.tell(compose(group(alert(status="resolved"))), "close", ())
    assert [heard["title"] for heard in ears.heard] == [
        "FIRING 1 · HeartbeatLate · backup on nas",
        "RESOLVED 1 · HeartbeatLate · backup on nas · lasted 12m34s",
    ]
    assert [heard["type"] for heard in ears.heard] == ["failure", "success"]
    said = ears.heard[0]["message"]
    for part in ("A heartbeat is late.", "Host: nas", "Expected every: 5m 0s", "Silence: http://", "disk full", "Told"):
        assert part in said


async def test_what_it_does_not_accept_is_said_without_its_url() -> None:
    async with listening() as ears:
        ears.status = 500
        with pytest.raises(Undelivered, match="could not deliver") as caught:
            await service(f"json://user:hunter2@127.0.0.1:{ears.port}/x").tell(MESSAGE, "post", ())
    assert "hunter2" not in str(caught.value)


async def test_one_that_hangs_is_given_up_and_not_asked_again_before_it_ends() -> None:
    async with listening() as ears:
        ears.held.clear()
        one = service(f"json://127.0.0.1:{ears.port}/x?rto=20", seconds=0.3)
        with pytest.raises(Undelivered, match="no end after") as caught:
            await one.tell(MESSAGE, "post", ())
        assert caught.value.unsure
        with pytest.raises(Undelivered, match="has not come to an end"):
            await one.tell(MESSAGE, "post", ())
        ears.held.set()
        hanging = next(thread for thread in threading.enumerate() if thread.name == "there")
        await asyncio.to_thread(hanging.join)
        await one.tell(MESSAGE, "post", ())
    assert len(ears.heard) == 2


async def test_a_mail_shows_the_same_as_html_and_as_text_and_strangers_text_is_text() -> None:
    hostile = compose(group(alert("<script>alert(1)</script>", description="<img src=x onerror=alert(1)> & 'q'")))
    async with postbox() as box:
        url = f"mailto://127.0.0.1:{box.port}?from=a@watch.example&to=b@watch.example"
        await service(url).tell(hostile, "post", ())
    (mail,) = box.mails
    parts = {part.get_content_type(): part for part in mail.walk()}
    html = bytes(parts["text/html"].get_payload(decode=True)).decode()
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;img src=x onerror=alert(1)&gt; &amp; &#x27;q&#x27;" in html
    assert '<a href="http://watch.example:9093/#/alerts">Alerts</a>' in html
    assert "<table>" in html


@dataclass
class Postbox:
    """A mail server of a few words."""

    port: int = 0
    mails: list[Mail] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        while line := await reader.readline():
            match line[:4].upper():
                case b"DATA":
                    writer.write(b"354 go on\r\n")
                    text = await reader.readuntil(b"\r\n.\r\n")
                    self.mails.append(email.message_from_bytes(text.replace(b"\r\n..", b"\r\n.")[:-3]))
                    writer.write(b"250 kept\r\n")
                case b"QUIT":
                    writer.write(b"221 bye\r\n")
                    break
                case _:
                    writer.write(b"250 yes\r\n")
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def postbox() -> AsyncIterator[Postbox]:
    box = Postbox()
    server = await asyncio.start_server(box.serve, "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    async with server:
        yield box


def test_a_url_that_apprise_does_not_know_is_refused_without_being_shown() -> None:
    with pytest.raises(NoSuchService, match="nosuch://") as caught:
        plugin("nosuch://user:hunter2@host")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("limit", [160, 1024, 32768])
@pytest.mark.parametrize("count", [1, 5, 300])
def test_text_fits_and_of_many_alerts_none_is_dropped_silently(limit: int, count: int) -> None:
    message = compose(group(*(alert(f"job{n:03}") for n in range(count)), truncatedAlerts=2))
    said = text(message, limit)
    assert len(said) <= limit
    told = max(said.count("- job"), said.count("FIRING: job"))
    assert f"and {count - told + 2} more" in said


def fits(words: Worded, there: apprise.NotifyBase) -> bool:
    """Do title and body fit into one message of a service?"""
    whole = len(words["body"]) + (0 if there.title_maxlen else len(words["title"]))
    return whole <= there.body_maxlen and len(words["title"]) <= (there.title_maxlen or there.body_maxlen)


@pytest.mark.parametrize("url", URLS)
def test_title_and_body_fit_into_one_message_of_the_service(url: str) -> None:
    there = plugin(url)
    assert fits(worded(compose(group(*(alert(f"job{n:03}", "h" * 200) for n in range(60)))), there), there)


def test_a_title_is_cut_where_it_has_no_room() -> None:
    assert title(MESSAGE, 12) == "FIRING 1 · …"


def test_chats_that_show_plain_text_call_nobody() -> None:
    said = text(compose(group(alert("@everyone <!channel> <@U1>"))), 4000)
    assert "@everyone" not in said
    assert "<!channel>" not in said
    assert "<@U1>" not in said


def test_a_page_needs_nothing_from_elsewhere() -> None:
    shown = page(compose(group(*(alert(f"job{n}") for n in range(30)), truncatedAlerts=4)))
    assert "and 4 more" in shown
    assert shown.count("<li>") == 30
    assert "src=" not in shown
