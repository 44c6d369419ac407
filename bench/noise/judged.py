"""Prometheus judges which alerts begin and end in each step: `promtool test rules` over the series and the real rules.

promtool runs every group in every step, keeps `for`, recorded series and ALERTS as the server does, and begins at the
epoch. It tells what it finds by failing: each step is asked for what began and ended, and expected to be empty.
"""

import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import yaml

from bench.noise import nuisances, samples
from bench.noise.month import DAY
from bench.noise.scenario import RULES, Scenario
from bench.noise.series import Series, line
from bench.noise.world import Effect
from stack import tools
from stack.problem import Problem
from toolkit.durations import parse_duration

FIRING = 'ALERTS{alertstate="firing",alertname!="Watchdog"}'
BEGUN, OVER = f"{FIRING} unless {FIRING} offset %s", f"{FIRING} offset %s unless {FIRING}"
CHANGED = f"{BEGUN} or label_replace({OVER}, 'over', 'yes', '', '')"
TIME, LABEL = re.compile(r"time: (\S+),$"), re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
SAMPLE = re.compile(r"\{((?:[^{}\"]|\"(?:[^\"\\]|\\.)*\")*)\} 1E\+00")
# The first are worked out apart; on what dashboards ask, nothing else depends.
LEFT = ("anomalies", "dashboards")
SEASONAL = ("schedules", "heartbeats", "probes", "anomalies")
LABELS = frozenset(("__name__", "alertstate", "over"))


class Change(NamedTuple):
    """An alert, as its labels in order, that begins or ends in that minute."""

    at: int
    labels: tuple[tuple[str, str], ...]
    begins: bool


@dataclass(frozen=True)
class Part:
    """What one promtool works out: from the minute `begin` on, of which only what is after `counts` counts."""

    minutes: range
    counts: int
    rules: tuple[str, ...]
    seasonal: bool


def parts(days: range) -> list[Part]:
    """The month in pieces that two processors share; the rules that look back weeks in one, in steps as long as theirs.

    All begin on a Thursday. The second has a day to find its feet: no alert waits longer, nor looks back further, but
    those of usual values.
    """
    every = tuple(file.stem for file in sorted(RULES.glob("*.yml")) if file.stem not in LEFT)
    begin, end = days.start * DAY, days.stop * DAY
    middle = begin + 14 * DAY
    found = [Part(range(begin, min(end, middle + DAY)), begin, every, False)]
    if end > middle + DAY:
        found.append(Part(range(middle, end), middle + DAY, every, False))
        found.append(Part(range(begin - nuisances.HISTORY, end, 4), begin, SEASONAL, True))
    return found


def judge(wanted: Sequence[Part], what: Scenario, suite: str, folder: Path) -> list[Change]:
    """Every change of every part, in order of time."""
    with ProcessPoolExecutor(2) as pool:
        jobs = [
            pool.submit(_part, part, what, suite, folder / f"part{number}.yml") for number, part in enumerate(wanted)
        ]
        found = [change for job in jobs for change in job.result()]
    return sorted(found)


def _part(part: Part, what: Scenario, suite: str, file: Path) -> list[Change]:
    made = samples.seasonal if part.seasonal else samples.everything
    world = what.world()
    _write(file, part, what.rules, made(what.fleet, world, part.minutes))
    done = subprocess.run(
        [tools.find("promtool", suite), "test", "rules", file], capture_output=True, text=True, check=False
    )
    changes = read(done.stdout + done.stderr, part.minutes.start)
    if not changes:
        raise Problem("promtool found nothing at all", shown=(done.stdout + done.stderr)[:2000])
    unheard = set(_alerts(what.rules / "anomalies.yml")) if part.seasonal else None
    return [
        change
        for change in carried(noticed(changes, world.effects("prometheus"), part.minutes), part.counts)
        if unheard is None or dict(change.labels)["alertname"] in unheard
    ]


def noticed(changes: Iterable[Change], absences: Iterable[Effect], minutes: range) -> list[Change]:
    """What a Prometheus that was absent finds when it is back; promtool goes on meanwhile, with what was known."""
    backs = [(effect.begin, effect.end + (minutes.start - effect.end) % minutes.step) for effect in absences]
    found, late = list[Change](), dict[tuple[int, tuple[tuple[str, str], ...]], list[Change]]()
    for change in sorted(changes):
        back = [end for begin, end in backs if begin <= change.at <= end]
        if back:
            late.setdefault((back[0], change.labels), []).append(change)
        else:
            found.append(change)
    # What both began and ended is not there, nor is what ended and began again.
    found += [changes[-1]._replace(at=at) for (at, _), changes in late.items() if len(changes) % 2]
    return found


def carried(changes: Iterable[Change], counts: int) -> list[Change]:
    """What changes from `counts` on; what the part before it knows already began before."""
    return [change for change in changes if change.at >= counts]


def _write(file: Path, part: Part, rules: Path, series: Iterable[Series]) -> None:
    step = part.minutes.step
    names = [rules / f"{name}.yml" for name in part.rules]
    groups = [group["name"] for path in names for group in yaml.safe_load(path.read_text())["groups"]]
    expression = CHANGED % (f"{step}m", f"{step}m")
    with file.open("w") as out:
        out.write(f"rule_files: [{', '.join(map(str, names))}]\n")
        out.write(f"group_eval_order: [{', '.join(_ordered(groups))}]\nevaluation_interval: {step}m\n")
        out.write(f"tests:\n  - interval: {step}m\n    input_series:\n")
        for one in series:
            out.write(line(one))
        out.write("    promql_expr_test:\n")
        for number in range(len(part.minutes)):
            name = f'&e "{expression.replace(chr(34), chr(92) + chr(34))}"' if not number else "*e"
            out.write(f"      - {{expr: {name}, eval_time: {number * step}m, exp_samples: []}}\n")


def _ordered(groups: Sequence[str]) -> list[str]:
    """Schedules first, as the others ask them; what looks at alerts last."""
    return sorted(groups, key=lambda name: (name != "schedules", name in ("flapping", "anomalies", "muting")))


def read(output: str, begin: int) -> list[Change]:
    """The changes that promtool's failures tell, at minutes from `begin` on."""
    found, at = [], 0
    for text in output.splitlines():
        when = TIME.search(text)
        if when:
            at = begin + int(parse_duration(when[1]) // 60)
        elif text.lstrip().startswith("got: {"):
            for sample in SAMPLE.finditer(text):
                labels = dict(LABEL.findall(sample[1]))
                kept = tuple(sorted((key, value) for key, value in labels.items() if key not in LABELS))
                found.append(Change(at, kept, "over" not in labels))
    return found


def _alerts(file: Path) -> Iterable[str]:
    text = yaml.safe_load(file.read_text())
    rules: list[Mapping[str, str]] = [rule for group in text["groups"] for rule in group["rules"]]
    return (rule["alert"] for rule in rules if "alert" in rule)
