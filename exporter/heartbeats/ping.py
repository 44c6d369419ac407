"""What does a ping's URL say? The forms of Healthchecks, of Uptime Kuma, and our own; pure."""

import json
import re
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from exporter.heartbeats.receipt import FAIL, KINDS, LOG, START, SUCCESS

RID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
EXIT_CODE = re.compile(r"[0-9]{1,10}")
WORDS = {"": SUCCESS, "start": START, "fail": FAIL, "log": LOG}
MOST_KEYS = 20  # of a query string
LONGEST_PING = 1e11  # milliseconds; Uptime Kuma's own limit


class Malformed(ValueError):
    """The request cannot mean anything; the text says why, in the words the form's own server uses."""


class Said(NamedTuple):
    """What is reported, apart from who reports it."""

    kind: int
    exit_code: int | None = None
    rid: str | None = None


@dataclass(frozen=True, slots=True)
class Query:
    rid: str | None = None
    create: bool = False


def action(word: str) -> Said:
    """The part behind the token or id: nothing, start, fail, log, or an exit status."""
    kind = WORDS.get(word)
    if kind is not None:
        return Said(kind)
    if not EXIT_CODE.fullmatch(word) or int(word) > 255:
        raise Malformed("invalid url format")
    code = int(word)
    return Said(FAIL if code else SUCCESS, code)


def query(text: str) -> Query:
    """`rid` and `create` of a query string; other keys mean nothing."""
    if not text:
        return Query()
    told = keys(text)
    rid = told["rid"][-1] if "rid" in told else None
    if rid is not None and not RID.fullmatch(rid):
        raise Malformed("invalid uuid format")
    return Query(rid and rid.lower(), told.get("create", [""])[-1] == "1")


def keys(text: str) -> dict[str, list[str]]:
    """A query string's keys and their values, of a bounded number; Malformed beyond."""
    try:
        return parse_qs(text, keep_blank_values=True, max_num_fields=MOST_KEYS, errors="replace")
    except ValueError as e:
        raise Malformed("too many query keys") from e


def token(text: str) -> str:
    """`token` of a query string, or nothing."""
    return keys(text).get("token", [""])[-1]


def metadata(body: bytes, json_expected: bool) -> tuple[Said, float | None]:
    """What a JSON body says: `status`, `exit_code`, `rid`, `duration` in seconds; other keys are for people.

    A body that is no JSON object and was not announced as JSON says nothing: it is somebody's log.
    """
    if not body:
        return Said(SUCCESS), None
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as e:
        if json_expected:
            raise Malformed(f"the body is not JSON: {e}") from e
        return Said(SUCCESS), None
    if not isinstance(told, dict):
        if json_expected:
            raise Malformed("the body is not a JSON object")
        return Said(SUCCESS), None
    return _told(told), _seconds(told.get("duration"))


def _told(told: dict[str, Any]) -> Said:
    code, rid = told.get("exit_code"), told.get("rid")
    if code is not None and (type(code) is not int or not 0 <= code <= 255):
        raise Malformed(f"exit_code: expected a whole number from 0 to 255, found {code!r}"[:200])
    if rid is not None and not (isinstance(rid, str) and RID.fullmatch(rid)):
        raise Malformed("rid: expected a UUID")
    status = told.get("status", "fail" if code else "success")
    if status not in KINDS:
        raise Malformed(f"status: expected one of {', '.join(KINDS)}")
    return Said(KINDS.index(status), code, rid and rid.lower())


def _seconds(duration: object) -> float | None:
    if duration is None:
        return None
    if isinstance(duration, bool) or not isinstance(duration, int | float) or not 0 <= duration <= LONGEST_PING / 1000:
        raise Malformed("duration: expected a number of seconds")
    return float(duration)


class Push(NamedTuple):
    """Uptime Kuma's push: `duration` in seconds."""

    kind: int
    message: str
    duration: float | None


def push(text: str) -> Push:
    """`status`, `msg` and `ping` of Uptime Kuma's query string; anything but `up` is down."""
    told = keys(text)
    up = told.get("status", ["up"])[-1] == "up"
    return Push(SUCCESS if up else FAIL, told.get("msg", [""])[-1], _milliseconds(told.get("ping", [""])[-1]))


def _milliseconds(text: str) -> float | None:
    if not text:
        return None
    try:
        ping = float(text)
    except ValueError as e:
        raise Malformed("Invalid ping value.") from e
    if not 0 <= ping <= LONGEST_PING:
        raise Malformed("Invalid ping value.")
    return ping / 1000
