"""The webhook is found where a person put it, and never repeated."""

from pathlib import Path

import pytest

from stack.problem import Problem
from stack.secret import discord_webhook, parse_env, scrub, settings, watchdog, without_urls

URL = "https://discord.com/api/webhooks/123/abc-DEF"


def test_lines_of_an_env_file_are_read_as_shells_read_them() -> None:
    text = "# comment\n\nA=1\nexport B = two words # comment\nC='single # kept'\nD=\"double\" # comment\nE=\nF=x#y\n"
    assert parse_env(text) == {"A": "1", "B": "two words", "C": "single # kept", "D": "double", "E": "", "F": "x#y"}


def test_a_line_that_is_no_setting_is_named_by_its_number_alone() -> None:
    with pytest.raises(Problem, match="line 2") as refused:
        parse_env(f"A=1\n{URL}\n")
    assert "discord" not in str(refused.value)


def test_the_environment_counts_more_than_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=file\nB=file\n")
    assert settings(tmp_path / ".env", {"A": "environment"}) == {"A": "environment", "B": "file"}
    assert settings(tmp_path / "missing", {"A": "environment"}) == {"A": "environment"}


def test_the_webhook_comes_from_the_setting_then_its_file_then_the_data_folder(tmp_path: Path) -> None:
    (tmp_path / "named").write_text(URL + "/named\n")
    (tmp_path / "discord_webhook_url").write_text(URL + "/data\n")
    named = {"DISCORD_WEBHOOK_URL_FILE": str(tmp_path / "named")}
    assert discord_webhook({"DISCORD_WEBHOOK_URL": URL, **named}, tmp_path) == URL
    assert discord_webhook({"DISCORD_WEBHOOK_URL": "", **named}, tmp_path) == URL + "/named"
    assert discord_webhook({}, tmp_path) == URL + "/data"
    assert discord_webhook({}, tmp_path / "elsewhere") == ""


@pytest.mark.parametrize(
    "text", ["discord.com/api/webhooks/1/secret-part", "https://x/secret-part y", "ftp://secret-part"]
)
def test_what_is_no_url_is_refused_without_repeating_it(text: str, tmp_path: Path) -> None:
    with pytest.raises(Problem, match="DISCORD_WEBHOOK_URL does not hold a URL") as refused:
        discord_webhook({"DISCORD_WEBHOOK_URL": text}, tmp_path)
    assert "secret-part" not in str(refused.value)


def test_a_named_file_that_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"DISCORD_WEBHOOK_URL_FILE names .*nowhere, which does not exist"):
        discord_webhook({"DISCORD_WEBHOOK_URL_FILE": str(tmp_path / "nowhere")}, tmp_path)


@pytest.mark.parametrize("line", [f'Post "{URL}": refused', "path=/api/webhooks/123/abc-DEF?wait=true", URL * 2])
def test_the_webhook_is_blanked_in_any_line(line: str) -> None:
    assert "abc-DEF" not in scrub(line, URL)


def test_the_watchdogs_url_is_found_and_kept_from_other_programs_likewise(tmp_path: Path) -> None:
    (tmp_path / "watchdog_url").write_text("https://hc-ping.com/abc\n")
    assert watchdog({}, tmp_path) == "https://hc-ping.com/abc"
    assert watchdog({"WATCHDOG_URL": "https://other/"}, tmp_path) == "https://other/"
    assert without_urls({"WATCHDOG_URL": "https://other/", "DISCORD_WEBHOOK_URL_FILE": "x", "A": "b"}) == {"A": "b"}
    assert scrub("https://hc-ping.com/abc and abc-DEF", URL, "https://hc-ping.com/abc") == "<secret> and abc-DEF"


def test_lines_stay_whole_when_there_is_nothing_to_blank() -> None:
    assert scrub("a/b", "") == "a/b"
    assert scrub("a/b", "http://host/") == "a/b"
