"""What comes from Alertmanager is checked whole; what is wrong is named."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.notify.payload import Malformed, dump, load, parse
from tests.analyzer.notify.groups import NOW, alert, group, payload


def test_a_group_is_read_with_all_its_parts() -> None:
    found = group(alert(), alert("mirror", status="resolved"))
    assert (found.status, found.receiver, found.external_url) == ("firing", "heartline", "http://watch.example:9093")
    assert found.common_labels == {"alertname": "HeartbeatLate", "host": "nas", "severity": "critical"}
    first, second = found.alerts
    assert (first.status, first.starts, first.ends) == ("firing", NOW, 0.0)
    assert (second.status, second.ends) == ("resolved", NOW + 754)


def test_what_is_kept_is_read_back_as_it_was() -> None:
    found = group(alert(), alert("mirror", status="resolved"), truncatedAlerts=3)
    assert load(dump(found)) == found


def test_nanoseconds_of_go_and_time_zones_are_understood() -> None:
    one = alert() | {"startsAt": "2026-01-01T02:00:00.123456789+01:00"}
    assert group(one).alerts[0].starts == pytest.approx(1_767_229_200.123456)


def test_half_a_character_is_replaced_and_nothing_fails_on_it_later() -> None:
    body = payload(alert()).replace(b"A heartbeat is late.", b"\\ud800")
    found = parse(body)
    assert found.alerts[0].annotations["summary"] == "?"
    assert dump(found).encode()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"version": "3"}, "version"),
        ({"groupKey": ""}, "groupKey"),
        ({"status": "maybe"}, "status"),
        ({"alerts": []}, "alerts"),
        ({"alerts": [3]}, "alerts[0]"),
        ({"alerts": [alert() | {"fingerprint": "../x"}]}, "alerts[0].fingerprint"),
        ({"alerts": [alert() | {"startsAt": "yesterday"}]}, "alerts[0].startsAt"),
        ({"alerts": [alert() | {"startsAt": "2026-01-01T00:00:00"}]}, "alerts[0].startsAt"),
        ({"alerts": [alert() | {"labels": {"a": 1}}]}, "alerts[0].labels"),
        ({"truncatedAlerts": -1}, "truncatedAlerts"),
        ({"groupLabels": []}, "groupLabels"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, object], named: str) -> None:
    with pytest.raises(Malformed, match=f"^{named}".replace("[", r"\[")):
        parse(json.dumps(json.loads(payload(alert())) | change).encode())


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b'"4"', b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_webhook_at_all_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        parse(body)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(json.loads(payload(alert())))), json_values)
def test_nothing_in_any_place_does_more_than_be_refused(key: str, value: object) -> None:
    body = json.dumps(json.loads(payload(alert())) | {key: value}).encode()
    try:
        found = parse(body)
    except Malformed:
        return
    assert load(dump(found)) == found


@given(st.sampled_from(sorted(alert())), json_values)
def test_nor_does_anything_in_an_alert(key: str, value: object) -> None:
    body = json.dumps(json.loads(payload(alert())) | {"alerts": [alert() | {key: value}]}).encode()
    try:
        found = parse(body)
    except Malformed:
        return
    assert load(dump(found)) == found
