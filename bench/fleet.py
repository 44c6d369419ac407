"""The series of a hundred hosts, made of what the real exporter and analyzer said of a few; and scrapes of them."""

import re
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain

from stack.layout import HOST
from tests.grafana.past import Series
from toolkit.families import escape

LABEL = re.compile(r'([{,])(host|heartbeat|probe|instance)="([^"]*)"')
LIKE = (
    {"job": "node", "host": "watch"},
    {"job": "heartline", "heartbeat": "steady"},
    {"job": "heartline", "heartbeat": "importing"},
    {"job": "heartline", "heartbeat": "nightly-backup"},
    {"job": "probe", "probe": "shop"},
    {"job": "probe", "probe": "secure"},
    {"job": "analyzer", "host": "switch"},
    {"job": "analyzer", "host": "watch"},
)
"""What each further host has: readings, three heartbeats, two probes, two reviews of logs."""
PARTS = 4  # targets among which the present is divided


def fleet(found: Sequence[Series], hosts: int) -> list[Series]:
    """What was found, and for each further host the same under other names."""
    models = [one for one in found if any(_has(one, labels) for labels in LIKE)]
    more = (_named(one, n) for n in range(1, hosts) for one in models)
    return list({one.shown: one for one in chain(found, more)}.values())


def _has(one: Series, labels: dict[str, str]) -> bool:
    return all(f'{name}="{value}"' in one.shown for name, value in labels.items())


def _named(one: Series, number: int) -> Series:
    """Of the analyzer the host that is named switch is a second one with logs alone."""

    def renamed(match: re.Match[str]) -> str:
        before, label, value = match.groups()
        if label == "instance":
            return match[0] if 'job="node"' not in one.shown else f'{before}instance="host-{number:03}:9100"'
        if label == "host":
            return f'{before}host="{"host" if value != "switch" else "switch"}-{number:03}"'
        return f'{before}{label}="{value}-{number:03}"'

    return replace(one, shown=LABEL.sub(renamed, one.shown))


def held(answer: Sequence[dict[str, object]]) -> Iterator[Series]:
    """What rules recorded, from an answer of Prometheus: as it is, it shall have been."""
    for row in answer:
        labels, sample = row["metric"], row["value"]
        assert isinstance(labels, dict)
        assert isinstance(sample, list)
        name = labels.pop("__name__")
        shown = ",".join(f'{key}="{escape(value)}"' for key, value in labels.items())
        yield Series(f"{name}{{{shown}}}", name, float(sample[1]), False)


@dataclass(frozen=True)
class Present:
    """What a scrape of it says now; `began` is the Unix time at which the past ended."""

    series: Sequence[Series]
    began: float

    def text(self, part: int) -> str:
        instants = [self.began - time.time()]
        return "".join(f"{one.shown} {one.at(instants)[0]!r}\n" for one in self.series[part::PARTS])


@contextmanager
def served(present: Present) -> Iterator[int]:
    """At /0 to /3 of the port."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = present.text(int(self.path.strip("/"))).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Not printed."""

    with ThreadingHTTPServer((HOST, 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
