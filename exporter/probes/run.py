"""Carries a probe out inside its budget, attempt by attempt, and makes an outcome of it."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from exporter.probes import dns, http, icmp, tcp, throughput, tls
from exporter.probes.attempt import TIMEOUTS, Attempt, Means, Trace
from exporter.probes.metrics import HELP, Sheet
from exporter.probes.modules import Module
from exporter.probes.outcome import FINAL, Failure, Outcome
from exporter.probes.target import Target
from toolkit.families import Family, Sample, single

Probe = Callable[[Target, Module, Attempt], Awaitable[None]]

PROBES: dict[str, Probe] = {
    "dns": dns.probe,
    "http": http.probe,
    "icmp": icmp.probe,
    "tcp": tcp.probe,
    "throughput": throughput.probe,
    "tls": tls.probe,
}

OFFSET = 0.5  # seconds of Prometheus's scrape timeout that are kept for the way back
SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,18})?(e[+-]?[0-9]{1,2})?")
WITHOUT_HEADER = 120.0  # seconds, as blackbox_exporter


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt's end; `failure` is None on success."""

    sheet: Sheet
    failure: Failure | None


def budget(header: str | None, timeout: float | None, offset: float = OFFSET) -> float:
    """Seconds for a probe, from X-Prometheus-Scrape-Timeout-Seconds and the module; ValueError for no number."""
    announced = announced_seconds(header) if header else 0.0
    most = (announced or WITHOUT_HEADER) - offset
    if timeout and (timeout < most or most <= 0):
        return timeout
    return most if most > 0 else announced


def announced_seconds(header: str) -> float:
    found = SECONDS.fullmatch(header.strip())
    if not found:
        raise ValueError(f"expected seconds in X-Prometheus-Scrape-Timeout-Seconds, found {header[:50]!r}")
    return float(found[0])


async def run(target: Target, module: Module, seconds: float, means: Means, now: Callable[[], float]) -> Outcome:
    """Probe a target with a module in at most so many seconds; `now` is Unix time."""
    began, began_at = means.clock(), now()
    say = Trace(means.clock, began)
    say(f"Beginning probe {module.prober} of {target} with module {module.name}, {seconds:.3f} s")
    attempts, tried = await _attempts(target, module, began + seconds, means, say)
    duration = means.clock() - began
    reason = tried.failure.reason if tried.failure else None
    say("Probe succeeded" if reason is None else f"Probe failed: {reason}")
    families = [*summary(reason, duration, seconds, attempts), *tried.sheet.families()]
    return Outcome(str(target), module.name, began_at, duration, reason, attempts, families, say.steps)


async def _attempts(target: Target, module: Module, deadline: float, means: Means, say: Trace) -> tuple[int, Tried]:
    """Try until it succeeds, cannot succeed, or has been tried often enough; the number of tries and the last one."""
    number = 0
    while True:
        number += 1
        ends = share(means.clock(), deadline, module.attempts - number, module.attempt_delay)
        tried = await _try(target, module, Attempt(means, ends, say))
        if tried.failure is None or tried.failure.reason in FINAL or number >= module.attempts:
            return number, tried
        if means.clock() + module.attempt_delay >= deadline:
            say("No time is left for another attempt")
            return number, tried
        await asyncio.sleep(module.attempt_delay)
        say(f"Attempt {number + 1} of {module.attempts}")


def share(now: float, deadline: float, more: int, delay: float) -> float:
    """When an attempt must end so that as much is left for each of the `more` ones that may follow."""
    left = deadline - now - more * delay
    return now + left / (more + 1) if left > 0 else deadline


async def _try(target: Target, module: Module, attempt: Attempt) -> Tried:
    """One attempt; whatever it measured until it ended is kept."""
    try:
        if module.unsupported:
            raise Failure("module", f"not supported here: {', '.join(module.unsupported)}")
        async with asyncio.timeout(attempt.left):
            await PROBES[module.prober](target, module, attempt)
    except Failure as e:
        attempt.say(f"{e.reason}: {e.text}")
        return Tried(attempt.sheet, e)
    except TimeoutError:
        failure = Failure(TIMEOUTS.get(attempt.stage, "timeout"), f"time ran out{at(attempt.stage)}")
        attempt.say(f"{failure.reason}: {failure.text}")
        return Tried(attempt.sheet, failure)
    return Tried(attempt.sheet, None)


def at(stage: str) -> str:
    return f" in phase {stage}" if stage else ""


def summary(reason: str | None, duration: float, seconds: float, attempts: int) -> list[Family]:
    """The families that every probe has."""
    families = [
        gauge("probe_success", float(reason is None)),
        gauge("probe_duration_seconds", duration),
        gauge("probe_timeout_seconds", seconds),
        gauge("probe_attempts", attempts),
    ]
    if reason:
        name = "probe_failure_info"
        families.append(Family(name, "gauge", HELP[name], [Sample((("reason", reason),), 1)]))
    return families


def gauge(name: str, value: float) -> Family:
    return single(name, "gauge", HELP[name], value)
