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
    """What is reported, apart from who reports it; `duration` in seconds."""

    kind: int
    exit_code: int | None = None
    duration: float | None = None


@dataclass(frozen=True, slots=True)
class Query:
    rid: str | None = None
    create: bool = False


NOTHING_ASKED = Query()


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
        return NOTHING_ASKED
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


def metadata(body: bytes, json_expected: bool, whole: bool = True) -> tuple[Said, str | None]:
    """What a JSON body says, and its `rid`: `status`, `exit_code`, `duration`; other keys are for people.

    A body that is no JSON object and was not announced as JSON says nothing: it is somebody's log. Half a JSON text
    might have said that the job failed: it counts as a sign of life and no more.
    """
    if not body:
        return Said(SUCCESS), None
    if not whole:
        return Said(LOG if json_expected or body.lstrip().startswith(b"{") else SUCCESS), None
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
    return _told(told), _rid(told.get("rid"))


def _told(told: dict[str, Any]) -> Said:
    code = told.get("exit_code")
    if code is not None and (type(code) is not int or not 0 <= code <= 255):
        raise Malformed(f"exit_code: expected a whole number from 0 to 255, found {code!r}"[:200])
    status = told.get("status", "fail" if code else "success")
    if status not in KINDS:
        raise Malformed(f"status: expected one of {', '.join(KINDS)}")
    return Said(KINDS.index(status), code, _seconds(told.get("duration")))


def _rid(rid: object) -> str | None:
    if rid is None:
        return None
    if not (isinstance(rid, str) and RID.fullmatch(rid)):
        raise Malformed("rid: expected a UUID")
    return rid.lower()


def _seconds(duration: object) -> float | None:
    if duration is None:
        return None
    if isinstance(duration, bool) or not isinstance(duration, int | float) or not 0 <= duration <= LONGEST_PING / 1000:
        raise Malformed("duration: expected a number of seconds")
    return float(duration)


def push(text: str) -> tuple[Said, str]:
    """`status`, `ping` and `msg` of Uptime Kuma's query string; anything but `up` is down."""
    told = keys(text)
    up = told.get("status", ["up"])[-1] == "up"
    said = Said(SUCCESS if up else FAIL, None, _milliseconds(told.get("ping", [""])[-1]))
    return said, told.get("msg", [""])[-1]


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
