"""/probe and the page of the last results, over a real server."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from exporter.probes import module_file
from exporter.probes.target import Gate, gate
from exporter.probes.web import Probing, probe, results
from tests.probes.partners import means, page, saying, serving

MODULES = module_file.parse(
    """modules:
  hosted: {prober: http, http: {headers: {Host: own.example}}}
  quick: {prober: http, timeout: 200ms, http: {basic_auth: {username: me, password: geheim}}}
""",
    "x.yml",
)


LOOPBACK = gate([], ["127.0.0.0/8"], [])


@asynccontextmanager
async def asking(admitted: Gate = LOOPBACK) -> AsyncIterator[aiohttp.ClientSession]:
    async with means() as shared:
        probing = Probing(MODULES, admitted, shared, time.time)

        async def answer(request: web.BaseRequest) -> web.StreamResponse:
            return await (probe if request.path == "/probe" else results)(request, probing)

        runner = web.ServerRunner(web.Server(answer))
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        async with aiohttp.ClientSession(f"http://{host}:{port}") as session:
            yield session
        await runner.cleanup()


async def get(session: aiohttp.ClientSession, path: str, **headers: str) -> tuple[int, str, str]:
    async with session.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()}) as got:
        return got.status, got.headers["Content-Type"], await got.text()


async def test_a_probe_answers_in_prometheus_text() -> None:
    async with serving(saying(page())) as port, asking() as session:
        status, kind, text = await get(session, f"/probe?target=127.0.0.1:{port}")
    assert (status, kind) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert "\nprobe_success 1" in text
    assert "\nprobe_http_status_code 200\n" in text


async def test_a_failed_probe_is_200_too_and_names_its_reason() -> None:
    async with asking() as session:
        status, _, text = await get(session, "/probe?target=10.0.0.1:80&module=tcp_connect")
    assert status == 200
    assert "\nprobe_success 0" in text
    assert 'probe_failure_info{reason="refused_target"} 1' in text


async def test_openmetrics_is_spoken_to_those_who_ask_for_it() -> None:
    async with asking() as session:
        accepted = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
        _, kind, text = await get(session, "/probe?target=127.0.0.1&module=tcp_connect", Accept=accepted)
    assert kind.startswith("application/openmetrics-text; version=1.0.0")
    assert text.endswith("# EOF\n")


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("", "Target parameter is missing"),
        ("?target=", "Target parameter is missing"),
        ("?target=x&module=nope", "Unknown module 'nope'; known are: dns_tcp, dns_udp, hosted, http_2xx"),
        ("?target=" + "x" * 3000, "too long"),
        ("?target=x&module=hosted&hostname=other.example", "Host header of its own"),
        ("?target=x&hostname=a%0d%0ab", "no host name"),
    ],
)
async def test_what_cannot_be_probed_is_400(query: str, told: str) -> None:
    async with asking() as session:
        status, _, text = await get(session, f"/probe{query}")
    assert status == 400
    assert told in text


async def test_a_timeout_that_is_none_is_400() -> None:
    async with asking() as session:
        status, _, _ = await get(session, "/probe?target=x", X_Prometheus_Scrape_Timeout_Seconds="soon")
    assert status == 400


async def test_the_scrape_timeout_is_the_budget() -> None:
    async with asking() as session:
        path = "/probe?target=127.0.0.1&module=tcp_connect"
        _, _, text = await get(session, path, X_Prometheus_Scrape_Timeout_Seconds="4")
        assert "\nprobe_timeout_seconds 3.5\n" in text
        _, _, text = await get(
            session, "/probe?target=127.0.0.1:1&module=quick", X_Prometheus_Scrape_Timeout_Seconds="4"
        )
        assert "\nprobe_timeout_seconds 0.2\n" in text


async def test_hostname_is_sent_as_host() -> None:
    heads: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(page())

    async with serving(talk) as port, asking() as session:
        await get(session, f"/probe?target=127.0.0.1:{port}&hostname=vhost.example")
        await get(session, f"/probe?target=127.0.0.1:{port}&module=hosted")
    assert b"\r\nHost: vhost.example\r\n" in heads[0]
    assert b"\r\nHost: own.example\r\n" in heads[1]


async def test_a_listed_target_goes_by_another_hostname_only_where_the_allow_list_admits_it() -> None:
    heads: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(page())

    async with serving(talk) as port:
        target = f"127.0.0.1:{port}"
        async with asking(gate([(target, "http_2xx")], [], ["*.example.org"])) as session:
            status, _, text = await get(session, f"/probe?target={target}&hostname=intern.example.net")
            assert (status, heads) == (400, [])
            assert "the allow-list does not admit this hostname" in text
            assert (await get(session, f"/probe?target={target}&hostname=shop.example.org"))[0] == 200
    assert b"\r\nHost: shop.example.org\r\n" in heads[0]


async def test_debug_shows_steps_metrics_and_module_without_secrets() -> None:
    async with serving(saying(page())) as port, asking() as session:
        status, kind, text = await get(session, f"/probe?target=127.0.0.1:{port}&module=quick&debug=true")
    assert (status, kind) == (200, "text/plain; charset=utf-8")
    assert " Authorization: <secret>" in text
    assert "password: <secret>" in text
    assert "geheim" not in text
    assert "probe_http_status_code 200" in text


async def test_the_last_hundred_results_are_kept_and_failures_longer() -> None:
    async with asking() as session:
        await get(session, "/probe?target=10.0.0.1:80&module=tcp_connect")
        async with serving(saying(page())) as port:
            for _ in range(101):
                await get(session, f"/probe?target=127.0.0.1:{port}&module=tcp_connect")
        status, kind, text = await get(session, "/probes")
        assert (status, kind) == (200, "text/html; charset=utf-8")
        assert text.count(">steps</a>") == 101
        assert "refused_target" in text
        _, _, steps = await get(session, "/probes?id=1")
        assert "Beginning probe tcp of 10.0.0.1:80" in steps
        assert (await get(session, "/probes?id=2"))[0] == 404
        assert (await get(session, "/probes?id=x"))[0] == 404


async def test_a_targets_name_cannot_put_html_on_the_page() -> None:
    async with asking() as session:
        await get(session, "/probe?target=<script>alert(1)</script>&module=tcp_connect")
        _, _, text = await get(session, "/probes")
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


async def test_after_a_reload_new_modules_and_gate_hold_and_the_history_stays() -> None:
    async with means() as shared:
        old = Probing(MODULES, gate([], [], []), shared, time.time)
        new = old.reloaded({}, gate([], ["127.0.0.0/8"], []))
    assert new.history is old.history
    assert new.modules == {}
