"""All series of the month, or of a part of it, as one Prometheus would have scraped them."""

from collections.abc import Iterator

from bench.noise import beats, logs, probed, readings
from bench.noise.fleet import EXPORTER, Fleet, Target
from bench.noise.month import ORIGIN
from bench.noise.series import GONE, Series, hide
from bench.noise.world import World
from exporter.heartbeats.schedules import Every

HEARTLINE = {"job": "heartline", "instance": EXPORTER}
ANALYZER = {"job": "analyzer", "instance": "127.0.0.1:9798"}


def everything(fleet: Fleet, world: World, minutes: range) -> Iterator[Series]:
    """What all rules but those of usual values look at; instants are seconds after the first of `minutes`."""
    origin = ORIGIN + minutes.start * 60
    heard = _heard(world, minutes, "exporter")
    yield from _exporter(fleet, world, heard, minutes, origin)
    for definition in fleet.config.heartbeats.values():
        yield from beats.beats(definition, world, heard, minutes, origin)
    for target in fleet.hosts:
        here = host_heard(target, world, minutes)
        yield Series("up", target.labels, here)
        yield from readings.readings(target, world, here, minutes, origin)
    for target in fleet.probes:
        here = _probe_heard(target, world, minutes)
        yield Series("up", target.labels, here)
        yield from probed.results(target, world, here, minutes, origin)
    here = _heard(world, minutes, "analyzer")
    yield Series("up", ANALYZER, here)
    for name in ("heartline_analyzer_storage_up", "heartline_analyzer_config_last_reload_successful"):
        yield Series(name, ANALYZER, hide(["1"] * len(minutes), here))
    yield from logs.review(_reviewed(fleet), world, here, minutes, origin)


def seasonal(fleet: Fleet, world: World, minutes: range) -> Iterator[Series]:
    """What is compared with the same hour of weeks ago, and when nothing is to be said."""
    origin = ORIGIN + minutes.start * 60
    heard = _heard(world, minutes, "exporter")
    yield from _exporter(fleet, world, heard, minutes, origin)
    for definition in fleet.config.heartbeats.values():
        if not isinstance(definition.plan.rule, Every):
            names = ("last_duration_seconds", "paused", "maintenance")
            yield from beats.beats(definition, world, heard, minutes, origin, names)
    for target in fleet.hosts:
        here = host_heard(target, world, minutes)
        yield Series("up", target.labels, here)
        yield from readings.measured(target, world, here, minutes)
    for target in fleet.probes:
        here = _probe_heard(target, world, minutes)
        success, durations, *_ = probed.results(target, world, here, minutes, origin)
        yield from (success, durations)
    here = _heard(world, minutes, "analyzer")
    yield Series("up", ANALYZER, here)
    yield from logs.volume(_reviewed(fleet), world, here, minutes)


def _exporter(fleet: Fleet, world: World, heard: list[str], minutes: range, origin: float) -> Iterator[Series]:
    steps = len(minutes)
    yield Series("up", HEARTLINE, heard)
    yield Series("heartline_exporter_ready", HEARTLINE, hide(["1"] * steps, heard))
    for name in ("heartline_exporter_storage_up", "heartline_exporter_config_last_reload_successful"):
        yield Series(name, HEARTLINE, hide(["1"] * steps, heard))
    started, gap = [], []
    restarts = sorted(world.effects("exporter"), key=lambda effect: effect.begin)
    for at in minutes:
        over = [effect for effect in restarts if effect.end <= at]
        started.append(f"{(over[-1].end * 60 + ORIGIN if over else origin - 86_400) - origin:.0f}")
        # The gap of the last start alone: the counter begins anew with the process.
        gap.append(f"{(over[-1].end - over[-1].begin) * 60 - 20 if over else 0}")
    yield Series("process_start_time_seconds", HEARTLINE, hide(started, heard))
    yield Series("heartline_exporter_receiver_gap_seconds_total", HEARTLINE, hide(gap, heard))
    yield from beats.schedules(fleet.config, heard, minutes)


def _reviewed(fleet: Fleet) -> list[str]:
    owned = {target.host for target in fleet.hosts}
    return [host for host in logs.REVIEWED if host in owned]


def host_heard(target: Target, world: World, minutes: range) -> list[str]:
    kinds = [("off", target.host), ("net", target.host), ("lost", target.host), ("prometheus", "")]
    kinds += [("outside", "")] if target.outside else []
    kinds += [("exporter", "")] if target.labels["instance"] == EXPORTER else []
    return _painted(world, minutes, kinds)


def _probe_heard(target: Target, world: World, minutes: range) -> list[str]:
    return _painted(world, minutes, [("exporter", ""), ("lost", f"probe {target.probe}"), ("prometheus", "")])


def _heard(world: World, minutes: range, program: str) -> list[str]:
    return _painted(world, minutes, [(program, ""), ("lost", program), ("prometheus", "")])


def _painted(world: World, minutes: range, kinds: list[tuple[str, str]]) -> list[str]:
    heard = ["1"] * len(minutes)
    for kind, where in kinds:
        world.paint(heard, minutes, kind, where, GONE if kind == "prometheus" else "0")
    return heard
