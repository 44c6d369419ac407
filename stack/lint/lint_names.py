"""Labels and annotations of one rule alone that are nearly called as those of others."""

from collections import Counter
from collections.abc import Iterator, Sequence

from stack.lint.lint_rules import NEEDED
from stack.lint.rules import Rule
from stack.lint.trouble import meant

NEAR = 0.85
MANY = 2  # rules that have a name make it the usual one


def names(rules: Sequence[Rule]) -> Iterator[tuple[Rule, int, str]]:
    """Each with its line and what may have been meant; a hint, for it may be meant so."""
    alerts = [rule for rule in rules if rule.alert]
    all_labels, all_annotations = [rule.labels for rule in alerts], [rule.annotations for rule in alerts]
    for kind, of in (("label", all_labels), ("annotation", all_annotations)):
        times = Counter(name for given in of for name in given)
        # Where one of those that every alert needs is missing, that is told anyway.
        usual = [name for name, number in times.items() if number >= MANY and name not in ("severity", *NEEDED)]
        for rule, given in zip(alerts, of, strict=True):
            for name, (line, _) in given.items():
                if times[name] == 1 and (guess := meant(name, usual, NEAR)):
                    yield rule, line, f'only {rule.alert} has the {kind} "{name}"{guess}'
