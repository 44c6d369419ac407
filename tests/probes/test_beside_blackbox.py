"""The same targets through Debian's blackbox_exporter and through ours: same verdict, same names, same values."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from exporter.probes import module_file
from stack import tools
from tests.probes import certificates
from tests.probes.nameserver import over_tcp, over_udp
from tests.probes.partners import outcome, page, saying, serving, silent
from toolkit.families import render

MODULES = """
modules:
  http: {prober: http}
  http_404: {prober: http, http: {valid_status_codes: [404]}}
  http_no_follow: {prober: http, http: {follow_redirects: false, valid_status_codes: [302]}}
  http_body: {prober: http, http: {fail_if_body_not_matches_regexp: ["(?i)HELLO"]}}
  http_not_body: {prober: http, http: {fail_if_body_matches_regexp: ["hello"]}}
  http_header: {prober: http, http: {fail_if_header_not_matches: [{header: x-a, regexp: "^b$"}]}}
  http_ssl: {prober: http, http: {fail_if_not_ssl: true, tls_config: {ca_file: CA}, preferred_ip_protocol: ip4}}
  http_insecure: {prober: http, http: {tls_config: {insecure_skip_verify: true}, preferred_ip_protocol: ip4}}
  http_post: {prober: http, http: {method: POST, body: "a=b", headers: {Content-Type: text/plain}}}
  http_gzip: {prober: http, http: {compression: gzip}}
  http_version: {prober: http, http: {valid_http_versions: ["HTTP/2.0"]}}
  http_small: {prober: http, http: {body_size_limit: 2B}}
  tcp: {prober: tcp}
  tcp_banner: {prober: tcp, tcp: {query_response: [{expect: "^SSH-2.0-"}]}}
  tcp_other: {prober: tcp, timeout: 300ms, tcp: {query_response: [{expect: "^220"}]}}
  tcp_tls: {prober: tcp, tcp: {tls: true, tls_config: {ca_file: CA}, preferred_ip_protocol: ip4}}
  icmp: {prober: icmp}
  dns: {prober: dns, dns: {query_name: www.test, query_type: A}}
  dns_tcp: {prober: dns, dns: {query_name: www.test, query_type: A, transport_protocol: tcp}}
  dns_soa: {prober: dns, dns: {query_name: test, query_type: SOA}}
  dns_mx: {prober: dns, dns: {query_name: test, query_type: MX}}
  dns_nothing: {prober: dns, dns: {query_name: nothing.test, query_type: A}}
  dns_nxdomain: {prober: dns, dns: {query_name: nothing.test, query_type: A, valid_rcodes: [NXDOMAIN]}}
  dns_all: {prober: dns, dns: {query_name: www.test, query_type: A,
    validate_answer_rrs: {fail_if_all_match_regexp: ["192.0.2"]}}}
  dns_not_all: {prober: dns, dns: {query_name: www.test, query_type: A,
    validate_answer_rrs: {fail_if_all_match_regexp: ["192.0.2.1"]}}}
  dns_none: {prober: dns, dns: {query_name: www.test, query_type: A,
    validate_answer_rrs: {fail_if_none_matches_regexp: ["^www.test.\\t300\\tIN\\tA\\t192.0.2.1$"]}}}
"""

# Names that only ours has in every version.
OURS_ALONE = {
    "probe_attempts",
    "probe_failure_info",
    "probe_icmp_packets_sent",
    "probe_icmp_packets_received",
    "probe_icmp_packet_loss_ratio",
    "probe_icmp_rtt_min_seconds",
    "probe_icmp_rtt_mean_seconds",
    "probe_icmp_rtt_max_seconds",
    "probe_timeout_seconds",  # newer than 0.28
    "probe_tls_cipher_info",  # there for http alone, and newer than 0.23
}
# What is allowed to differ in single cases: (module, how the difference begins) -> why.
EXCUSED = {
    ("http", "only ours has probe_http_duration_seconds"): "without an address theirs has one phase, ours all",
    ("tcp", "only ours has probe_failed_due_to"): "0.28 leaves them out when it cannot connect, 0.23 has one of them",
    ("tcp_tls", "only ours has probe_failed_due_to"): "as with tcp",
    ("tcp_banner", "only ours has probe_failed_due_to_bytes"): "newer than 0.23",
    ("tcp_other", "only ours has probe_failed_due_to_bytes"): "newer than 0.23",
    ("http_ssl", "only ours has probe_ssl"): "ours tells the dates of a certificate that was refused",
    ("http_ssl", "only ours has probe_tls"): "likewise",
    ("tcp_tls", "only ours has probe_ssl"): "likewise",
    ("tcp_tls", "only ours has probe_tls"): "likewise",
    ("http_insecure", "only theirs has probe_ssl_last_chain"): "the year 1, where nothing was verified",
}

# Values that time, or the two programs' own addresses, make differ.
MOVING = re.compile(r"probe_(duration|timeout|dns_lookup_time|http_duration|dns_duration|icmp_duration)_")


@dataclass(frozen=True)
class Places:
    """Ports of the servers that are probed."""

    ok: int
    missing: int
    moved: int
    headed: int
    packed: int
    good_tls: int
    expired_tls: int
    banner: int
    name_udp: int
    name_tcp: int
    closed: int


CASES = [
    ("http", "http://127.0.0.1:{ok}/"),
    ("http", "127.0.0.1:{ok}"),
    ("http", "http://127.0.0.1:{missing}/"),
    ("http", "http://127.0.0.1:{moved}/"),
    ("http", "http://127.0.0.1:{closed}/"),
    ("http", "http://127.0.0.1:{banner}/"),
    ("http", "http://name.invalid/"),
    ("http_404", "http://127.0.0.1:{missing}/"),
    ("http_no_follow", "http://127.0.0.1:{moved}/"),
    ("http_body", "http://127.0.0.1:{ok}/"),
    ("http_not_body", "http://127.0.0.1:{ok}/"),
    ("http_header", "http://127.0.0.1:{ok}/"),
    ("http_header", "http://127.0.0.1:{headed}/"),
    ("http_ssl", "https://127.0.0.1:{good_tls}/"),
    ("http_ssl", "http://127.0.0.1:{ok}/"),
    ("http_ssl", "https://127.0.0.1:{expired_tls}/"),
    ("http_insecure", "https://127.0.0.1:{expired_tls}/"),
    ("http_post", "http://127.0.0.1:{ok}/"),
    ("http_gzip", "http://127.0.0.1:{packed}/"),
    ("http_gzip", "http://127.0.0.1:{ok}/"),
    ("http_version", "http://127.0.0.1:{ok}/"),
    ("http_small", "http://127.0.0.1:{ok}/"),
    ("tcp", "127.0.0.1:{ok}"),
    ("tcp", "127.0.0.1:{closed}"),
    ("tcp", "127.0.0.1"),
    ("tcp_banner", "127.0.0.1:{banner}"),
    ("tcp_other", "127.0.0.1:{banner}"),
    ("tcp_tls", "127.0.0.1:{good_tls}"),
    ("tcp_tls", "127.0.0.1:{expired_tls}"),
    ("icmp", "127.0.0.1"),
    ("icmp", "::1"),
    ("dns", "127.0.0.1:{name_udp}"),
    ("dns", "127.0.0.1:{closed}"),
    ("dns_tcp", "127.0.0.1:{name_tcp}"),
    ("dns_soa", "127.0.0.1:{name_udp}"),
    ("dns_mx", "127.0.0.1:{name_udp}"),
    ("dns_nothing", "127.0.0.1:{name_udp}"),
    ("dns_nxdomain", "127.0.0.1:{name_udp}"),
    ("dns_all", "127.0.0.1:{name_udp}"),
    ("dns_not_all", "127.0.0.1:{name_udp}"),
    ("dns_none", "127.0.0.1:{name_udp}"),
]


@asynccontextmanager
async def places(folder: Path) -> AsyncIterator[Places]:
    """All the servers."""
    (folder / "good").mkdir()
    (folder / "bad").mkdir()
    good = certificates.server(folder / "good", certificates.GOOD)
    bad = certificates.server(folder / "bad", certificates.EXPIRED)
    modified = page(Last_Modified="Wed, 21 Oct 2015 07:28:00 GMT")

    async def banner(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")
        await reader.read(-1)

    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        ok = await enter(serving(saying(modified)))
        async with serving(silent) as closed:
            pass
        packed = bytes.fromhex("1f8b08000000000000ffcb48cdc9c9070086a6103605000000")
        yield Places(
            ok=ok,
            missing=await enter(serving(saying(page(status="404 Not Found")))),
            moved=await enter(serving(saying(page(b"", "302 Found", Location=f"http://127.0.0.1:{ok}/")))),
            headed=await enter(serving(saying(page(X_A="b")))),
            packed=await enter(serving(saying(page(packed, Content_Encoding="gzip")))),
            good_tls=await enter(serving(saying(page()), good)),
            expired_tls=await enter(serving(saying(page()), bad)),
            banner=await enter(serving(banner)),
            name_udp=(await enter(over_udp()))[0],
            name_tcp=await enter(over_tcp()),
            closed=closed,
        )


@asynccontextmanager
async def blackbox(config: Path, suite: str) -> AsyncIterator[str]:
    """Debian's exporter on a free port; yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = await asyncio.to_thread(tools.find, "blackbox_exporter", suite)
    arguments = [f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]
    process = await asyncio.create_subprocess_exec(program, *arguments, stderr=asyncio.subprocess.DEVNULL)
    try:
        await listening(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


async def listening(port: int) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


def lines(text: str) -> dict[str, str]:
    """Sample -> value, without comments."""
    samples = (line for line in text.splitlines() if line and not line.startswith("#"))
    # This label is newer than 0.23.
    return dict(re.sub(r'serialnumber="[0-9a-f]+",', "", line).rsplit(" ", 1) for line in samples)


def families(text: str) -> dict[str, str]:
    """Name -> help of each family."""
    return dict(re.findall(r"^# HELP (\S+) (.*)$", text, re.M))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "blackbox.yml"
    path.write_text(MODULES.replace("CA", certificates.authority_file(tmp_path)))
    return path


@pytest.mark.parametrize("suite", ["stable", "newest"])
async def test_verdicts_names_help_and_values_are_the_same(tmp_path: Path, config: Path, suite: str) -> None:
    modules = module_file.load(config)
    differences: list[str] = []
    async with places(tmp_path) as ports, blackbox(config, suite) as address, aiohttp.ClientSession() as session:
        for name, template in CASES:
            target = template.format(**vars(ports))
            async with session.get(f"{address}/probe", params={"module": name, "target": target}) as answer:
                theirs = await answer.text()
            found = await outcome(target, modules[name], seconds=modules[name].timeout or 5)
            ours = render(found.families, openmetrics=False).decode()
            differences += [f"{name} {target}: {line}" for line in compared(name, theirs, ours)]
    assert not differences, "\n".join(differences)


DELAY = 0.3  # seconds that the head of an answer, and then its body, at least take


async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    await asyncio.sleep(1.1 * DELAY)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
    await writer.drain()
    await asyncio.sleep(1.5 * DELAY)
    writer.write(b"hello")


@pytest.mark.parametrize("suite", ["stable", "newest"])
async def test_a_delay_is_told_in_the_same_phase_and_size(config: Path, suite: str) -> None:
    async with serving(slow) as port, blackbox(config, suite) as address, aiohttp.ClientSession() as session:
        target = f"http://127.0.0.1:{port}/"
        async with session.get(f"{address}/probe", params={"module": "http", "target": target}) as answer:
            theirs = phases(await answer.text())
        found = await outcome(target, module_file.load(config)["http"])
    ours = phases(render(found.families, openmetrics=False).decode())
    assert theirs.keys() == ours.keys()
    for told in (theirs, ours):
        assert DELAY <= told["processing"] < 10 * DELAY, (theirs, ours)
        assert DELAY <= told["transfer"] < 10 * DELAY, (theirs, ours)
        assert 2 * DELAY <= sum(told.values()) < 10 * DELAY, (theirs, ours)


def phases(text: str) -> dict[str, float]:
    """Phase -> seconds of an http probe."""
    found = re.findall(r'^probe_http_duration_seconds\{phase="(\w+)"\} (\S+)$', text, re.M)
    return {phase: float(seconds) for phase, seconds in found}


def compared(module: str, theirs: str, ours: str) -> list[str]:
    """What differs and has no right to."""
    help_of_theirs, help_of_ours = families(theirs), families(ours)
    both = help_of_theirs.keys() & help_of_ours.keys()
    found = [f"help of {name}" for name in both if help_of_ours[name] != help_of_theirs[name]]
    mine, others = lines(ours), lines(theirs)
    unmoved = {sample for sample in mine.keys() & others.keys() if not MOVING.match(sample)}
    wrong = [sample for sample in unmoved if float(mine[sample]) != float(others[sample])]
    found += [f"{sample}: theirs {others[sample]}, ours {mine[sample]}" for sample in wrong]
    found += [f"only ours has {sample}" for sample in mine.keys() - others.keys() if name_of(sample) not in OURS_ALONE]
    found += [f"only theirs has {sample}" for sample in others.keys() - mine.keys()]
    return [line for line in found if not any(module == m and line.startswith(text) for m, text in EXCUSED)]


def name_of(sample: str) -> str:
    return sample.partition("{")[0]
