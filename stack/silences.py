"""Keep alerts quiet for a while: make a silence, list those that hold, end one."""

import argparse
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from difflib import get_close_matches

from stack import alertmanager_api
from stack.alertmanager_api import Alert, Alertmanager, Silence
from stack.alerts import about
from stack.matchers import LABEL, Matcher, matches_all, parse
from stack.problem import Problem
from toolkit.durations import format_duration, parse_duration
from toolkit.terminal import instant, printable, table
from toolkit.yamltree import ConfigError

HEAD = ("ID", "FROM", "UNTIL", "MUTES", "BY", "MATCHERS", "REASON")
EXAMPLE = './heartline silence host=web01 2h "its disk is swapped"'
SHORT = 8  # characters of an id
SHOWN = 5
REASON = 60


@dataclass(frozen=True)
class Wish:
    """What somebody wants to be quiet, for how long, in seconds, and why."""

    matchers: tuple[Matcher, ...]
    seconds: float
    reason: str


def silence(arguments: list[str]) -> int:
    """Make a silence or end one; `Problem` when it would be none or everything."""
    parser = argparse.ArgumentParser(prog="heartline silence", description=__doc__, epilog=f"example: {EXAMPLE}")
    parser.add_argument("words", nargs="*", metavar="MATCHER... DURATION REASON")
    parser.add_argument("--end", metavar="ID", help="end this one; the beginning of its id is enough")
    alertmanager_api.add_flag(parser)
    given = parser.parse_args(arguments)
    there = alertmanager_api.of(given.alertmanager)
    if given.end is not None:
        if given.words:
            raise Problem("--end takes an id and nothing else")
        print(end(there, given.end))
        return 0
    who = os.environ.get("USER") or "somebody at the terminal"
    for line in make(there, read(given.words), who, datetime.now(UTC)):
        print(line)
    return 0


def silences(arguments: list[str]) -> int:
    """List the silences that hold or are yet to come."""
    parser = argparse.ArgumentParser(prog="heartline silences", description="List the silences that hold.")
    alertmanager_api.add_flag(parser)
    there = alertmanager_api.of(parser.parse_args(arguments).alertmanager)
    for line in show(there.silences(), there.alerts()):
        print(line)
    return 0


def read(words: Sequence[str]) -> Wish:
    """MATCHER... DURATION REASON...; a first word without an operator is an alert's name, as with amtool."""
    matchers: list[Matcher] = []
    for number, word in enumerate(words):
        if any(sign in word for sign in "=~"):
            matchers.append(parse(word))
        elif not number and LABEL.fullmatch(word):
            matchers.append(Matcher("alertname", "=", word))
        else:
            return _wish(tuple(matchers), word, " ".join(words[number + 1 :]).strip())
    raise Problem(f"for how long, and why? {EXAMPLE}")


def _wish(matchers: tuple[Matcher, ...], duration: str, reason: str) -> Wish:
    try:
        seconds = parse_duration(duration)
    except ConfigError as e:
        raise Problem(f"{e}; {EXAMPLE}") from e
    if not seconds:
        raise Problem(f"a silence of no length silences nothing: {EXAMPLE}")
    if not matchers:
        raise Problem(f"silence what? {EXAMPLE}")
    if matches_all(matchers):
        told = ", ".join(map(printable, map(str, matchers)))
        raise Problem(
            f"{told} would silence nearly everything, also what nobody has thought of yet:"
            " add what it is about, such as host=web01 or 'severity=~info|warning'"
        )
    if not reason:
        raise Problem(f"why? Whoever finds the silence tomorrow will ask: {EXAMPLE}")
    return Wish(matchers, seconds, reason)


def make(there: Alertmanager, wish: Wish, who: str, now: datetime, zone: tzinfo | None = None) -> Iterator[str]:
    """Make it; the lines tell what it does, and what looks like a mistake."""
    ends = now + timedelta(seconds=wish.seconds)
    id = there.add(wish.matchers, now, ends, who, wish.reason)
    told = ", ".join(printable(str(matcher)) for matcher in wish.matchers)
    yield f"silenced until {instant(ends, zone)} ({format_duration(wish.seconds)}): {told}"
    yield f"  to end it sooner: ./heartline silence --end {id}"
    yield from effect(wish.matchers, [alert.labels for alert in there.alerts()])


def effect(matchers: Sequence[Matcher], alerts: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """What it keeps quiet of the alerts there are now; and of which matcher there is none, which may be a typo."""
    quiet = [labels for labels in alerts if all(matcher.matches(labels) for matcher in matchers)]
    for labels in quiet[:SHOWN]:
        yield f"  quiet now: {printable(labels.get('alertname', '-'))} {about(labels)}"
    if len(quiet) > SHOWN:
        yield f"  and {len(quiet) - SHOWN} more"
    if quiet:
        return
    yield f"  hint: none of the {len(alerts)} alerts that are there now is silenced by it; those that come will be"
    for matcher in matchers if alerts else ():
        if not any(matcher.matches(labels) for labels in alerts):
            yield f"  hint: {printable(str(matcher))} matches none of them{_near(matcher, alerts)}"


def _near(matcher: Matcher, alerts: Sequence[Mapping[str, str]]) -> str:
    values = sorted({labels[matcher.name] for labels in alerts if matcher.name in labels})
    if values:
        near = get_close_matches(matcher.value, values, SHOWN) or values[:SHOWN]
        return f"; {matcher.name} is {' or '.join(printable(value, REASON) for value in near)} there"
    names = get_close_matches(matcher.name, sorted({name for labels in alerts for name in labels}), 1)
    return f"; did you mean {printable(names[0])}?" if names else ""


def end(there: Alertmanager, id: str) -> str:
    """End the one whose id begins so; `Problem` when there is none, or more than one."""
    found = [one for one in there.silences() if id and one.id.startswith(id) and one.state != "expired"]
    if not found:
        raise Problem(f"no silence that holds has an id that begins with {id!r}: ./heartline silences lists them")
    if len(found) > 1:
        raise Problem(f"{id!r} is how {len(found)} silences begin: write more of the id")
    there.end(found[0].id)
    return f"ended: {', '.join(printable(str(matcher)) for matcher in found[0].matchers)}"


def show(kept: Iterable[Silence], alerts: Iterable[Alert], zone: tzinfo | None = None) -> Iterator[str]:
    """The table's lines: the silence that ends first comes first."""
    silenced = [id for alert in alerts for id in alert.silenced_by]
    rows = [
        (
            one.id[:SHORT],
            instant(one.starts, zone),
            instant(one.ends, zone),
            str(silenced.count(one.id)) if one.state == "active" else one.state,
            one.by,
            printable(", ".join(map(str, one.matchers)), 2 * REASON),
            printable(one.comment, REASON),
        )
        for one in sorted(kept, key=lambda one: one.ends)
        if one.state != "expired"
    ]
    if not rows:
        yield "no silence holds"
        return
    yield from table(HEAD, rows)
    yield ""
    yield "to end one: ./heartline silence --end ID"
