"""Alertmanager and the analyzer share a secret that nobody typed, and a person reads whom alerts are told to."""

from pathlib import Path

import pytest

from stack.relay import relay

WEBHOOK = "https://discord.com/api/webhooks/1/token"


def analyzer(folder: Path, text: str) -> Path:
    file = folder / "analyzer.yml"
    file.write_text(text)
    return file


def test_a_secret_is_made_once_readable_by_its_owner_alone(tmp_path: Path) -> None:
    file = analyzer(tmp_path, "hosts: []\n")
    first = relay(file, tmp_path, {}, "")
    made = first.secret.read_text()
    assert (first.secret, first.secret.stat().st_mode & 0o777) == (tmp_path / "relay_secret", 0o600)
    assert first.environ == {"ANALYZER_RELAY_SECRET_FILE": str(first.secret)}
    assert len(made) >= 32
    assert relay(file, tmp_path, {}, "").secret.read_text() == made


def test_a_secret_of_the_analyzers_own_file_is_the_one_that_alertmanager_shows(tmp_path: Path) -> None:
    inline = relay(analyzer(tmp_path, "relay: {secret: 0123456789abcdef}\n"), tmp_path, {}, "")
    assert (inline.secret.read_text(), inline.environ) == ("0123456789abcdef", {})
    named = relay(analyzer(tmp_path, "relay: {secret_file: /etc/heartline/relay}\n"), tmp_path, {}, "")
    assert (named.secret, named.environ) == (Path("/etc/heartline/relay"), {})


def test_a_secret_of_the_settings_counts_for_both(tmp_path: Path) -> None:
    file = analyzer(tmp_path, "")
    assert relay(file, tmp_path, {"ANALYZER_RELAY_SECRET_FILE": "/run/relay"}, "").secret == Path("/run/relay")
    assert relay(file, tmp_path, {"ANALYZER_RELAY_SECRET": "abc"}, "").secret.read_text() == "abc"


@pytest.mark.parametrize(
    ("text", "webhook", "told"),
    [
        ("hosts: []\n", "", []),
        ("hosts: []\n", WEBHOOK, ["discord"]),
        ("notify: [{name: phone, env: PUSH}]\n", WEBHOOK, ["phone", "discord"]),
        ("notify: [{name: discord, discord_file: /x}]\n", WEBHOOK, ["discord"]),
        ("notify: [\n", "", []),  # the analyzer itself says what is wrong with it
    ],
)
def test_those_who_are_told_are_named(text: str, webhook: str, told: list[str], tmp_path: Path) -> None:
    found = relay(analyzer(tmp_path, text), tmp_path, {}, webhook)
    assert found.services == told
    assert found.environ.get("DISCORD_WEBHOOK_URL", "") == webhook
    assert "token" not in repr(found)
