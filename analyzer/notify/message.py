"""A group as a message that any service can show; pure, and nothing is escaped or cut yet."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from analyzer.notify.payload import Alert, Group, Labels, State
from toolkit.durations import rough
from toolkit.families import escape
from toolkit.urls import is_web

Tone = Literal["critical", "warning", "info", "resolved"]

SUBJECTS = ("heartbeat", "probe", "mountpoint", "device", "interface", "unit", "schedule", "instance")
"""The label that an alert is named by: the first of these that it has."""
FIRST_FIELDS = ("last_seen", "expected_every", "deadline")
NOT_FIELDS = ("summary", "description", "runbook_url", "dashboard_url", "panel_url", *FIRST_FIELDS)
NOT_LABELS = ("alertname", "severity", "host", "scope", "via")
LONGEST_URL = 700  # characters; a longer one is left out, for it would crowd out what it is about
IN_FULL = 5  # alerts that are told in full; more are a list
OF_LIST = 160  # characters that one of a list says beside its name
LAST_INSTANT = 253_402_300_800.0  # datetime ends with the year 9999
TONES: tuple[Tone, ...] = ("critical", "warning", "info")


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Link:
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One alert. `starts` in seconds since the epoch, 0.0: unknown; `lasted` is empty while it fires."""

    name: str
    status: State
    tone: Tone
    summary: str
    description: str
    starts: float
    lasted: str
    fields: tuple[Field, ...]
    links: tuple[Link, ...]

    @property
    def brief(self) -> str:
        """What it says as one of a list: when it was last seen, or else what is the matter."""
        seen = next((field.value for field in self.fields if field.name == "Last seen"), "")
        return f"last seen {seen}" if seen else self.description or self.summary


@dataclass(frozen=True, slots=True)
class Message:
    """`left_out` alerts fire that nobody named; `notes` are what the reader must know about this message itself."""

    title: str
    tone: Tone
    at: float  # when the newest of it began, or ended, in seconds since the epoch
    summary: str  # what all entries have in common
    entries: tuple[Entry, ...]
    left_out: int
    context: str
    notes: tuple[str, ...]
    links: tuple[Link, ...]

    def of(self, status: State) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.status == status)


def compose(group: Group, context: str = "", notes: Sequence[str] = ()) -> Message:
    """The message about a group; those that fire come first, the gravest and longest of them before the others."""
    names = dict(zip((alert.fingerprint for alert in group.alerts), _names(group), strict=True))
    alone = len(group.alerts) == 1
    alerts = sorted(group.alerts, key=lambda alert: (*_order(alert), names[alert.fingerprint]))
    shared = _links(group, alerts[0]) if alone else _shared_links(group)
    entries = tuple(_entry(alert, names[alert.fingerprint], group, shared) for alert in alerts)
    firing = [alert for alert in alerts if alert.status == "firing"]
    return Message(
        title=_title(group, entries),
        tone=TONES[min(map(_rank, firing))] if firing else "resolved",
        at=max((alert.starts for alert in firing), default=max(alert.ends for alert in alerts)),
        summary=group.common_annotations.get("summary", ""),
        entries=entries,
        left_out=group.left_out,
        context=context,
        notes=tuple(notes),
        links=shared,
    )


def subject(labels: Labels) -> str:
    """What an alert is about, without its host."""
    return next((labels[name] for name in SUBJECTS if labels.get(name)), labels.get("host", ""))


def _names(group: Group) -> Iterator[str]:
    """A name for each alert, with what tells it apart where others are called the same."""
    plain = [_name(alert.labels) for alert in group.alerts]
    same = Counter(plain)
    for alert, name in zip(group.alerts, plain, strict=True):
        others = {k: v for k, v in alert.labels.items() if group.common_labels.get(k) != v}
        told = [f"{k}={v}" for k, v in sorted(others.items()) if v not in name]
        yield f"{name} ({', '.join(told)})" if same[name] > 1 and told else name


def _name(labels: Labels) -> str:
    about, host = subject(labels) or labels.get("alertname", "") or "alert", labels.get("host", "")
    return f"{about} on {host}" if host and host != about else about


def _order(alert: Alert) -> tuple[bool, int, float]:
    return alert.status == "resolved", _rank(alert), alert.starts


def _rank(alert: Alert) -> int:
    severity = alert.labels.get("severity", "")
    return TONES.index(severity) if severity in TONES else 1


def _entry(alert: Alert, name: str, group: Group, shared: Sequence[Link]) -> Entry:
    resolved = alert.status == "resolved"
    return Entry(
        name=name,
        status=alert.status,
        tone="resolved" if resolved else TONES[_rank(alert)],
        summary=alert.annotations.get("summary", ""),
        description=alert.annotations.get("description", ""),
        starts=alert.starts,
        lasted=_lasted(alert.starts, alert.ends) if resolved else "",
        fields=tuple(_fields(alert)),
        links=tuple(link for link in _links(group, alert) if link not in shared),
    )


def _title(group: Group, entries: Sequence[Entry]) -> str:
    firing, resolved = group.of("firing"), group.of("resolved")
    counts = [f"FIRING {len(firing) + group.left_out}"] if firing else []
    counts += [f"RESOLVED {len(resolved)}"] if resolved else []
    kind = group.common_labels.get("alertname", "")
    about = entries[0].name if len(entries) == 1 else group.common_labels.get("host", "")
    parts = [", ".join(counts), kind, about if about != kind else ""]
    if not firing:
        starts = [alert.starts for alert in resolved if alert.starts]
        parts.append("lasted " + _lasted(min(starts, default=0.0), max(alert.ends for alert in resolved)))
    return " · ".join(filter(None, parts))


def _lasted(starts: float, ends: float) -> str:
    return rough(round(ends - starts)) if starts and ends >= starts else "an unknown time"


def _fields(alert: Alert) -> Iterator[Field]:
    """Host, then what the annotations say, in an order that stays; then the labels that nothing has named yet."""
    labels, annotations = alert.labels, alert.annotations
    if labels.get("host"):
        yield Field("Host", labels["host"])
    others = sorted(name for name in annotations if name not in NOT_FIELDS)
    for name in (*FIRST_FIELDS, *others):
        if annotations.get(name, "").strip():
            yield Field(_worded(name), annotations[name])
    about = subject(labels)
    rest = [f"{k}={v}" for k, v in sorted(labels.items()) if k not in NOT_LABELS and v and v != about]
    if rest:
        yield Field("Labels", ", ".join(rest))


def _worded(name: str) -> str:
    text = name.replace("_", " ").strip()
    return text[:1].upper() + text[1:]


def _shared_links(group: Group) -> tuple[Link, ...]:
    return tuple(_sound([("Silence all", silence(group.external_url, group.labels)), *_pages(group, None)]))


def _links(group: Group, alert: Alert) -> tuple[Link, ...]:
    return tuple(_sound([("Silence", silence(group.external_url, alert.labels)), *_pages(group, alert)]))


def _pages(group: Group, alert: Alert | None) -> Iterator[tuple[str, str]]:
    annotations = alert.annotations if alert else group.common_annotations
    yield "Runbook", annotations.get("runbook_url", "")
    yield "Dashboard", annotations.get("dashboard_url", "")
    yield "Panel", annotations.get("panel_url", "")
    yield "Expression", alert.generator if alert else ""
    yield "Alerts", f"{group.external_url}/#/alerts" if group.external_url else ""


def _sound(links: Iterable[tuple[str, str]]) -> Iterator[Link]:
    """Those that lead somewhere: a URL of http or https, without what could end it early wherever it is shown."""
    for text, given in links:
        url = quote(given, safe="%/:=&?~#+!$,;@-._")
        if url and len(url) <= LONGEST_URL and is_web(url):
            yield Link(text, url)


def silence(alertmanager: str, labels: Labels) -> str:
    """The form for a new silence of whatever has these labels; nothing without labels."""
    if not alertmanager or not labels:
        return ""
    order = sorted(labels, key=lambda name: (name != "alertname", name))
    # All of them, or no link: without one the silence would be for more than the reader means.
    matchers = ",".join(f'{name}="{escape(labels[name])}"' for name in order)
    return f"{alertmanager}/#/silences/new?filter={quote('{' + matchers + '}', safe='')}"
