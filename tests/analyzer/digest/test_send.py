"""A digest on its way: as a page by mail, as text to a web hook, as an embed to Discord."""

import time
from dataclasses import replace
from email.message import Message as Mail

import pytest

from analyzer.digest.report import Digest
from analyzer.digest.send import send, worded
from analyzer.notify.apprise import plugin
from analyzer.notify.declare import Notify, Reach, services
from analyzer.notify.service import Undelivered
from tests.analyzer import discordserver
from tests.analyzer.digest.made import QUIET, busy, hostile, large
from tests.analyzer.notify.test_apprise import URLS, fits, listening, postbox, service

SUBJECT = "Daily report Sat 21 Nov: 1 critical finding, 4 warnings, 2 heartbeats late"


async def mailed(digest: Digest) -> Mail:
    """The one mail that it is."""
    async with postbox() as box:
        await send(service(f"mailto://127.0.0.1:{box.port}?from=a@watch.example&to=b@watch.example"), digest)
    (mail,) = box.mails
    return mail


async def test_a_mail_holds_the_page_and_the_same_as_text() -> None:
    mail = await mailed(busy())
    assert SUBJECT in " ".join(str(mail["Subject"]).split())
    parts = {part.get_content_type(): bytes(part.get_payload(decode=True) or b"").decode() for part in mail.walk()}
    assert "@media (prefers-color-scheme:dark)" in parts["text/html"]
    assert parts["text/html"].startswith("<!doctype html>")
    assert "■ CRITICAL" in parts["text/html"]
    assert "File system error" in parts["text/plain"]
    assert "@media" not in parts["text/plain"]


@pytest.mark.parametrize("digest", [large(), hostile()], ids=["large", "hostile"])
async def test_a_large_mail_is_one_mail(digest: Digest) -> None:
    mail = await mailed(digest)
    (html,) = [part for part in mail.walk() if part.get_content_type() == "text/html"]
    text = bytes(html.get_payload(decode=True) or b"").decode()
    assert text.rstrip().endswith("</html>")
    assert "<script" not in text


async def test_a_web_hook_hears_text() -> None:
    async with listening() as ears:
        await send(service(f"json://127.0.0.1:{ears.port}/x"), busy())
        await send(service(f"json://127.0.0.1:{ears.port}/x"), QUIET)
    told, quiet = ears.heard
    assert told["title"].startswith(SUBJECT)
    assert told["type"] == "failure"
    assert "NEW FINDINGS\n- CRITICAL: File system error on nas" in told["message"]
    assert (quiet["title"], quiet["type"]) == ("Daily report Sat 21 Nov: all quiet", "info")


async def test_discord_hears_it_in_an_embed() -> None:
    reach = Reach(time.monotonic)
    async with discordserver.listening() as far:
        (there,) = services((Notify("chat", "discord", far.url(), frozenset()),), reach)
        await send(there, busy())
        (post,) = far.posts
    await reach.close()
    (embed,) = post.message.embeds
    assert embed.title.startswith(SUBJECT)
    assert "nas: 52 of 100, poor" in embed.description
    assert "Heartbeats missed" in [name for name, _ in embed.fields]


async def test_a_service_that_does_not_take_it_is_told_of() -> None:
    async with listening() as ears:
        ears.status = 500
        with pytest.raises(Undelivered):
            await send(service(f"json://127.0.0.1:{ears.port}/x"), QUIET)


@pytest.mark.parametrize("url", URLS)
def test_title_and_body_fit_into_one_message_of_the_service(url: str) -> None:
    there = plugin(url)
    assert fits(worded(replace(large(), notes=("Told late.",)), there), there)
