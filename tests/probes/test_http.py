"""The http probe against servers of all manners."""

import asyncio
import base64
import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

import pytest

from exporter.probes import http_request
from tests.probes import certificates
from tests.probes.partners import module, names, outcome, page, reading, saying, serving, silent, steps


async def test_a_good_answer_is_a_success_with_all_readings() -> None:
    answer = page(b"hello", Last_Modified="Wed, 21 Oct 2015 07:28:00 GMT")
    async with serving(saying(answer)) as port:
        found = await outcome(f"http://127.0.0.1:{port}/", module())
    assert found.success
    assert reading(found, "probe_success") == 1
    assert reading(found, "probe_http_status_code") == 200
    assert reading(found, "probe_http_content_length") == 5
    assert reading(found, "probe_http_uncompressed_body_length") == 5
    assert reading(found, "probe_http_version") == 1.1
    assert reading(found, "probe_http_redirects") == 0
    assert reading(found, "probe_http_ssl") == 0
    assert reading(found, "probe_http_last_modified_timestamp_seconds") == 1445412480
    assert reading(found, "probe_ip_protocol") == 4
    assert reading(found, "probe_ip_addr_hash") == 3668918509
    assert "probe_failure_info" not in names(found)
    phases = {phase: reading(found, "probe_http_duration_seconds", phase=phase) for phase in PHASES}
    assert 0 < sum(phases.values()) <= reading(found, "probe_duration_seconds")
    assert phases["tls"] == 0


PHASES = ("resolve", "connect", "tls", "processing", "transfer")


@pytest.mark.parametrize(
    ("text", "told"),
    [("Wed, 21 Oct 2015 07:28:00 -0000", 1445412480), ("Wed, 21 Oct 2015 09:28:00 +0200", 1445412480), ("never", None)],
)
async def test_last_modified_is_a_date_or_nothing(text: str, told: float | None) -> None:
    async with serving(saying(page(Last_Modified=text))) as port:
        found = await outcome(f"http://127.0.0.1:{port}/", module())
    name = "probe_http_last_modified_timestamp_seconds"
    assert found.success
    assert (reading(found, name) if told else name in names(found)) == (told or False)


async def test_a_target_without_a_scheme_is_http() -> None:
    async with serving(saying(page())) as port:
        assert (await outcome(f"127.0.0.1:{port}/x", module())).success


@pytest.mark.parametrize(
    ("text", "answer", "reason"),
    [
        ("{prober: http}", page(status="404 Not Found"), "status"),
        ("{prober: http, http: {valid_status_codes: [404]}}", page(status="404 Not Found"), None),
        ("{prober: http, http: {valid_status_codes: [200]}}", page(status="204 No Content", body=b""), "status"),
        ("{prober: http, http: {valid_http_versions: [HTTP/2.0]}}", page(), "version"),
        ("{prober: http, http: {valid_http_versions: [HTTP/1.0, HTTP/1.1]}}", page(), None),
        ("{prober: http, http: {fail_if_not_ssl: true}}", page(), "ssl"),
        ("{prober: http, http: {fail_if_body_matches_regexp: ['hel+o']}}", page(), "body"),
        ("{prober: http, http: {fail_if_body_not_matches_regexp: ['hel+o', '^x']}}", page(), "body"),
        ("{prober: http, http: {fail_if_body_not_matches_regexp: ['^hello$']}}", page(), None),
        ("{prober: http, http: {fail_if_header_matches: [{header: x-a, regexp: b}]}}", page(X_A="abc"), "header"),
        ("{prober: http, http: {fail_if_header_matches: [{header: x-a, regexp: b}]}}", page(), "header"),
        (
            "{prober: http, http: {fail_if_header_matches: [{header: x-a, regexp: b, allow_missing: true}]}}",
            page(),
            None,
        ),
        ("{prober: http, http: {fail_if_header_not_matches: [{header: X-A, regexp: b}]}}", page(X_A="abc"), None),
        ("{prober: http, http: {fail_if_header_not_matches: [{header: X-A, regexp: b}]}}", page(X_A="c"), "header"),
        ("{prober: http, http: {body_size_limit: 4B}}", page(), "size"),
        ("{prober: http, http: {body_size_limit: 5B}}", page(), None),
        ("{prober: http}", b"SSH-2.0-OpenSSH\r\n", "protocol"),
        ("{prober: http}", b"", "closed"),
        ("{prober: http}", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", "closed"),
        ("{prober: http}", b"HTTP/1.1 200 OK\r\nX: " + b"a" * 1_000_000 + b"\r\n\r\n", "size"),
        ("{prober: http}", b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 1000 + b"\r\n", "protocol"),
    ],
)
async def test_each_rule_gives_its_reason(text: str, answer: bytes, reason: str | None) -> None:
    async with serving(saying(answer)) as port:
        found = await outcome(f"http://127.0.0.1:{port}/", module(text))
    assert found.reason == reason
    assert reading(found, "probe_success") == (reason is None)
    if reason:
        assert reading(found, "probe_failure_info", reason=reason) == 1


async def test_the_first_of_several_troubles_is_the_reason_and_all_are_in_the_steps() -> None:
    wanted = module("{prober: http, http: {fail_if_body_matches_regexp: [hello], fail_if_not_ssl: true}}")
    async with serving(saying(page(status="500 No"))) as port:
        found = await outcome(f"http://127.0.0.1:{port}/", wanted)
    assert found.reason == "status"
    assert "the body matches hello" in steps(found)
    assert "was not over TLS" in steps(found)
    assert reading(found, "probe_failed_due_to_regex") == 1


async def test_the_request_is_as_the_module_says(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from-file\n")
    (tmp_path / "body").write_text("from a file")
    seen: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"from a file"))
        writer.write(page())

    wanted = module(
        f"""{{prober: http, http: {{method: post, body_file: {tmp_path}/body, headers: {{Host: vhost.example}},
        http_headers: {{X-Key: {{files: [{tmp_path}/key]}}, X-Many: {{values: [a, b]}}, X-Hidden: {{secrets: [hush]}}}},
        basic_auth: {{username: me, password: geheim}}}}}}"""
    )
    async with serving(talk) as port:
        found = await outcome(f"http://127.0.0.1:{port}/path?q=1", wanted)
    assert found.success, steps(found)
    head = seen[0].decode()
    assert head.startswith("POST /path?q=1 HTTP/1.1\r\n")
    assert "\r\nHost: vhost.example\r\n" in head
    assert "\r\nX-Key: from-file\r\n" in head
    assert "\r\nX-Many: b\r\n" in head
    assert "X-Many: a" not in head
    assert "\r\nX-Hidden: hush\r\n" in head
    assert f"\r\nAuthorization: Basic {base64.b64encode(b'me:geheim').decode()}\r\n" in head
    assert "Accept-Encoding" not in head
    for secret in ("hush", "geheim", "from-file", base64.b64encode(b"me:geheim").decode()):
        assert secret not in steps(found)


async def test_a_missing_body_file_is_the_modules_fault_and_nothing_is_sent() -> None:
    found = await outcome("http://127.0.0.1:1/", module("{prober: http, http: {body_file: /nowhere/body}}"))
    assert found.reason == "module"


def redirect(to: str, status: str = "302 Found") -> bytes:
    return page(b"", status, Location=to)


async def test_redirects_are_followed_and_counted() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1]
        writer.write({b"/": redirect("/a"), b"/a": redirect("b?c=d"), b"/b?c=d": page()}[first])

    async with serving(talk) as port:
        found = await outcome(f"http://127.0.0.1:{port}/", module())
    assert found.success
    assert reading(found, "probe_http_redirects") == 2


async def test_a_redirect_that_is_not_followed_is_judged_itself() -> None:
    wanted = module("{prober: http, http: {follow_redirects: false, valid_status_codes: [302]}}")
    async with serving(saying(redirect("/other"))) as port:
        found = await outcome(f"http://127.0.0.1:{port}/", wanted)
    assert found.success
    assert reading(found, "probe_http_redirects") == 1


@pytest.mark.parametrize(
    ("to", "reason"),
    [
        ("/", "redirects"),
        ("http://192.0.2.1/", "refused_target"),
        ("http://169.254.169.254/latest/meta-data/", "refused_target"),
        ("file:///etc/passwd", "redirects"),
        ("http://[::bad/", "redirects"),
        ("http://127.0.0.1:99999/", "redirects"),
        ("http://" + "a" * 60_000 + "/", "redirects"),
    ],
)
async def test_a_redirect_leads_only_where_the_gate_admits(to: str, reason: str) -> None:
    async with serving(saying(redirect(to))) as port:
        found = await outcome(f"http://127.0.0.1:{port}/", module())
    assert found.reason == reason
    assert reading(found, "probe_http_status_code") == 302


async def test_steps_are_few_and_short_whatever_is_sent() -> None:
    lines = "".join(f"X-{number}: {'a' * 60_000}\r\n" for number in range(100))
    async with serving(saying(f"HTTP/1.1 200 {'b' * 60_000}\r\nContent-Length: 0\r\n{lines}\r\n".encode())) as port:
        found = await outcome(f"http://127.0.0.1:{port}/", module())
    assert found.success
    assert len(steps(found)) < 20_000
    assert all(isinstance(step.told, str) or len(step.text) < 1000 for step in found.steps)


async def test_a_post_becomes_a_get_and_secrets_stay_with_their_host() -> None:
    heads: list[str] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(page())

    wanted = module(
        "{prober: http, http: {method: POST, body: 'x=1', authorization: {credentials: hush}, headers: {X-Api-Key: k}}}"
    )
    async with serving(talk) as second, serving(saying(redirect(f"http://127.0.0.2:{second}/", "303 See"))) as first:
        assert not (await outcome(f"http://127.0.0.1:{first}/", wanted)).success
    async with (
        serving(talk, host="127.0.0.2") as second,
        serving(saying(redirect(f"http://127.0.0.2:{second}/", "303 See"))) as first,
    ):
        assert (await outcome(f"http://127.0.0.1:{first}/", wanted)).success
    assert heads[0].startswith("GET / HTTP/1.1")
    assert "hush" not in heads[0]
    assert "X-Api-Key" not in heads[0]


@pytest.mark.parametrize("wrapper", ["gzip", "deflate"])
async def test_a_compressed_body_is_unpacked_and_measured_both_ways(wrapper: str) -> None:
    text = b"hello " * 1000
    raw = zlib.compressobj(wbits=-15)
    packed = gzip.compress(text) if wrapper == "gzip" else raw.compress(text) + raw.flush()
    wanted = module(
        f"{{prober: http, http: {{compression: {wrapper}, fail_if_body_not_matches_regexp: ['^(hello ){{1000}}$']}}}}"
    )
    async with serving(saying(page(packed, Content_Encoding=wrapper))) as port:
        found = await outcome(f"http://127.0.0.1:{port}/", wanted)
    assert found.success, steps(found)
    assert reading(found, "probe_http_content_length") == len(packed)
    assert reading(found, "probe_http_uncompressed_body_length") == len(text)


async def test_a_body_that_is_not_compressed_as_demanded_fails() -> None:
    async with serving(saying(page(b"plain text"))) as port:
        found = await outcome(f"http://127.0.0.1:{port}/", module("{prober: http, http: {compression: gzip}}"))
    assert found.reason == "body"


def bomb(megabytes: int) -> bytes:
    """Zeros, packed, without ever holding them all."""
    packer, block = zlib.compressobj(1, wbits=31), bytes(1_000_000)
    return b"".join(packer.compress(block) for _ in range(megabytes)) + packer.flush()


@contextmanager
def little_memory() -> Iterator[None]:
    """Less than 64 MB more than ever before."""
    before = getrusage(RUSAGE_SELF).ru_maxrss
    yield
    assert getrusage(RUSAGE_SELF).ru_maxrss - before < 64 * 1024


async def test_a_gzip_bomb_is_cut_at_the_limit() -> None:
    wanted = module("{prober: http, http: {compression: gzip, body_size_limit: 1MB}}")
    async with serving(saying(page(bomb(200)))) as port:
        with little_memory():
            found = await outcome(f"http://127.0.0.1:{port}/", wanted)
    assert found.reason == "size"
    assert reading(found, "probe_http_uncompressed_body_length") == 1 << 20


async def test_a_body_for_expressions_is_cut_at_what_is_kept() -> None:
    wanted = module("{prober: http, http: {compression: gzip, fail_if_body_matches_regexp: [x]}}")
    async with serving(saying(page(bomb(100)))) as port:
        with little_memory():
            assert (await outcome(f"http://127.0.0.1:{port}/", wanted)).reason == "size"


async def test_an_unlimited_gzip_bomb_costs_time_and_no_memory_and_lets_others_in() -> None:
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    task = asyncio.create_task(other())
    wanted = module("{prober: http, http: {compression: gzip}}")
    async with serving(saying(page(bomb(1000)))) as port:
        with little_memory():
            found = await outcome(f"http://127.0.0.1:{port}/", wanted, seconds=0.3)
    task.cancel()
    assert found.reason in ("timeout", None)
    assert turns > 100


async def test_an_expression_that_would_keep_a_backtracking_engine_for_years_is_answered() -> None:
    wanted = module("{prober: http, http: {fail_if_body_not_matches_regexp: ['^(a|a|aa)+$']}}")
    async with serving(saying(page(b"a" * 10_000 + b"b"))) as port:
        assert (await outcome(f"http://127.0.0.1:{port}/", wanted)).reason == "body"


async def test_a_server_that_never_answers_costs_the_budget_and_no_more() -> None:
    async with serving(silent) as port:
        found = await outcome(f"http://127.0.0.1:{port}/", module(), seconds=0.2)
    assert found.reason == "timeout"
    assert "time ran out" in steps(found)


async def test_a_server_that_drips_is_out_of_time() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with serving(talk) as port:
        found = await outcome(f"http://127.0.0.1:{port}/", module(), seconds=0.3)
    assert found.reason == "timeout"
    assert reading(found, "probe_http_status_code") == 200
    assert reading(found, "probe_http_uncompressed_body_length") > 0


async def test_an_endless_body_ends_with_the_budget() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
        while True:
            writer.write(bytes(65536))
            await writer.drain()

    async with serving(talk) as port:
        with little_memory():
            found = await outcome(f"http://127.0.0.1:{port}/", module(), seconds=0.3)
    assert found.reason == "timeout"


async def test_nobody_listening_is_a_refused_connection() -> None:
    async with serving(silent) as port:
        pass
    assert (await outcome(f"http://127.0.0.1:{port}/", module())).reason == "connect_refused"


@pytest.mark.parametrize("target", ["http://", "http://:80/", "http://[::1/", "http://127.0.0.1:99999/", "http://a b/"])
async def test_what_is_no_url_is_no_target(target: str) -> None:
    assert (await outcome(target, module())).reason in ("target", "refused_target", "dns_nxdomain")


async def test_a_user_and_password_in_the_url_are_sent_and_not_shown() -> None:
    seen: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(page())

    async with serving(talk) as port:
        found = await outcome(f"http://me:geheim@127.0.0.1:{port}/", module())
    assert b"Authorization: Basic " + base64.b64encode(b"me:geheim") in seen[0]
    assert "geheim" not in steps(found) + found.target


async def test_cookies_of_a_redirect_come_back_and_are_forgotten_after_the_probe() -> None:
    heads: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        again = heads[-1].startswith(b"GET /in ")
        writer.write(page() if again else page(b"", "302 Found", Location="/in", Set_Cookie="id=1"))

    async with serving(talk) as port:
        await outcome(f"http://127.0.0.1:{port}/", module())
        await outcome(f"http://127.0.0.1:{port}/", module())
    assert [b"Cookie: id=1" in head for head in heads] == [False, True, False, True]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2"])
async def test_cookies_do_not_follow_a_redirect_to_another_host_or_port(host: str) -> None:
    heads: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(page())

    async with serving(talk, host=host) as second:
        there = f"http://{host}:{second}/"
        moved = page(b"", "302 Found", Location=there, Set_Cookie="id=1")
        async with serving(saying(moved)) as first:
            assert (await outcome(f"http://127.0.0.1:{first}/", module())).success
    assert len(heads) == 1
    assert b"Cookie" not in heads[0]


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("http://a.test/", "http://a.test/x", True),
        ("http://a.test/", "http://A.test:80/", True),
        ("http://a.test/", "https://a.test/", True),
        ("http://a.test/", "http://b.test/", False),
        ("http://a.test/", "http://a.test:8080/", False),
        ("http://a.test:8080/", "https://a.test/", False),
        ("http://a.test:8080/", "https://a.test:8080/", False),
        ("https://a.test/", "http://a.test/", False),
        ("https://a.test/", "http://a.test:443/", False),
    ],
)
def test_what_is_private_stays_with_host_and_port_or_turns_to_their_https(old: str, new: str, same: bool) -> None:
    assert http_request.same_side(old, new) == same


async def test_https_with_a_good_certificate(tmp_path: Path) -> None:
    ca = certificates.authority_file(tmp_path)
    wanted = module(f"{{prober: http, http: {{fail_if_not_ssl: true, tls_config: {{ca_file: {ca}}}}}}}")
    async with serving(saying(page()), certificates.server(tmp_path, certificates.GOOD)) as port:
        found = await outcome(f"https://localhost:{port}/", wanted)
    assert found.success, steps(found)
    assert reading(found, "probe_http_ssl") == 1
    assert reading(found, "probe_ssl_earliest_cert_expiry") == certificates.GOOD.expiry
    assert reading(found, "probe_http_duration_seconds", phase="tls") > 0


async def test_no_request_and_no_password_goes_to_a_server_with_a_bad_certificate(tmp_path: Path) -> None:
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read())

    wanted = module("{prober: http, http: {basic_auth: {username: a, password: b}}}")
    async with serving(talk, certificates.server(tmp_path, certificates.SELF_SIGNED)) as port:
        found = await outcome(f"https://localhost:{port}/", wanted)
    assert found.reason == "tls_untrusted"
    assert reading(found, "probe_ssl_earliest_cert_expiry") == certificates.SELF_SIGNED.expiry
    assert b"".join(heard) == b""
