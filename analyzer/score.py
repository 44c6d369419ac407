"""How well is a host, by what its logs say? 0 to 100, of the findings that are not resolved.

Only rules and the comparison with the baseline count. What a model says changes nothing, in no direction.

    | severity | costs | the next ones of the same category        | all of the host together, at most |
    |----------|-------|-------------------------------------------|-----------------------------------|
    | critical | 40    | 20, 10, 5, ...: a category at most 80     | no bound                          |
    | warning  | 10    | 5, 2.5, ...: a category at most 20        | 45                                |
    | info     | 1     | 0.5, 0.25, ...: a category at most 2      | 5                                 |

    score = 100 - what they cost, rounded down, and 0 at the least

So a hundred attackers of one kind are not the end of a host, notes alone never bring it below 95, and without anything
critical it never falls below 50. One more finding never raises it.
"""

from collections.abc import Mapping
from math import floor

from analyzer.finding import Severity

BEST = 100
COSTS: Mapping[Severity, tuple[float, float]] = {  # of the first in its category; of all together, at most
    "critical": (40.0, float("inf")),
    "warning": (10.0, 45.0),
    "info": (1.0, 5.0),
}


def score(counts: Mapping[tuple[Severity, str], int]) -> int:
    """The score for this many findings of rules and baseline by severity and category."""
    lost = sum(_cost(severity, counts) for severity in COSTS)
    return max(0, floor(BEST - lost))


def _cost(severity: Severity, counts: Mapping[tuple[Severity, str], int]) -> float:
    first, most = COSTS[severity]
    # n findings: first * (1 + 1/2 + 1/4 + ...), which is short of 2 * first by the last of them
    costs = (first * (2.0 - 0.5 ** (count - 1)) for (its, _), count in counts.items() if its == severity and count > 0)
    return min(sum(costs), most)
