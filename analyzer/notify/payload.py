"""What Alertmanager's webhook (version 4) says, checked whole at the door; pure."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Literal

State = Literal["firing", "resolved"]
Labels = Mapping[str, str]

MOST_ALERTS = 20_000
MOST_LABELS = 200
FINGERPRINT = re.compile("[0-9A-Za-z_-]{1,64}")
# Go writes nanoseconds, Python reads microseconds.
FRACTION = re.compile(r"(\.\d{1,6})\d*")


class Malformed(ValueError):
    """It is not what Alertmanager sends; the text says where."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert; `starts` and `ends` in seconds since the epoch, `ends` 0.0 while it fires or where nobody knows."""

    fingerprint: str
    status: State
    labels: Labels
    annotations: Labels
    starts: float
    ends: float
    generator: str  # the URL of the expression


@dataclass(frozen=True, slots=True)
class Group:
    """All that Alertmanager says at once. `left_out`: how many alerts it did not send for its own `max_alerts`."""

    key: str
    status: State
    receiver: str
    labels: Labels
    common_labels: Labels
    common_annotations: Labels
    external_url: str
    left_out: int
    alerts: tuple[Alert, ...]

    def of(self, status: State) -> tuple[Alert, ...]:
        return tuple(alert for alert in self.alerts if alert.status == status)


def parse(body: bytes) -> Group:
    """The group of a POST's body; raises `Malformed`."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as e:
        raise Malformed("this is no JSON") from e
    top = _mapping(given, "the body")
    if top.get("version") != "4":
        raise Malformed(f'version: expected "4", found {str(top.get("version"))[:20]!r}')
    alerts = top.get("alerts")
    if not isinstance(alerts, list) or not 0 < len(alerts) <= MOST_ALERTS:
        raise Malformed(f"alerts: expected a list of 1 to {MOST_ALERTS}")
    found = {alert.fingerprint: alert for alert in (_alert(one, f"alerts[{n}]") for n, one in enumerate(alerts))}
    return Group(
        key=_text(top, "groupKey", "", needed=True),
        status=_status(top, ""),
        receiver=_text(top, "receiver", ""),
        labels=_labels(top, "groupLabels", ""),
        common_labels=_labels(top, "commonLabels", ""),
        common_annotations=_labels(top, "commonAnnotations", ""),
        external_url=_text(top, "externalURL", ""),
        left_out=_count(top, "truncatedAlerts"),
        alerts=tuple(found.values()),
    )


def dump(group: Group) -> str:
    """The group as text for `load`."""
    return json.dumps(asdict(group), ensure_ascii=False, separators=(",", ":"))


def load(text: str) -> Group:
    """What `dump` wrote."""
    kept = json.loads(text)
    return Group(**kept | {"alerts": tuple(Alert(**one) for one in kept["alerts"])})


def worded(group: Group, alerts: Sequence[Alert]) -> Group:
    """The group with these alerts; its status and what is common to them follow."""
    status: State = "firing" if any(alert.status == "firing" for alert in alerts) else "resolved"
    return replace(
        group,
        status=status,
        alerts=tuple(alerts),
        common_labels=_common([alert.labels for alert in alerts]),
        common_annotations=_common([alert.annotations for alert in alerts]),
    )


def _common(mappings: Sequence[Labels]) -> Labels:
    first, *others = mappings
    return {name: value for name, value in first.items() if all(other.get(name) == value for other in others)}


def _alert(given: object, place: str) -> Alert:
    one = _mapping(given, place)
    fingerprint = _text(one, "fingerprint", place, needed=True)
    if not FINGERPRINT.fullmatch(fingerprint):
        raise Malformed(f"{place}.fingerprint: expected letters and digits")
    status = _status(one, place)
    return Alert(
        fingerprint=fingerprint,
        status=status,
        labels=_labels(one, "labels", place),
        annotations=_labels(one, "annotations", place),
        starts=_instant(one, "startsAt", place),
        # While an alert fires, this is only when Alertmanager would give it up.
        ends=_instant(one, "endsAt", place) if status == "resolved" else 0.0,
        generator=_text(one, "generatorURL", place),
    )


def _mapping(given: object, place: str) -> Mapping[str, object]:
    if not isinstance(given, dict):
        raise Malformed(f"{place}: expected a mapping")
    return given


def _status(given: Mapping[str, object], place: str) -> State:
    match given.get("status"):
        case "firing":
            return "firing"
        case "resolved":
            return "resolved"
    raise Malformed(f"{_at(place, 'status')}: expected firing or resolved")


def _text(given: Mapping[str, object], key: str, place: str, needed: bool = False) -> str:
    value = given.get(key, "")
    if not isinstance(value, str) or (needed and not value):
        raise Malformed(f"{_at(place, key)}: expected a text")
    return _sound(value)


def _labels(given: Mapping[str, object], key: str, place: str) -> Labels:
    found = given.get(key)
    if found is None:
        return {}
    labels = _mapping(found, _at(place, key))
    if len(labels) > MOST_LABELS or not all(isinstance(value, str) for value in labels.values()):
        raise Malformed(f"{_at(place, key)}: expected at most {MOST_LABELS} texts")
    return {_sound(name): _sound(str(value)) for name, value in labels.items()}


def _instant(given: Mapping[str, object], key: str, place: str) -> float:
    """Seconds since the epoch; 0.0 for Go's zero time and for what is missing."""
    text = _text(given, key, place)
    if not text:
        return 0.0
    try:
        at = datetime.fromisoformat(FRACTION.sub(r"\1", text))
        if at.tzinfo is None:
            raise ValueError(text)
        return max(0.0, at.timestamp())
    except (ValueError, OverflowError) as e:
        raise Malformed(f"{_at(place, key)}: expected a time as RFC 3339 has it") from e


def _count(given: Mapping[str, object], key: str) -> int:
    value = given.get(key, 0)
    if not isinstance(value, int) or value < 0:
        raise Malformed(f"{key}: expected a whole number")
    return value


def _sound(text: str) -> str:
    # JSON can spell half a character, which no file and no socket takes.
    return text.encode(errors="replace").decode()


def _at(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key
