"""Which series are there: exported, made by Prometheus, recorded by rules, or told by alerts?"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from stack.lint.catalogue import Catalogue
from stack.lint.go_templates import branches
from stack.lint.infer import Inference, Wrong
from stack.lint.patterns import admits
from stack.lint.promql import Node, Selector, parse
from stack.lint.rules import Rule
from stack.lint.scrape import Job, Scraping
from stack.lint.shape import NOTHING, Shape, union
from stack.lint.tokens import NotPromQL
from stack.lint.trouble import meant

STATES = frozenset({"pending", "firing"})
ROUNDS = 20  # a recorded series that depends on itself settles within a few

Variants = dict[str, list[Shape]]
"""By name, one shape for each kind of target that has it."""


class Series:
    """Knows the labels of every series; for recorded ones it goes through the rules until nothing changes."""

    def __init__(self, catalogue: Catalogue, scraping: Scraping, rules: Sequence[Rule]) -> None:
        self.foreign = scraping.foreign
        self.external: Mapping[str, str] = scraping.external
        self.exported = _exported(catalogue, scraping.jobs)
        self.recorded: dict[str, Shape] = {rule.record: NOTHING for rule in rules if rule.record}
        self.alerts: list[tuple[Rule, Shape]] = []
        parsed = [(rule, node) for rule in rules if (node := parsed_of(rule.expr.text))]
        for _ in range(ROUNDS):
            before = self.recorded, self.alerts
            self._go_through(parsed)
            if before == (self.recorded, self.alerts):
                break

    def inference(self, wrong: Wrong) -> Inference:
        return Inference(self.metric, wrong)

    def metric(self, node: Selector, wrong: Wrong) -> Shape | None:
        """What a selector's name and its matchers of `job` choose."""
        if node.name in ("ALERTS", "ALERTS_FOR_STATE"):
            return self._told(node.name)
        variants = [*self.exported.get(node.name, [])]
        if node.name in self.recorded:
            variants.append(self.recorded[node.name])
        if not variants:
            self._unknown(node, wrong)
            return None
        jobs = [m for m in node.matchers if m.label == "job" and m.value is not None]
        chosen = [shape for shape in variants if all(_any(shape, m.sign, m.value or "") for m in jobs)]
        # For the check of the matcher all jobs count, lest the rest of a pattern choose the only one that it names.
        return union(chosen or variants).having("job", union(variants).values("job")) if jobs else union(variants)

    def _unknown(self, node: Selector, wrong: Wrong) -> None:
        guess = meant(node.name, [*self.exported, *self.recorded], 0.8)
        own = (
            ""
            if guess
            else "; of an exporter of your own, keep a page: curl ADDRESS/metrics > prometheus/metrics/NAME.txt"
        )
        wrong(node.at, node.name, f"nobody exports or records {node.name}{guess}{own}")

    def _told(self, name: str) -> Shape:
        shape = union(shape for _, shape in self.alerts)
        return shape.having("alertstate", STATES) if name == "ALERTS" else shape

    def _go_through(self, parsed: Iterable[tuple[Rule, Node]]) -> None:
        quiet = self.inference(lambda at, word, what: None)
        recorded: dict[str, list[Shape]] = {}
        alerts = []
        for rule, node in parsed:
            shape = labelled(quiet.shape(node), rule)
            if rule.alert:
                alerts.append((rule, shape.having("alertname", frozenset({rule.alert}))))
            else:
                recorded.setdefault(rule.record, []).append(shape)
        self.recorded = self.recorded | {name: union(shapes) for name, shapes in recorded.items()}
        self.alerts = alerts


@lru_cache(maxsize=4096)
def parsed_of(text: str, template: bool = False) -> Node | None:
    """None where it cannot be read, which promtool tells."""
    try:
        return parse(text, template)
    except NotPromQL:
        return None


def labelled(shape: Shape, rule: Rule) -> Shape:
    """With the labels that the rule adds; what a template makes of one is not known."""
    for name, (_, value) in rule.labels.items():
        if value.text:
            shape = shape.having(name, branches(value.text) if "{{" in value.text else frozenset({value.text}))
        else:
            shape = shape.without({name})
    return shape


def _any(shape: Shape, sign: str, value: str) -> bool:
    values = shape.values("job")
    return values is None or any(admits(sign, value, job) for job in values)


def _exported(catalogue: Catalogue, jobs: Sequence[Job]) -> Variants:
    """Whatever a foreign target exports, it may be known: its labels and its job's name count everywhere."""
    strangers = [job for job in jobs if not job.kind]
    more = frozenset(label for job in strangers for label in job.labels)
    found: Variants = {}
    for name, kind in catalogue.kinds.items():
        own = [job for job in jobs if job.kind == name]
        names = frozenset(job.name for job in [*own, *strangers]) or frozenset({name})
        labels = kind.labels | more | {label for job in own for label in job.labels} | {"instance"}
        target = Shape({**dict.fromkeys(labels), "job": names})
        for metric, shape in ({} if name == "*" else {**kind.metrics, **catalogue.made}).items():
            found.setdefault(metric, []).append(union([target, shape]))
    for metric, shape in catalogue.made.items() if strangers else ():
        target = Shape({**dict.fromkeys(more | {"instance"}), "job": frozenset(job.name for job in strangers)})
        found[metric].append(union([target, shape]))
    return found
