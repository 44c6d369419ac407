"""Budgets, attempts, and what every outcome has."""

import asyncio

import pytest

from exporter.probes.outcome import REASONS
from exporter.probes.run import budget, share
from tests.probes.partners import module, names, outcome, page, reading, serving, silent, steps
from toolkit.families import render


@pytest.mark.parametrize(
    ("header", "timeout", "seconds"),
    [
        (None, None, 119.5),
        ("10", None, 9.5),
        ("10.0", 5.0, 5.0),
        ("3", 5.0, 2.5),
        ("0.4", None, 0.4),
        ("0.4", 5.0, 5.0),
        ("0", None, 119.5),
    ],
)
def test_the_budget_is_what_prometheus_announces_less_the_way_back(
    header: str | None, timeout: float | None, seconds: float
) -> None:
    assert budget(header, timeout) == seconds


@pytest.mark.parametrize("header", ["x", "nan", "-1", "inf"])
def test_a_header_that_is_no_time_is_an_error(header: str) -> None:
    with pytest.raises(ValueError, match="seconds"):
        budget(header, None)


@pytest.mark.parametrize(
    ("more", "delay", "ends"), [(0, 1.0, 110.0), (1, 0.0, 105.0), (1, 2.0, 104.0), (4, 0.0, 102.0), (1, 20.0, 110.0)]
)
def test_each_attempt_leaves_as_much_for_those_after_it(more: int, delay: float, ends: float) -> None:
    assert share(100.0, 110.0, more, delay) == ends


async def test_a_later_attempt_may_succeed_and_is_counted() -> None:
    asked = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(page() if asked == 3 else page(status="503 Busy"))

    async with serving(talk) as port:
        found = await outcome(f"http://127.0.0.1:{port}/", module("{prober: http, attempts: 4, attempt_delay: 10ms}"))
    assert found.success
    assert (found.attempts, reading(found, "probe_attempts")) == (3, 3)
    assert reading(found, "probe_http_status_code") == 200
    assert "Attempt 2 of 4" in steps(found)


async def test_the_last_attempts_reason_is_the_probes() -> None:
    async with serving(silent) as port:
        pass
    found = await outcome(f"127.0.0.1:{port}", module("{prober: tcp, attempts: 3, attempt_delay: 1ms}"))
    assert (found.reason, found.attempts) == ("connect_refused", 3)


async def test_attempts_stay_inside_the_budget() -> None:
    async with serving(silent) as port:
        wanted = module("{prober: http, attempts: 3, attempt_delay: 50ms}")
        found = await outcome(f"http://127.0.0.1:{port}/", wanted, seconds=0.5)
    assert (found.reason, found.attempts) == ("timeout", 3)
    assert found.duration <= 0.6


async def test_no_second_attempt_without_time_for_it() -> None:
    async with serving(silent) as port:
        pass
    wanted = module("{prober: tcp, attempts: 3, attempt_delay: 10s}")
    found = await outcome(f"127.0.0.1:{port}", wanted, seconds=0.5)
    assert found.attempts == 1
    assert "No time is left" in steps(found)


async def test_what_cannot_change_is_not_tried_again() -> None:
    found = await outcome("10.0.0.1:80", module("{prober: tcp, attempts: 3, attempt_delay: 1ms}"))
    assert (found.reason, found.attempts) == ("refused_target", 1)


@pytest.mark.parametrize("text", ["{prober: grpc}", "{prober: http, http: {proxy_url: 'http://127.0.0.1:1'}}"])
async def test_what_is_not_supported_fails_before_anything_is_sent(text: str) -> None:
    found = await outcome("127.0.0.1:1", module(text))
    assert found.reason == "module"
    assert "not supported here" in steps(found)


async def test_every_outcome_is_clean_exposition_with_one_reason() -> None:
    found = await outcome("127.0.0.1", module("{prober: tcp}"))
    text = render(found.families, openmetrics=False).decode()
    assert 'probe_failure_info{reason="target"} 1' in text
    assert {"probe_success", "probe_duration_seconds", "probe_timeout_seconds", "probe_attempts"} <= names(found)
    assert len(names(found)) == len(found.families)


def test_reasons_are_words_that_a_label_can_have() -> None:
    assert all(reason.isidentifier() and reason.islower() and text for reason, text in REASONS.items())
