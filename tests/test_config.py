"""The exporter's configuration file: what it means, and how its mistakes are told."""

from ipaddress import ip_network
from pathlib import Path

import pytest

from exporter.config import Config, History, load
from exporter.heartbeats.web_ping import Creation, Pace
from toolkit.strict import ConfigError


def configured(folder: Path, text: str, **environ: str) -> Config:
    (folder / "exporter.yml").write_text(text)
    return load(folder / "exporter.yml", environ)


def test_nothing_is_a_configuration_with_all_defaults(tmp_path: Path) -> None:
    config = configured(tmp_path, "")
    assert (config.external_url, config.secret_key, config.ping_key, config.api_key) == (None, None, None, None)
    assert (config.trusted_proxies, config.heartbeats) == ((), {})
    assert (config.pace, config.history) == (Pace(50.0, 500), History(100, 90 * 86_400.0))
    assert config.creation == Creation({"every": "1d", "grace": "1h"}, 100)


def test_everything_may_be_given(tmp_path: Path) -> None:
    text = """
external_url: https://heartline.example/sub/
trusted_proxies: [127.0.0.1, "fd00::/8"]
create: {every: 1h, grace: 5m, limit: 7}
history: {receipts: 10, age: 2d}
limits: {pings_per_second: 0.5, ping_burst: 2}
ping_key: a-ping-key-of-ours
"""
    config = configured(tmp_path, text, API_KEY="an-api-key-of-ours")
    assert config.external_url == "https://heartline.example/sub"
    assert config.trusted_proxies == (ip_network("127.0.0.1"), ip_network("fd00::/8"))
    assert config.creation == Creation({"every": "1h", "grace": "5m"}, 7)
    assert (config.pace, config.history) == (Pace(0.5, 2), History(10, 2 * 86_400.0))
    assert (config.ping_key, config.api_key) == ("a-ping-key-of-ours", "an-api-key-of-ours")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hartbeats: []", 'hartbeats: unknown key; did you mean "heartbeats"?'),
        ("external_url: heartline.example", "external_url: expected a URL"),
        ("trusted_proxies: [proxy]", "trusted_proxies: 'proxy' is no address or network"),
        ("trusted_proxies: [10.0.0.1/8]", "trusted_proxies: '10.0.0.1/8' is no address or network"),
        ("ping_key: short", "ping_key: expected at least 16"),
        ("ping_key: with a space in it", "ping_key: it stands in URLs"),
        ("ping_key: with/a/slash/in/it", "ping_key: it stands in URLs"),
        ("api_key: ümlauts-in-the-key-of-ours", "api_key: expected at least 16 printable ASCII"),
        ("history: {receipts: 0}", "history.receipts: expected at least 1"),
        ("history: {age: 1s}", "history.age: expected at least 1m"),
        ("history: {days: 1}", "history.days: unknown key"),
        ("limits: {pings_per_second: 0}", "limits.pings_per_second: expected at least 0.01"),
        ("limits: {ping_burst: 0}", "limits.ping_burst: expected at least 1"),
        ("create: {every: 1h, limt: 3}", 'did you mean "limit"?'),
        ("create: {limit: 3}", "create"),
        ("create: {every: 1h, limit: -1}", "create.limit: expected at least 0"),
        ("create: {every: 1h, token: abcdefghijklmnopqrstuvwxyz}", "create.token"),
        ("create: {every: 1h, id: x}", "create.id"),
        ("heartbeats: [{id: a, every: 5m, token: x}]", "heartbeats[0].token"),
        (
            f"heartbeats: [{{id: a, every: 5m, token: {'t' * 22}}}, {{id: b, every: 5m, token: {'t' * 22}}}]",
            "heartbeats[1].token: heartbeat 'a' has the same token",
        ),
        ("heartbeats: [{id: a, every: 5m, schedule: office}]", "there is no schedule 'office'; known: none is defined"),
        ("schedules: {office: {windows: [Mon-Fry 08:00-18:00]}}", "schedules.office"),
        ("schedules: {office: {windows: [], holidays: XX}}", "schedules.office"),
        ("maintenance: [{matchers: {instance: x}, cron: 0 3 * * 0, duration: 2h}]", "there is no label 'instance'"),
        ("maintenance: [{matchers: {host: x}, duration: 2h}]", "maintenance[0]"),
    ],
)
def test_a_mistake_names_file_line_and_key(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError) as told:
        configured(tmp_path, text)
    assert says in str(told.value)
    assert str(told.value).startswith(f"{tmp_path / 'exporter.yml'}:1")
    assert "\n" not in str(told.value)


def test_secrets_stay_out_of_error_texts(tmp_path: Path) -> None:
    for text in (
        "api_key: [very-secret-very-secret]",
        "api_key: very-secret\u00fc-very-secret",
        "ping_key: very-secret very",
    ):
        with pytest.raises(ConfigError) as told:
            configured(tmp_path, text)
        assert "very-secret" not in str(told.value)


def test_what_create_makes_may_have_everything_but_a_token_and_an_id(tmp_path: Path) -> None:
    text = """
schedules: {office: {windows: ["Mon-Fri 08:00-18:00"]}}
create: {cron: "0 9 * * *", schedule: office, tags: [made, here], max_runtime: 1h, limit: 1}
"""
    creation = configured(tmp_path, text).creation
    assert creation.spec["tags"] == ["made", "here"]
    assert creation.limit == 1
