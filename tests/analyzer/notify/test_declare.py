"""The sections notify and relay: what is taken, what is refused, and that no secret is shown."""

import time
from pathlib import Path

import pytest

from analyzer.notify.apprise import Apprise
from analyzer.notify.declare import Notify, Reach, RelayConfig, notify, relay, services
from analyzer.notify.discord import Discord
from analyzer.notify.relay import Settings
from analyzer.notify.test import test as send_test
from tests.analyzer.discordserver import listening
from tests.analyzer.notify.running import discord
from toolkit.strict import ConfigError, load

HOOK = "https://discord.com/api/webhooks/1/hunter2-token"


def declared(text: str, **environ: str) -> tuple[Notify, ...]:
    return notify(load(text, "analyzer.yml"), environ)


def test_services_are_declared_by_url_file_or_environment(tmp_path: Path) -> None:
    (tmp_path / "hook").write_text(f"{HOOK}\n")
    found = declared(
        f"notify:\n"
        f"  - {{name: chat, discord_file: {tmp_path}/hook}}\n"
        f"  - {{name: phone, env: PUSH, severities: [critical, warning]}}\n"
        f"  - {{name: log, url: 'json://127.0.0.1/x'}}\n"
        f"  - {{name: also-chat, url: '{HOOK}'}}\n",
        PUSH="ntfy://topic",
    )
    assert [(one.name, one.kind) for one in found] == [
        ("chat", "discord"),
        ("phone", "apprise"),
        ("log", "apprise"),
        ("also-chat", "discord"),
    ]
    assert found[1].severities == {"critical", "warning"}
    assert "hunter2" not in repr(found)


def test_a_webhook_of_the_environment_is_one_more_service_unless_the_file_has_one_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "hook").write_text(HOOK)
    phone = "notify: [{name: phone, url: 'json://127.0.0.1/x'}]\n"
    assert [(one.name, one.kind) for one in declared(phone, DISCORD_WEBHOOK_URL=HOOK)] == [
        ("phone", "apprise"),
        ("discord", "discord"),
    ]
    assert [one.name for one in declared("{}", DISCORD_WEBHOOK_URL_FILE=f"{tmp_path}/hook")] == ["discord"]
    own = "notify: [{name: discord, url: 'json://127.0.0.1/x'}]\n"
    assert [one.kind for one in declared(own, DISCORD_WEBHOOK_URL=HOOK)] == ["apprise"]
    with pytest.raises(ConfigError, match="expected a webhook's URL") as caught:
        declared("{}", DISCORD_WEBHOOK_URL="https://hunter2.example/")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{name: A, url: 'json://x'}", "notify[0].name: 'A': expected lower-case letters"),
        ("{name: a}", "notify[0]: give one of discord, discord_file, url, url_file, env"),
        ("{name: a, discrod: 'https://x'}", 'notify[0].discrod: unknown key; did you mean "discord"?'),
        ("{name: a, url: 'json://x', env: B}", "notify[0]: give only one of"),
        ("{name: a, discord: 'https://hunter2.example/'}", "notify[0].discord: expected a webhook's URL"),
        ("{name: a, url: 'nosuch://hunter2'}", "notify[0].url: Apprise knows no service"),
        ("{name: a, env: NOT_THERE}", "notify[0].env: the environment has no NOT_THERE"),
        ("{name: a, url: 'json://x', severities: [urgent]}", "notify[0].severities: 'urgent': expected some of"),
        ("{name: a, url: 'json://x', severity: [info]}", 'notify[0].severity: unknown key; did you mean "severities"?'),
        ("{name: a, url: 'json://x'}\n  - {name: a, url: 'json://x'}", "notify[1].name: 'a' is there twice"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_no_secret(entry: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        declared(f"notify:\n  - {entry}\n")
    assert said in str(caught.value)
    assert "hunter2" not in str(caught.value)


def of_relay(text: str, **environ: str) -> RelayConfig:
    return relay(load(text, "analyzer.yml").section("relay"), environ)


def test_the_relays_secret_comes_from_the_file_or_the_environment_and_its_times_have_defaults() -> None:
    assert of_relay("") == RelayConfig(None, Settings())
    assert of_relay("", ANALYZER_RELAY_SECRET="0123456789abcdef").secret == "0123456789abcdef"
    found = of_relay("relay: {secret: 0123456789abcdef, hold: 20s, remind_after: 1h, confirm_within: 5m}")
    assert found.settings == Settings(20.0, 3600.0, 300.0)
    assert "0123456789abcdef" not in repr(found)


def test_where_alertmanager_is_asked_comes_from_the_file_or_the_environment() -> None:
    assert of_relay("", ANALYZER_ALERTMANAGER="http://a.example:9093").settings.alertmanager == "http://a.example:9093"
    found = of_relay('relay: {alertmanager: "https://b.example/am"}', ANALYZER_ALERTMANAGER="http://a.example:9093")
    assert found.settings.alertmanager == "https://b.example/am"


@pytest.mark.parametrize(
    "text",
    [
        "{grafana: watch}",
        "{alertmanager: 'b.example:9093'}",
        "{secret: short}",
        "{secret: 0123456789abcdef, holt: 3s}",
        "{hold: 1d}",
    ],
)
def test_a_mistake_in_the_relays_section_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="relay"):
        of_relay(f"relay: {text}")


async def test_two_names_of_one_webhook_share_its_limits() -> None:
    found = services((discord(HOOK, name="a"), discord(HOOK, name="b")), Reach(time.monotonic))
    first, second = found
    assert isinstance(first, Discord)
    assert isinstance(second, Discord)
    assert first.buckets is second.buckets


async def test_a_test_message_says_for_each_service_whether_it_arrived() -> None:
    said: list[str] = []
    reach = Reach(time.monotonic)
    async with listening() as far:
        found = services((discord(far.url(), name="good"), discord(far.url() + "x", name="bad")), reach)
        assert await send_test(found, None, time.time(), said.append) == 1
        assert await send_test(found, "good", time.time(), said.append) == 0
        assert await send_test(found, "nobody", time.time(), said.append) == 1
    await reach.close()
    assert said == [
        "ok   good: accepted",
        "FAIL bad: Discord refuses: 404 Unknown Webhook",
        "ok   good: accepted",
        "there is no service 'nobody': the configuration has good, bad",
    ]
    assert "This is a test." in far.events[0].message.text


def test_apprise_is_made_once_and_kept() -> None:
    (one,) = services((Notify("log", "apprise", "json://127.0.0.1/x", frozenset()),), Reach(time.monotonic))
    assert isinstance(one, Apprise)
