"""What a person sees in Discord, and that nothing a stranger writes does more than be seen."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.notify import embeds
from analyzer.notify.markdown import escaped, line, shown, size
from analyzer.notify.message import compose
from analyzer.notify.payload import Group
from stack.message import Embed, Message, parse
from tests.analyzer.notify.groups import AT, NOW, RUNBOOKS, alert, group

# What would be a link under strangers' words: a bracket that no backslash makes a character.
MASKED = re.compile(r"(?<!\\)(?:\\\\)*\](?=\(https://evil)")
LISTS = "# h\n- l\n1. n\n> q\n"
HOSTILE = ("x", "``` `", "**[a](https://evil.example)** @everyone <@1> ", "é😀\n\n", '"\\{}', LISTS, "_")


def told(found: Group, *notes: str, context: str = "") -> Message:
    return parse(embeds.payload(compose(found, context, notes)), 0.0)


def only(found: Group) -> Embed:
    (embed,) = told(found).embeds
    return embed


def test_a_late_heartbeat_is_told_with_all_that_its_reader_needs() -> None:
    embed = only(group(alert(deadline="Thu 01 Jan 2026 02:06:00", panel_url="http://grafana.example/d/x?viewPanel=3")))
    assert embed.title == "FIRING 1 · HeartbeatLate · backup on nas"
    assert embed.color == 0xE5484D
    assert embed.description.splitlines() == [
        "**A heartbeat is late.**",
        "backup on nas did not report in time, its deadline passed 15s ago.",
        f"[Silence]({AT}/#/silences/new?filter=%7Balertname%3D%22HeartbeatLate%22%2Cheartbeat%3D%22backup%22"
        "%2Chost%3D%22nas%22%2Cseverity%3D%22critical%22%7D)"
        f" · [Runbook]({RUNBOOKS}/HeartbeatLate.md) · [Panel](http://grafana.example/d/x?viewPanel=3)"
        " · [Expression](http://watch.example:9090/graph?g0.expr=heartbeat%3Alate&g0.tab=1)"
        f" · [Alerts]({AT}/#/alerts)",
    ]
    assert embed.fields == (
        ("Since", f"<t:{NOW:.0f}:f>, <t:{NOW:.0f}:R>"),
        ("Host", "nas"),
        ("Last seen", "Thu 01 Jan 2026 02:00:00 (Europe/Berlin)"),
        ("Expected every", "5m 0s, and 1m 0s of grace"),
        ("Deadline", "Thu 01 Jan 2026 02:06:00"),
    )


def test_every_further_annotation_is_a_field_in_an_order_that_stays() -> None:
    fields = dict(only(group(alert(zone="B", cause="no route", error_budget="3 %"))).fields)
    assert list(fields)[4:] == ["Cause", "Error budget", "Zone"]


def test_the_end_says_how_long_it_lasted_in_another_colour_and_word() -> None:
    embed = only(group(alert(status="resolved", ends=NOW + 8 * 86_400 + 3 * 3600 + 17)))
    assert (embed.title, embed.color) == ("RESOLVED 1 · HeartbeatLate · backup on nas · lasted 8d3h", 0x30A46C)
    assert ("Lasted", "8d3h") in embed.fields


@pytest.mark.parametrize(("severity", "colour"), [("critical", 0xE5484D), ("warning", 0xF5A524), ("info", 0x3E8BFF)])
def test_the_colour_is_that_of_the_gravest_that_fires(severity: str, colour: int) -> None:
    assert told(group(alert("a", severity="info"), alert("b", severity=severity))).embeds[0].color == colour


def test_a_few_alerts_are_told_each_in_full_below_what_they_share() -> None:
    head, first, second = told(group(alert("a"), alert("b", status="resolved"))).embeds
    assert head.title == "FIRING 1, RESOLVED 1 · HeartbeatLate · nas"
    assert head.description.startswith("A heartbeat is late.\n[Silence all](")
    assert (first.title, second.title) == ("a on nas", "b on nas")
    assert "[Silence](" in first.description
    assert "Runbook" in head.description
    assert "Runbook" not in first.description
    assert ("Lasted", "12m34s") in second.fields


def test_of_many_alerts_none_is_dropped_silently() -> None:
    names = [f"job{n:03}" for n in range(500)]
    embed = only(group(*(alert(name, f"host-of-{name}") for name in names), truncatedAlerts=7))
    assert embed.title.startswith("FIRING 507 · HeartbeatLate")
    listed = set(re.findall(r"• \*\*(job\d+)", embed.description))
    ((more, rest),) = embed.fields
    named = set(re.findall(r"(job\d+) on", rest))
    unnamed = int(re.findall(r"and (\d+) that have no room here", rest)[0])
    assert more == f"and {507 - len(listed)} more"
    assert not listed & named
    assert len(listed) + len(named) + unnamed == 507
    assert min(len(listed), len(named)) > 20


def test_alerts_of_the_same_name_are_told_apart() -> None:
    first, second = (alert("a") for _ in range(2))
    second = second | {"fingerprint": "f" * 16, "labels": {**dict(second["labels"]), "shard": "2"}}  # type: ignore[call-overload]
    names = [embed.title for embed in told(group(first, second)).embeds[1:]]
    assert sorted(names) == ["a on nas", "a on nas (shard=2)"]


def test_what_the_logs_say_and_what_is_odd_about_the_message_stand_below() -> None:
    found = told(group(alert()), "Told late.", context="disk full (3x)\nbackup killed").embeds[0].description
    assert "\n> disk full (3x)\n> backup killed\n*Told late.*\n[Silence]" in found


def test_links_that_lead_nowhere_or_act_are_left_out() -> None:
    embed = only(group(alert(runbook_url="javascript:alert(1)", dashboard_url="https://g/x) [y](http://evil")))
    assert "Runbook" not in embed.description
    assert "[Dashboard](https://g/x%29%20%5By%5D%28http://evil)" in embed.description


def test_a_label_with_quotes_stays_one_matcher_of_the_silence() -> None:
    embed = only(group(alert('a"b\\c\nd,e')))
    assert "heartbeat%3D%22a%5C%22b%5C%5Cc%5Cnd%2Ce%22" in embed.description


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("@everyone and <@1> <@&2> @here", "@\u200beveryone and \\<@1\\> \\<@&2\\> @\u200bhere"),
        ("[x](https://evil.example)", "\\[x\\](https://evil.example)"),
        ("`rm -rf` **now** __u__", "\\`rm -rf\\` \\*\\*now\\*\\* \\_\\_u\\_\\_"),
        ("~~s~~ ||p||", "\\~\\~s\\~\\~ \\|\\|p\\|\\|"),
        ("# big\n- item\n1. one\n> quote", "\\# big\n\\- item\n\u200b1. one\n\\> quote"),
        ("see https://wiki.example/a_b_c?x=1#y_z", "see https://wiki.example/a_b_c?x=1#y_z"),
        ("10.0.0.1 is down - really", "10.0.0.1 is down - really"),
        ("\\", "\\\\"),
    ],
)
def test_markdown_and_mentions_of_strangers_are_shown_and_do_nothing(text: str, seen: str) -> None:
    assert escaped(text, 200) == seen


def test_what_nobody_sees_is_taken_out() -> None:
    assert line("a\u202eb\x1b[31mc\u200bd\x00e\r\n\tf") == "a b [31mc d e f"


@given(st.text(), st.integers(1, 60))
def test_a_cut_text_is_within_its_limit_and_never_ends_in_half_an_escape(text: str, limit: int) -> None:
    found = escaped(text, limit)
    assert size(found) <= limit
    assert not re.search(r"(?<!\\)(\\\\)*\\…?$", found) or found.endswith("\\…") is False
    assert shown(text) == shown(shown(text))


texts = st.sampled_from(HOSTILE).flatmap(lambda text: st.integers(0, 3000).map(lambda n: (text * n)[:n])) | st.text()
alerts = st.builds(
    lambda name, host, status, description, more: alert(name, host, status, description=description, **more),
    texts,
    texts,
    st.sampled_from(["firing", "resolved"]),
    texts,
    st.dictionaries(st.text("abcdefgh_", min_size=1, max_size=300), texts, max_size=40),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(alerts, min_size=1, max_size=12), texts, st.lists(texts, max_size=2))
def test_whatever_is_told_is_within_discords_limits(
    found: list[dict[str, object]], context: str, notes: list[str]
) -> None:
    found = [one | {"fingerprint": f"{n:016x}"} for n, one in enumerate(found)]
    message = told(group(*found), *notes, context=context)
    assert all(size(embed.description) <= 4096 and size(embed.title) <= 256 for embed in message.embeds)
    assert not MASKED.search(message.text)
    assert parse(embeds.plain(compose(group(*found))), 0.0)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("count", [1, 5, 60])
def test_hostile_texts_of_full_length_are_within_discords_limits(text: str, count: int) -> None:
    long = (text * 4000)[:4000]
    found = [with_annotations(alert(f"{n}{long}", f"{n}{long}"), long) for n in range(count)]
    message = told(group(*found), long, context=long)
    assert not MASKED.search(message.text)
    assert message.embeds[0].title.startswith(f"FIRING {count}")


def with_annotations(one: dict[str, object], text: str) -> dict[str, object]:
    return one | {"annotations": dict.fromkeys(["summary", "description", *(f"k{n}" for n in range(40))], text)}
