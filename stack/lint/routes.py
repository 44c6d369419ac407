"""Where does an alert go? As Alertmanager decides it, where labels may be unknown: then it may go both ways."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from stack.lint.alertmanager import Matcher, Route
from stack.lint.patterns import admits
from stack.lint.rules import Rule
from stack.lint.series import Series
from stack.lint.shape import Shape


@dataclass(frozen=True)
class Told:
    """An alert as Alertmanager receives it; `sure` are the labels that it always has."""

    rule: Rule
    shape: Shape
    sure: frozenset[str]

    @property
    def name(self) -> str:
        return self.rule.alert

    def possible(self, matcher: Matcher) -> bool:
        """Can the matcher admit it?"""
        values = self.shape.values(matcher.label)
        if matcher.label not in self.sure and admits(matcher.sign, matcher.value, ""):
            return True
        return values is None or any(admits(matcher.sign, matcher.value, value) for value in values)

    def certain(self, matcher: Matcher) -> bool:
        """Must the matcher admit it?"""
        values = self.shape.values(matcher.label)
        if values is None or (matcher.label not in self.sure and not admits(matcher.sign, matcher.value, "")):
            return False
        return all(admits(matcher.sign, matcher.value, value) for value in values)

    def may_meet(self, matchers: Iterable[Matcher]) -> bool:
        return all(self.possible(one) for one in matchers)

    def must_meet(self, matchers: Iterable[Matcher]) -> bool:
        return all(self.certain(one) for one in matchers)


def told(series: Series) -> list[Told]:
    """Every alert, with Prometheus's external labels."""
    return [Told(rule, _outside(shape, series), _sure(rule, series)) for rule, shape in series.alerts]


def ends(route: Route, alert: Told) -> Iterator[Route]:
    """The routes at which the alert may end; the same one may come twice."""
    taken = False
    for child in route.routes:
        if taken or not alert.may_meet(child.matchers):
            continue
        yield from ends(child, alert)
        taken = alert.must_meet(child.matchers) and not child.goes_on
    if not any(alert.must_meet(child.matchers) for child in route.routes):
        yield route


def passed(route: Route, alert: Told) -> Iterator[Route]:
    """The routes through which the alert may come."""
    yield route
    taken = False
    for child in route.routes:
        if not taken and alert.may_meet(child.matchers):
            yield from passed(child, alert)
            taken = alert.must_meet(child.matchers) and not child.goes_on


def takers(routes: Sequence[Route], blocked: Route, alerts: Iterable[Told]) -> list[Route]:
    """The routes before `blocked` that take every alert which it would have."""
    before = routes[: next((n for n, route in enumerate(routes) if route is blocked), 0)]
    wanted = [alert for alert in alerts if alert.may_meet(blocked.matchers)]
    return [one for one in before if not one.goes_on and any(alert.must_meet(one.matchers) for alert in wanted)]


def _outside(shape: Shape, series: Series) -> Shape:
    for name, value in series.external.items():
        if name not in shape.labels:
            shape = shape.having(name, frozenset({value}))
    return shape


def _sure(rule: Rule, series: Series) -> frozenset[str]:
    fixed = {name for name, (_, value) in rule.labels.items() if value.text and "{{" not in value.text}
    return frozenset({"alertname", *fixed, *series.external})
