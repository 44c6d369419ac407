"""The page on probes names every reason, prober, key, label, module and alert."""

import re
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from exporter.probes import internet, listed
from exporter.probes.discovery import OPTIONAL, targets
from exporter.probes.internet import Internet, Throughput
from exporter.probes.listed import Listed
from exporter.probes.modules import BUILT_IN
from exporter.probes.outcome import REASONS
from exporter.probes.run import PROBES
from toolkit.durations import format_duration

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "probes.md").read_text()
RULES = yaml.safe_load((ROOT / "rules" / "probes.yml").read_text())
REFRESHED = (ROOT / "prometheus" / "prometheus.yml").read_text()

TIMED = Throughput("http://a.test/", "http://b.test/", 1, 1.0)
FULL = Listed("a", "b", "icmp", host="a", group="b", schedule="c", part="d", via="internet", interval=600.0)
# What `probes` cannot be told: it follows from the interval and the module, or belongs to the internet monitor.
DERIVED = {"timeout", "part"}


def unnamed(words: Iterable[str]) -> list[str]:
    """The words that stand nowhere in backquotes."""
    return [word for word in words if f"`{word}`" not in PAGE]


def rowless(words: Iterable[str]) -> list[str]:
    """The words that begin no row of a table, alone or among others."""
    first = " ".join(re.findall(r"^\| (.+?) \|", PAGE, re.M))
    return [word for word in words if f"`{word}`" not in first]


def test_every_reason_has_its_row() -> None:
    assert [reason for reason, text in REASONS.items() if f"| `{reason}` | {text} |\n" not in PAGE] == []


def test_every_prober_is_named() -> None:
    assert [kind for kind in PROBES if f"`{kind}`" not in PAGE and f"**{kind}**" not in PAGE] == []


def test_every_key_of_a_listed_probe_has_its_row() -> None:
    assert rowless(field.name for field in fields(Listed) if field.name not in DERIVED) == []


def test_every_key_of_the_internet_monitor_has_its_row() -> None:
    assert rowless(field.name for field in fields(Internet)) == []
    assert rowless(f"throughput.{field.name}" for field in fields(Throughput)) == []


@pytest.mark.parametrize(
    ("key", "default"),
    [
        ("interval", listed.INTERVAL),
        ("interval", internet.INTERVAL),
        ("throughput.interval", internet.THROUGHPUT_INTERVAL),
    ],
)
def test_the_default_intervals_are_as_the_page_says(key: str, default: float) -> None:
    assert f"| `{key}` | `{format_duration(default)}` |" in PAGE


def test_every_label_of_a_listed_probe_has_its_row() -> None:
    (found,) = targets([FULL], "127.0.0.1:9797")
    labels = {label for label in found["labels"] if not label.startswith("__")}
    assert labels == {"instance", "probe", *OPTIONAL}
    assert rowless(sorted(labels)) == []
    assert unnamed(label for label in found["labels"] if label.startswith("__scrape")) == []


def test_every_module_is_named() -> None:
    assert unnamed([*BUILT_IN, *Internet(throughput=TIMED).modules]) == []


def test_every_alert_of_the_internet_monitor_has_its_row() -> None:
    (group,) = (group for group in RULES["groups"] if group["name"] == "internet")
    alerts = [rule["alert"] for rule in group["rules"] if "alert" in rule]
    assert {"InternetDown", "DnsBroken", "GatewayGone"} <= set(alerts)
    assert rowless(alerts) == []


def test_the_list_is_refreshed_as_often_as_the_page_says() -> None:
    refresh = re.search(r"url: \S+/sd/probes\n +refresh_interval: (\d+)s", REFRESHED)
    assert refresh is not None
    assert f"within {refresh[1]} s" in PAGE


def test_addresses_for_people_are_named() -> None:
    assert [word for word in ("`/probes`", "`/sd/probes`", "/-/reload") if word not in PAGE] == []
