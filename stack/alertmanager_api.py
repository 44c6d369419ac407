"""Alertmanager's API v2: ask, and say clearly why there was no answer."""

import argparse
import base64
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from urllib.parse import quote, unquote, urlsplit

from stack.layout import HOST, Ports
from stack.matchers import Matcher
from stack.problem import Problem
from toolkit.terminal import printable
from toolkit.urls import is_web, without_password

DEFAULT = f"http://{HOST}:{Ports().alertmanager}"
SECONDS = 10.0
LONGEST = 300  # characters of what Alertmanager says to a refusal


@dataclass(frozen=True)
class Silence:
    """A silence that Alertmanager keeps; `state` is active, pending or expired."""

    id: str
    state: str
    starts: datetime
    ends: datetime
    by: str
    comment: str
    matchers: tuple[Matcher, ...]


@dataclass(frozen=True)
class Alert:
    """An alert that Alertmanager has; the last three say who keeps it quiet: silences, alerts, time intervals."""

    fingerprint: str
    labels: Mapping[str, str]
    starts: datetime
    silenced_by: tuple[str, ...]
    inhibited_by: tuple[str, ...]
    muted_by: tuple[str, ...]


@dataclass(frozen=True)
class Alertmanager:
    """`url` as a person gives it, a path prefix and user:password in it allowed; the password is never shown."""

    url: str = field(repr=False)

    def alerts(self) -> list[Alert]:
        return [_alert(one) for one in self._list("alerts")]

    def silences(self) -> list[Silence]:
        return [_silence(one) for one in self._list("silences")]

    def add(self, matchers: tuple[Matcher, ...], starts: datetime, ends: datetime, by: str, comment: str) -> str:
        """Make a silence; its id."""
        told = [
            {"name": one.name, "value": one.value, "isRegex": one.is_regex, "isEqual": one.is_equal} for one in matchers
        ]
        instants = {"startsAt": starts.isoformat(), "endsAt": ends.isoformat()}
        made = self._ask("POST", "silences", {"matchers": told, **instants, "createdBy": by, "comment": comment})
        if not isinstance(made, dict) or not isinstance(made.get("silenceID"), str):
            raise self._strange()
        return str(made["silenceID"])

    def end(self, id: str) -> None:
        self._ask("DELETE", f"silence/{quote(id, safe='')}")

    @property
    def shown(self) -> str:
        return without_password(self.url).rstrip("/")

    def _list(self, path: str) -> list[object]:
        told = self._ask("GET", path)
        if not isinstance(told, list):
            raise self._strange()
        return told

    def _ask(self, method: str, path: str, body: object = None) -> object:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **_authorization(self.url)}
        # Straight to the address given: a proxy of the environment is meant for the world outside.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            request = urllib.request.Request(f"{self.shown}/api/v2/{path}", data, headers, method=method)
            with opener.open(request, timeout=SECONDS) as answer:
                text = answer.read()
        except urllib.error.HTTPError as e:
            with e:
                raise Problem(self._refused(e.code, e.read())) from e
        except (OSError, ValueError) as e:
            raise Problem(self._unreachable(e)) from e
        try:
            return json.loads(text) if text else None
        except ValueError as e:
            raise self._strange() from e

    def _refused(self, status: int, body: bytes) -> str:
        said = printable(body.decode(errors="replace").strip().strip('"'), LONGEST)
        if status in (401, 403):
            return f"Alertmanager at {self.shown} wants a password: --alertmanager http://USER:PASSWORD@HOST:PORT"
        if status == 404 and not said.startswith("{"):
            return f"nothing of Alertmanager's API v2 at {self.shown}: is that its address, and its path complete?"
        return f"Alertmanager at {self.shown} refused it with {status}: {said}"

    def _unreachable(self, error: Exception) -> str:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        return (
            f"Alertmanager is not reachable at {self.shown} ({printable(str(reason), LONGEST)}):"
            " start it with ./heartline up, or say where it is with --alertmanager URL"
        )

    def _strange(self) -> Problem:
        return Problem(f"what answers at {self.shown} does not speak as Alertmanager's API v2: --alertmanager URL?")


def add_flag(parser: argparse.ArgumentParser) -> None:
    """The flag that says where Alertmanager is."""
    parser.add_argument("--alertmanager", metavar="URL", default=DEFAULT, help="where it is (%(default)s)")


def of(url: str) -> Alertmanager:
    """Raises `Problem` for what is no URL."""
    if not is_web(url):
        raise Problem(f"--alertmanager: expected a URL such as {DEFAULT}")
    return Alertmanager(url)


def _authorization(url: str) -> dict[str, str]:
    parts = urlsplit(url)
    if parts.username is None:
        return {}
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def _alert(told: object) -> Alert:
    one = cast("dict[str, Any]", told)  # whatever it is instead is told below
    try:
        status = one["status"]
        return Alert(
            str(one["fingerprint"]),
            {str(name): str(value) for name, value in one["labels"].items()},
            datetime.fromisoformat(one["startsAt"]),
            tuple(status["silencedBy"]),
            tuple(status["inhibitedBy"]),
            tuple(status.get("mutedBy") or ()),  # not before Alertmanager 0.28
        )
    except (KeyError, TypeError, ValueError, AttributeError) as e:
        raise Problem(f"an alert is told in a form that is not Alertmanager's: {e!r}") from e


def _silence(told: object) -> Silence:
    one = cast("dict[str, Any]", told)
    try:
        return Silence(
            str(one["id"]),
            str(one["status"]["state"]),
            datetime.fromisoformat(one["startsAt"]),
            datetime.fromisoformat(one["endsAt"]),
            str(one["createdBy"]),
            str(one["comment"]),
            tuple(map(_matcher, one["matchers"])),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as e:
        raise Problem(f"a silence is told in a form that is not Alertmanager's: {e!r}") from e


def _matcher(told: Mapping[str, object]) -> Matcher:
    equal = told.get("isEqual", True)
    if told["isRegex"]:
        return Matcher(str(told["name"]), "=~" if equal else "!~", str(told["value"]))
    return Matcher(str(told["name"]), "=" if equal else "!=", str(told["value"]))
