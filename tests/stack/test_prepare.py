"""What the containers find in their volumes: made once, taken over each time, and nobody's but theirs."""

from pathlib import Path

import pytest
import yaml

from stack.layout import ROOT, Ports
from stack.prepare import prepare
from stack.problem import Problem

WEBHOOK = "https://discord.com/api/webhooks/1/very-secret-token"
FOLDERS = ("prometheus", "alertmanager", "analyzer", "grafana", "valkey")
CALLED = "https://hc-ping.com/2f0f7d3e"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    for name in FOLDERS:
        (tmp_path / name).mkdir()
    return tmp_path


def files(run: Path) -> dict[str, str]:
    return {str(file.relative_to(run)): file.read_text() for file in sorted(run.rglob("*")) if file.is_file()}


def test_the_password_is_told_once_and_stays(run: Path) -> None:
    told = prepare(ROOT, run, {})
    password = files(run)["grafana/admin_password"]
    assert password in told
    assert len(password) >= 24
    assert prepare(ROOT, run, {}) == ""
    assert files(run)["grafana/admin_password"] == password


def test_two_installations_share_no_secret(run: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    for name in FOLDERS:
        (other / name).mkdir()
    prepare(ROOT, run, {})
    prepare(ROOT, other, {})
    for name in ("grafana/admin_password", "analyzer/relay_secret"):
        assert files(run)[name] != files(other)[name]


def test_alertmanager_and_the_relay_have_the_same_secret(run: Path) -> None:
    prepare(ROOT, run, {})
    prepare(ROOT, run, {})
    assert files(run)["alertmanager/relay_secret"] == files(run)["analyzer/relay_secret"] != ""


def test_each_reads_its_own_and_nobody_else_does(run: Path) -> None:
    prepare(ROOT, run, {})
    assert {file.stat().st_mode & 0o777 for file in run.rglob("*") if file.is_file()} == {0o440}


def test_urls_are_taken_over_and_dropped_again(run: Path) -> None:
    prepare(ROOT, run, {"DISCORD_WEBHOOK_URL": WEBHOOK, "WATCHDOG_URL": CALLED})
    told = files(run)
    assert told["analyzer/discord_webhook_url"] == WEBHOOK
    assert WEBHOOK in told["alertmanager/alertmanager.yml"]
    assert CALLED in told["alertmanager/alertmanager.yml"]
    prepare(ROOT, run, {"DISCORD_WEBHOOK_URL": "", "WATCHDOG_URL": ""})
    assert "very-secret-token" not in str(files(run))
    assert CALLED not in str(files(run))


def test_a_url_that_is_none_is_refused_without_being_repeated(run: Path) -> None:
    with pytest.raises(Problem) as refused:
        prepare(ROOT, run, {"DISCORD_WEBHOOK_URL": "secret-but-no-url"})
    assert "secret-but" not in str(refused.value)


def test_programs_are_called_by_their_names_and_rules_stay_where_they_are(run: Path) -> None:
    prepare(ROOT, run, {})
    prometheus = yaml.safe_load(files(run)["prometheus/prometheus.yml"])
    assert prometheus["rule_files"] == [str(ROOT / "rules" / "*.yml")]
    for text in (files(run)["prometheus/prometheus.yml"], files(run)["alertmanager/alertmanager.yml"]):
        # Port 9 is where nothing is sent to, before a webhook is known.
        assert "127.0.0.1:" not in text.replace("127.0.0.1:9/", "")
    for name in ("exporter", "analyzer", "alertmanager", "prometheus"):
        assert f"{name}:{vars(Ports())[name]}" in str(prometheus)
