"""The section `digest` of the configuration file."""

from datetime import time
from zoneinfo import ZoneInfo

import pytest

from analyzer.digest.declare import DigestConfig, digest
from toolkit.strict import ConfigError, load

SERVICES = ("mail", "phone")


def declared(text: str, services: tuple[str, ...] = SERVICES) -> DigestConfig | None:
    return digest(load(f"digest: {text}\n", "analyzer.yml").section("digest"), services)


def test_it_has_a_default_for_everything_and_goes_to_all_services() -> None:
    assert declared("{every: day}") == DigestConfig("day", time(7), ZoneInfo("UTC"), None, SERVICES)


def test_all_of_it_can_be_said() -> None:
    text = '{every: week, at: "06:30", timezone: Europe/Berlin, prometheus: "http://127.0.0.1:9090/", to: [phone]}'
    wanted = DigestConfig("week", time(6, 30), ZoneInfo("Europe/Berlin"), "http://127.0.0.1:9090", ("phone",))
    assert declared(text) == wanted


def test_without_the_section_there_is_none() -> None:
    assert digest(None, SERVICES) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{every: month}", "one of day, week"),
        ('{at: "24:00"}', "expected a time of the day such as 07:00"),
        ("{at: 7}", "expected a time of the day"),
        ("{timezone: Europe/Berlim}", "is no time zone"),
        ("{timezone: Europe}", "is no time zone"),
        ("{timezone: ../../etc/passwd}", "is no time zone"),
        ("{prometheus: localhost}", "expected a URL"),
        ("{to: [mial]}", "did you mean 'mail'?"),
        ("{evry: day}", "evry"),
    ],
)
def test_a_mistake_is_named(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match="digest") as caught:
        declared(text)
    assert said in str(caught.value)


def test_a_digest_needs_somebody_who_hears_it() -> None:
    with pytest.raises(ConfigError, match="`notify` is empty"):
        declared("{every: day}", ())
