"""What the exporter's probes find, by what is true in each minute."""

from collections.abc import Iterator

from bench.noise.fleet import Target
from bench.noise.month import ORIGIN
from bench.noise.readings import chance, seed
from bench.noise.series import ENDED, GONE, Series, hide, number
from bench.noise.world import World

DAY = 86_400


def results(target: Target, world: World, heard: list[str], minutes: range, origin: float) -> Iterator[Series]:
    """All series of a probe, as Prometheus has them after what `heard` says; instants are seconds after `origin`."""
    reasons = failures(target, world, minutes)
    success = ["0" if reason else "1" for reason in reasons]
    yield Series("probe_success", target.labels, hide(success, heard))
    yield durations(target, world, heard, minutes)
    for one in sorted({reason for reason in reasons if reason}):
        shown = hide(_shown(reasons, one), heard)
        yield Series("probe_failure_info", {**target.labels, "reason": one}, shown)
    if target.labels["instance"].startswith("https://"):
        ends = [f"{_ends(target.probe, world, at, origin):.0f}" for at in minutes]
        # Without a handshake there is no certificate to be seen.
        seen = ["0" if reason else state for reason, state in zip(reasons, heard, strict=True)]
        yield Series("probe_ssl_earliest_cert_expiry", target.labels, hide(ends, seen))


def durations(target: Target, world: World, heard: list[str], minutes: range) -> Series:
    own, slow = seed(target.probe), world.added(minutes, "slow", target.probe)
    usual = 0.02 + (0.12 + own % 10 / 100 if target.outside else 0.0)
    reasons = failures(target, world, minutes)
    texts = [
        "10" if reason else number(usual * (1 + 0.15 * abs(chance(at, own))) + slow.get(at, 0.0))
        for reason, at in zip(reasons, minutes, strict=True)
    ]
    return Series("probe_duration_seconds", target.labels, hide(texts, heard))


def failures(target: Target, world: World, minutes: range) -> list[str]:
    """Why the probe fails in each minute, "" where it succeeds."""
    reasons = [""] * len(minutes)
    by_name = target.labels.get("part") == "by_name" or (target.outside and target.labels["instance"][-1] == "/")
    if by_name and target.labels.get("part") != "by_address":
        world.paint(reasons, minutes, "names", "", "dns_timeout")
    for kind, where, reason in (
        ("service", target.probe, "connect_refused"),
        ("blip", target.probe, "connect_timeout"),
        ("off", target.host or target.probe, "connect_timeout"),
        ("net", target.host or target.probe, "connect_timeout"),
        ("outside", "" if target.outside else "nowhere", "connect_timeout"),
    ):
        world.paint(reasons, minutes, kind, where, reason)
    return reasons


def _shown(reasons: list[str], one: str) -> list[str]:
    """1 where this is the reason, a marker where it has just ceased to be."""
    texts, before = [], ""
    for reason in reasons:
        texts.append("1" if reason == one else ENDED if before == one else GONE)
        before = reason
    return texts


def _ends(probe: str, world: World, at: int, origin: float) -> float:
    """Renewed a month before the end, unless somebody forgot."""
    for effect in world.effects("forgotten", probe):
        if effect.begin <= at < effect.end:
            return effect.size - origin
    period, phase = 60 * 1440, seed(probe) * 80
    renewed = (at + phase) // period * period - phase
    return ORIGIN - origin + renewed * 60 + 90 * DAY
