"""What amtool accepts in alertmanager.yml and a person would regret: routes and inhibitions that meet no alert."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from zoneinfo import available_timezones

from stack.lint import routes
from stack.lint.alertmanager import Inhibition, Matcher, Route, Routing
from stack.lint.infer import missing
from stack.lint.routes import Told
from stack.lint.shape import Shape, union
from stack.lint.trouble import Tell, listed, meant, meant_or_listed

SPECIAL = "..."  # group_by: all labels


def alertmanager(routing: Routing, alerts: Sequence[Told], tell: Tell, hint: Tell) -> None:
    """All that is wrong; `alerts` are those of the rules."""
    known = union(alert.shape for alert in alerts)
    if routing.root is not None:
        wrong = {id(route) for route in routing.root.all() if _told(route.matchers, known, tell)}
        _unreached(routing.root, alerts, wrong, tell)
        _unheard(routing, routing.root, alerts, tell)
        for route in routing.root.all():
            _references(routing, route, tell)
            for label in route.group_by:
                if label.text != SPECIAL and not known.may_have(label.text):
                    tell(label.line, f'no alert has a label "{label.text}"{meant(label.text, known.labels)}')
        _unused(routing, routing.root, hint)
    for inhibition in routing.inhibitions:
        _inhibition(inhibition, alerts, known, tell)
    for zone in routing.zones:
        if zone.text not in available_timezones() | {"Local"}:
            tell(zone.line, f'there is no time zone "{zone.text}"{meant(zone.text, available_timezones())}')


def _told(matchers: Iterable[Matcher], known: Shape, tell: Tell) -> bool:
    """Tell of matchers that name what no alert has; True if there is one."""
    troubles = [(one.line, trouble) for one in matchers for trouble in mistaken(one, known)]
    for line, trouble in troubles:
        tell(line, trouble)
    return bool(troubles)


def mistaken(matcher: Matcher, known: Shape) -> Iterator[str]:
    """What a matcher names that no alert has: its label, or a value; `known` is what all alerts have."""
    if not known.may_have(matcher.label):
        guess = meant(matcher.label, known.labels)
        yield f'no alert has a label "{matcher.label}"{guess}'
        return
    values = known.values(matcher.label)
    if values is None:
        return
    for text in missing(matcher.sign, matcher.value, values):
        sign = "=~" if matcher.sign in ("=~", "!~") else "="
        yield f'no alert has {matcher.label}{sign}"{text}"{meant_or_listed(text, values, "there is")}'


def _unreached(root: Route, alerts: Sequence[Told], wrong: set[int], tell: Tell) -> None:
    reached = {id(route) for alert in alerts for route in routes.passed(root, alert)}
    for parent in root.all():
        for route in parent.routes if id(parent) in reached else ():
            if id(route) not in reached and id(route) not in wrong:
                lines = sorted(one.line for one in routes.takers(parent.routes, route, alerts))
                why = (
                    f": the route in line {lines[0]} takes them before" if lines else ": no alert has all of its labels"
                )
                tell(route.line, f"no alert comes to this route{why}")


def _unheard(routing: Routing, root: Route, alerts: Sequence[Told], tell: Tell) -> None:
    """Alerts that end at a receiver which tells nobody, whatever their labels."""
    silent: dict[int, set[str]] = {}
    for alert in alerts:
        found = [
            (route, routing.receivers.get(route.receiver.text)) for route in routes.ends(root, alert) if route.receiver
        ]
        if found and all(receiver and not receiver.tells and not receiver.on_purpose for _, receiver in found):
            silent.setdefault(found[0][0].line, set()).add(alert.name)
    for line, names in silent.items():
        route = next(one for one in root.all() if one.line == line)
        name = route.receiver.text if route.receiver else ""
        what = f'{listed(names)}: nobody is told, the receiver "{name}" has no integration'
        tell(line, f'{what} (if that is meant, call it "nobody")')


def _references(routing: Routing, route: Route, tell: Tell) -> None:
    for kind, known, named in (
        ("receiver", routing.receivers, [route.receiver] if route.receiver else []),
        ("time interval", routing.intervals, route.intervals),
    ):
        for name in named:
            if name.text not in known:
                tell(name.line, f'there is no {kind} "{name.text}"{meant(name.text, known)}')


def _unused(routing: Routing, root: Route, hint: Tell) -> None:
    receivers = {route.receiver.text for route in root.all() if route.receiver}
    intervals = {name.text for route in root.all() for name in route.intervals}
    for receiver in routing.receivers.values():
        if receiver.name not in receivers:
            hint(receiver.line, f'no route has the receiver "{receiver.name}"')
    for name, line in routing.intervals.items():
        if name not in intervals:
            hint(line, f'no route has the time interval "{name}"')


def _inhibition(inhibition: Inhibition, alerts: Sequence[Told], known: Shape, tell: Tell) -> None:
    both = {"source": inhibition.source, "target": inhibition.target}
    wrong = [_told(matchers, known, tell) for matchers in both.values()]
    if any(wrong):
        return
    met = {side: [one for one in alerts if one.may_meet(matchers)] for side, matchers in both.items()}
    for side, found in met.items():
        if not found:
            line = both[side][0].line if both[side] else inhibition.line
            tell(line, f"no alert has all labels of {side}_matchers: this inhibits nothing")
            return
    for label in inhibition.equal:
        for trouble in _unequal(label.text, met):
            tell(label.line, trouble)


def _unequal(label: str, met: Mapping[str, Sequence[Told]]) -> Iterator[str]:
    """Missing on both sides is equal, so only what nobody has, or all of one side and none of the other."""
    has = {side: [alert.shape.may_have(label) for alert in found] for side, found in met.items()}
    if not any(any(found) for found in has.values()):
        known = union(alert.shape for found in met.values() for alert in found)
        yield f'no alert of this inhibition has a label "{label}"{meant(label, known.labels)}'
        return
    for side, other in (("source", "target"), ("target", "source")):
        if not any(has[side]) and all(has[other]):
            yield f'no alert of {side}_matchers has a label "{label}"'
