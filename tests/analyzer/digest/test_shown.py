"""What a digest looks like: as a page, as text, in a chat."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from analyzer.digest.brief import message
from analyzer.digest.page import LIMIT, page
from analyzer.digest.report import Digest, HostLine, Missed, Outside
from analyzer.digest.text import text
from analyzer.digest.words import subject
from analyzer.notify.embeds import payload
from stack.message import parse
from tests.analyzer.digest.made import END, QUIET, busy, hostile, large

HARMLESS = re.compile("html|head|meta|title|style|body|div|h1|h2|p|table|tr|th|td|b|span|wbr|br")


class Elements(HTMLParser):
    """What a page consists of, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes.update(name for name, _ in attrs)
        if tag not in ("meta", "wbr", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_page_tells_every_section() -> None:
    shown = page(busy())
    for told in (
        "1 critical finding, 4 warnings, 2 heartbeats late, 1 heartbeat missed, 1 job failed",
        "Fri 20 Nov 07:00 to Sat 21 Nov 2026 07:00 CET",
        "▼ down 45",
        "■ CRITICAL",
        "ext4_find_entry:1455",
        "→ Unmount it and run e2fsck",
        "web00, web01, web02",
        "still late: since Sat 21 Nov 03:00, for 4h",
        "late from Fri 20 Nov 11:33 for 1h6m",
        "has never come",
        "9m56s away",
        "ends in 5d, on 26 Nov 2026",
        "full in 3d9h as it goes",
        "Certificate cannot be renewed",
        "and 6 more",
        "login keys: 1, listeners: 1, packages: 12",
        "Unit failed",
        "0.24 USD on 2026-11-20 (UTC)",
    ):
        assert told in shown, told
    Elements(shown)


def test_text_and_chat_tell_the_same_sections() -> None:
    written = text(busy(), 30_000)
    titles = {found.upper() for found in re.findall(r"<h2[^>]*>([^<]+)", page(busy()))}
    assert titles == {line for line in written.splitlines() if line.isupper()}
    assert len(titles) == 10
    assert {field.name.upper() for field in message(busy()).entries[0].fields} == titles - {"HOSTS"}


def test_a_quiet_day_is_short() -> None:
    assert "All quiet." in page(QUIET)
    assert "None of 12 heartbeats was missed. No certificate ends within 30 days." in text(QUIET, 4000)
    assert len(text(QUIET, 4000)) < 600
    assert subject(QUIET) == "Daily report Sat 21 Nov: all quiet"


def test_that_prometheus_told_nothing_is_no_quiet_day() -> None:
    blind = replace(QUIET, outside=Outside("Prometheus is not reachable at http://127.0.0.1:9090"))
    assert subject(blind).endswith("heartbeats not known")
    assert "Not known. Prometheus is not reachable at" in text(blind, 4000)
    assert "web01: 100 of 100, well" in text(blind, 4000)


def test_a_page_holds_no_script_no_image_no_link_and_strangers_text_is_text() -> None:
    found = Elements(page(hostile()))
    assert all(map(HARMLESS.fullmatch, found.names))
    assert found.attributes <= {"lang", "charset", "name", "content", "style", "class"}
    assert "url(" not in page(hostile())
    shown = page(hostile())
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "https://" not in shown  # no mail program may make a link of it


def test_what_is_written_calls_nobody_and_hides_nothing() -> None:
    written = text(hostile(), 30_000)
    assert "@everyone" not in written
    assert "<!channel>" not in written
    assert written.replace("\n", "").replace("\u200b", "").isprintable()


def test_the_page_works_in_the_dark_and_without_colour() -> None:
    shown = page(busy())
    assert "@media (prefers-color-scheme:dark)" in shown
    assert '<meta name="color-scheme" content="light dark">' in shown
    assert re.search(r">88</b> fair", shown)
    assert re.search(r"<b [^>]*>▲ WARNING</b>", shown)


@pytest.mark.parametrize("limit", [LIMIT, 20_000, 9000])
def test_a_page_is_bounded_and_says_what_it_leaves_out(limit: int) -> None:
    shown = page(large(), limit)
    assert len(shown.encode()) <= limit
    Elements(shown)
    hosts = len(re.findall(r">host\d+</td>", shown))
    assert f"and {300 - hosts} more" in shown
    findings = len(re.findall(r"▲ WARNING", shown))
    assert f"and {612 - findings // 2} more" in shown


@pytest.mark.parametrize("limit", [32_768, 7800, 4096, 1024, 160])
def test_text_is_bounded_and_says_what_it_leaves_out(limit: int) -> None:
    written = text(large(), limit)
    assert len(written) <= limit
    assert "more" in written or "Shortened" in written or written.endswith("…")


@pytest.mark.parametrize("digest", [busy(), large(), hostile(), QUIET], ids=["busy", "large", "hostile", "quiet"])
def test_discord_takes_it_in_one_message(digest: Digest) -> None:
    told = parse(payload(message(digest)), END)
    (embed,) = told.embeds
    assert embed.title
    assert "@everyone" not in told.text


def test_a_host_without_a_score_a_year_ago_says_since_when() -> None:
    late = replace(QUIET, hosts=(HostLine("web01", 90, 95, END - 3600, True, {}, 1, 0),))
    assert "▼ down 5 since Sat 21 Nov 06:00" in text(late, 4000)


def test_a_heartbeat_that_was_late_often_is_one_entry() -> None:
    spells = tuple(Missed("poll", "nas", END - 3600 * n, END - 3600 * n + 600 * n, False) for n in range(1, 5))
    written = text(replace(QUIET, outside=Outside("", heartbeats=3, missed=spells)), 4000)
    assert "1 heartbeat missed" in subject(replace(QUIET, outside=Outside("", missed=spells)))
    assert "- poll on nas: late 4 times, the last from Sat 21 Nov 06:00 for 10m; 1h40m in all, 40m at most" in written


def test_notes_are_told_everywhere() -> None:
    noted = replace(QUIET, notes=("Told late.",))
    assert "Told late." in page(noted)
    assert "Told late." in text(noted, 200)
    assert "Told late" in str(payload(message(noted)))
