"""What is to be told of a group to one service, and what has been; pure.

A group's alerts are one incident from the first that fires to the last that resolves. Whoever hears of it hears of each
alert once that fires, and of the end; the same said twice (by two Alertmanagers, or by one that was not answered in
time) is told once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from analyzer.notify.payload import Alert, Group, worded

Step = Literal["nothing", "post", "join", "edit", "close"]
"""What brings the far side from what it was told to what is wanted.

post: something fires that nobody heard of yet; join: likewise, but the reader was called a moment ago and looks at the
message now; edit: some of it is over; close: all of it is over.
"""

ABANDONED = "It ended while it could not be told: Alertmanager has not spoken of it since."
STALE_SECONDS = 86_400.0  # after which one of many alerts that is over is not repeated any more
JOIN_SECONDS = 120.0  # in which those that follow join the message: the reader has just been called to it
SEVERITIES = ("critical", "warning", "info")
MOST_MESSAGES = 10  # of one incident that are edited when it ends


@dataclass(frozen=True, slots=True)
class Incident:
    """One group at one service; all instants in seconds since the epoch, 0.0: never.

    `wanted` is what should be told, `told` by fingerprint what has been: "resolved", or when the firing one began.
    It is settled when `done` has reached `revision`.
    """

    wanted: Group
    told: Mapping[str, str]
    messages: tuple[str, ...]  # those of the far side, oldest first
    context: str
    revision: int
    done: int
    heard: float  # when Alertmanager last spoke of it
    since: float  # from when the oldest of what is not told yet waits
    told_at: float
    confirmed: bool  # does Alertmanager know that it was told?
    begun: float  # when a delivery began that nobody knows the end of
    remind: bool

    @property
    def settled(self) -> bool:
        return self.done >= self.revision

    @property
    def is_open(self) -> bool:
        """Was something told of it that is not over?"""
        return any(state != "resolved" for state in self.told.values())


def heard(before: Incident | None, group: Group, now: float, remind_after: float) -> Incident:
    """The incident after Alertmanager spoke of its group once more."""
    if before is None or (before.settled and not before.is_open and group.status == "firing"):
        fresh = _fresh(group, now)
        return fresh if before is None else replace(fresh, revision=before.revision + 1, done=before.done)
    wanted = merged(before.wanted, group, now - STALE_SECONDS)
    after = replace(before, wanted=wanted, heard=now, confirmed=before.confirmed or before.settled)
    due = before.settled and before.is_open and now - before.told_at >= remind_after
    changed = states(wanted) != states(before.wanted)
    if (before.settled and step(after, now) != "nothing") or (not before.settled and changed) or due:
        return replace(
            after,
            revision=before.revision + 1,
            since=now if before.settled else before.since,
            remind=due or before.remind,
        )
    return after


def _fresh(group: Group, now: float) -> Incident:
    return Incident(group, {}, (), "", 1, 0, now, now, 0.0, False, 0.0, False)


def merged(before: Group, said: Group, stale: float) -> Group:
    """What is known of a group: what was said last of each alert, but for what was over before the instant `stale`.

    One that is not spoken of any more (Alertmanager was started anew and has not heard of it again) stays as it was,
    unless all is said to be over: then so is this one, nobody knows when.
    """
    known = {alert.fingerprint: alert for alert in before.alerts}
    spoken = {alert.fingerprint: alert for alert in said.alerts}
    rest = [alert for fingerprint, alert in known.items() if fingerprint not in spoken]
    rest = [alert for alert in rest if alert.status == "firing" or alert.ends >= stale]
    if said.status == "resolved":
        rest = [ended(alert) for alert in rest]
    every = spoken | {alert.fingerprint: alert for alert in rest}
    order = [*known, *(fingerprint for fingerprint in spoken if fingerprint not in known)]
    return worded(said, [every[fingerprint] for fingerprint in order if fingerprint in every])


def ended(alert: Alert) -> Alert:
    """The alert as over, nobody knows since when; one that is over already as it is."""
    return alert if alert.status == "resolved" else replace(alert, status="resolved", ends=0.0)


def states(group: Group) -> Mapping[str, str]:
    """By fingerprint "resolved", or when the firing one began."""
    return {a.fingerprint: "resolved" if a.status == "resolved" else f"{a.starts:.3f}" for a in group.alerts}


def step(incident: Incident, now: float) -> Step:
    """What is to be done next."""
    wanted, told = states(incident.wanted), incident.told
    fresh = [alert for alert in incident.wanted.of("firing") if told.get(alert.fingerprint, "resolved") == "resolved"]
    if fresh:
        known = [alert for alert in incident.wanted.alerts if told.get(alert.fingerprint, "resolved") != "resolved"]
        graver = gravest(fresh) < gravest(known)
        return "post" if graver or now - incident.told_at >= JOIN_SECONDS else "join"
    if all(told.get(name) == state for name, state in wanted.items()):
        return "post" if incident.remind else "nothing"
    return "edit" if incident.wanted.status == "firing" else "close"


def gravest(alerts: Sequence[Alert]) -> int:
    """The severity of the gravest: 0 for critical, and the less grave the more."""
    named = [alert.labels.get("severity", "") for alert in alerts]
    return min((SEVERITIES.index(one) for one in named if one in SEVERITIES), default=len(SEVERITIES))


def told(
    now: Incident, delivered: Incident, what: Step, messages: tuple[str, ...], at: float, confirmed: bool
) -> Incident:
    """The incident as it is kept now, after the step `what` of `delivered` was accepted."""
    return replace(
        now,
        told=states(delivered.wanted),
        messages=messages[-MOST_MESSAGES:],
        context=delivered.context,
        done=delivered.revision,
        since=at if now.revision > delivered.revision else 0.0,
        told_at=at if what == "post" or not now.told_at else now.told_at,
        confirmed=confirmed,
        begun=0.0,
        remind=now.remind and now.revision > delivered.revision,
    )


def abandoned(incident: Incident, now: float) -> Incident:
    """Alertmanager never came back for what it was not answered in time: it is over."""
    wanted = worded(incident.wanted, [ended(alert) for alert in incident.wanted.alerts])
    return replace(
        incident,
        wanted=wanted,
        context=ABANDONED,
        revision=incident.revision + 1,
        since=now,
        confirmed=True,
        remind=False,
    )


def without(incident: Incident, gone: Mapping[str, float], now: float) -> Incident:
    """Alertmanager has these no more, by fingerprint since when, and never said so: they are over."""
    alerts = [
        replace(alert, status="resolved", ends=gone[alert.fingerprint]) if alert.fingerprint in gone else alert
        for alert in incident.wanted.alerts
    ]
    return replace(incident, wanted=worded(incident.wanted, alerts), revision=incident.revision + 1, since=now)
