"""Was every incident told, and was anything told that was none? Pure."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.noise.grouped import Alert
from bench.noise.judged import Change
from bench.noise.told import NEW, Message
from bench.noise.world import Event

SUBJECTS = ("host", "probe", "heartbeat")
UNPLANNED = "nothing that was planned"
AFTERMATH = 60  # minutes after a nuisance in which what is told is put down to it


@dataclass(frozen=True)
class Telling:
    """What was told of one incident: when first, by which alert, in how many messages in all."""

    event: Event
    first: int | None
    by: str
    messages: int

    @property
    def missed(self) -> bool:
        return self.first is None or self.first > self.event.begin + self.event.soon


@dataclass(frozen=True)
class False_:
    """A message with something in it that nothing explains."""

    message: Message
    alert: Alert
    blamed: str


@dataclass(frozen=True)
class Account:
    tellings: Sequence[Telling]
    wrong: Sequence[False_]
    nuisances: Mapping[str, int]
    kinds: Mapping[str, int]


def account(
    messages: Sequence[Message], changes: Sequence[Change], incidents: Sequence[Event], nuisances: Sequence[Event]
) -> Account:
    begins: dict[Alert, list[int]] = defaultdict(list)
    for change in changes:
        if change.begins:
            begins[change.labels].append(change.at)
    of: dict[str, list[tuple[Message, Alert]]] = defaultdict(list)
    wrong: list[False_] = []
    for message in messages:
        for alert in sorted(message.alerts) if message.kind == NEW else ():
            began = max(at for at in begins[alert] if at <= message.at)
            causes = [event for event in incidents if explains(event, alert, began)]
            for event in causes:
                of[event.title].append((message, alert))
            if not causes:
                wrong.append(False_(message, alert, _blame(alert, began, nuisances)))
    tellings = [_telling(event, of[event.title]) for event in incidents]
    return Account(tellings, wrong, Counter(e.title for e in nuisances), Counter(m.kind for m in messages))


def explains(event: Event, alert: Alert, began: int) -> bool:
    """Is this alert one of the incident's?"""
    labels = dict(alert)
    return (
        labels["alertname"] in event.alerts
        and event.begin <= began <= event.end + event.after
        and any(labels.get(subject) in event.about for subject in SUBJECTS)
    )


def _telling(event: Event, told: Sequence[tuple[Message, Alert]]) -> Telling:
    if not told:
        return Telling(event, None, "", 0)
    names = list(dict.fromkeys(dict(alert)["alertname"] for _, alert in told))
    count = len({(message.at, message.group) for message, _ in told})
    return Telling(event, told[0][0].at, ", ".join(names), count)


def _blame(alert: Alert, began: int, nuisances: Sequence[Event]) -> str:
    labels = dict(alert)
    names = {labels.get(subject, "") for subject in SUBJECTS} | {""}
    near = [
        event.title
        for event in nuisances
        if event.begin <= began <= event.end + AFTERMATH
        and any(name in names for place in event.about for name in place.removeprefix("probe ").split()[:1] or [""])
    ]
    return near[-1] if near else UNPLANNED
