"""A month of twenty hosts: is every incident told, and nothing else? Real rules, real Alertmanager, simulated samples.

Prints each incident with how long it took to be told and by what, each kind of nuisance with the messages it made, and
ends with 1 when one is untold or told too late, or when a message was false.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import Goal, conclude
from bench.noise import grouped, judged, scenario, told
from bench.noise.account import Account, account
from bench.noise.month import DAY, MINUTES
from bench.noise.report import report
from bench.noise.scenario import Scenario
from stack import tools


def main(arguments: Sequence[str] = ()) -> int:
    parser = argparse.ArgumentParser("bench noise", description=__doc__)
    parser.add_argument("--suite", choices=tools.SUITES, default="newest", help="which promtool and Alertmanager")
    parser.add_argument("--seed", type=int, default=1, help="of everything that is left to chance")
    parser.add_argument("--days", type=int, default=MINUTES // DAY, help="only so many, for a try; no usual values")
    given = parser.parse_args(arguments)
    began = time.monotonic()
    with TemporaryDirectory() as folder:
        found = month(range(0, given.days), given.seed, given.suite, Path(folder))
    print(f"{given.days} days, 20 hosts, seed {given.seed}, " + versions(given.suite))
    print(report(found, given.days))
    print(f"\nworked out in {(time.monotonic() - began) / 60:.1f} minutes")
    return verdict(found)


def month(days: range, seed: int, suite: str, folder: Path) -> Account:
    what = scenario.of_month(seed)
    changes = judged.judge(judged.parts(days), what, suite, folder)
    return tell(changes, range(days.start * DAY, days.stop * DAY), what, suite, folder)


def tell(changes: Sequence[judged.Change], minutes: range, what: Scenario, suite: str, folder: Path) -> Account:
    """What Alertmanager makes of the changes, held against what really happened."""
    tree = grouped.shipped()
    intervals = {one["name"]: one["time_intervals"] for one in tree.get("time_intervals", ())}
    seen = list(grouped.moments(changes, suite, folder))
    messages = list(told.messages(seen, grouped.routes(tree), intervals, minutes))
    return account(
        messages,
        changes,
        [event for event in what.wrong if event.begin + event.soon in minutes],
        [event for event in what.looks if event.begin in minutes],
    )


def versions(suite: str) -> str:
    names = ("promtool", "alertmanager")
    return ", ".join(f"{name} {tools.version(name, tools.find(name, suite))}" for name in names)


def verdict(found: Account) -> int:
    missed = [one.event.title for one in found.tellings if one.missed]
    wrong = len({one.message for one in found.wrong})
    conclude(
        [
            Goal("every incident told in time", f"{len(missed)} of {len(found.tellings)} not", not missed),
            Goal("false messages 0", f"{wrong}", not wrong),
        ]
    )
    return 1 if missed or wrong else 0
