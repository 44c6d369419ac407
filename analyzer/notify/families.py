"""Deliveries as families."""

from collections.abc import Iterator, Mapping
from typing import get_args

from analyzer.notify.counts import BOUNDS, Counts
from analyzer.notify.service import Outcome
from toolkit.families import Family, Sample, by, table

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


def collect(counts: Counts, pending: Mapping[str, int]) -> Iterator[Family]:
    """All notify_* families of the services that are declared now; `pending`: how many groups each has yet to hear."""
    rows = (((name, outcome), float(counts.outcomes[name, outcome])) for name in pending for outcome in OUTCOMES)
    help = "Attempts to deliver a message, by how they ended."
    yield table("notify_deliveries_total", "counter", help, ("service", "outcome"), rows)
    help = "From Alertmanager's word until the service accepted it."
    yield Family("notify_delivery_seconds", "histogram", help, list(_histogram(counts)))
    last = {name: counts.successes.get(name, 0.0) for name in pending}
    help = "When a service accepted a message last; 0 before the first."
    yield by("notify_last_success_timestamp_seconds", "gauge", help, "service", last)
    waiting = {name: float(count) for name, count in pending.items()}
    yield by("notify_pending_groups", "gauge", "Groups that a service was not told all of yet.", "service", waiting)


def _histogram(counts: Counts) -> Iterator[Sample]:
    for bound, count in zip(BOUNDS, counts.within, strict=True):
        yield Sample((("le", repr(bound)),), float(count), "_bucket")
    yield Sample((("le", "+Inf"),), float(counts.deliveries), "_bucket")
    yield Sample((), counts.seconds, "_sum")
    yield Sample((), float(counts.deliveries), "_count")
