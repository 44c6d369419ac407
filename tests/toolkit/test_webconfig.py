"""The web configuration file, read whole, and read again when it changes."""

import asyncio
import base64
import os
from pathlib import Path

import bcrypt
import pytest

from tests.tlspartners import SECOND, client, refused, served_name, serving, write_all, written
from toolkit import webconfig
from toolkit.gate import Gate
from toolkit.webconfig import ConfigError, Watched

# The same salt each time: what is in a test's name must not change from run to run.
SALT = b"$2b$04$abcdefghijklmnopqrstuu"
ALICE = bcrypt.hashpw("pässwörd ☂".encode(), SALT).decode()
BOB = bcrypt.hashpw(b"secret", SALT).decode()


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    write_all(tmp_path)
    return tmp_path


async def test_a_renewed_certificate_is_served_without_a_restart(directory: Path) -> None:
    instants = iter([0.5, 1.0, 2.0])
    watched = Watched(written(directory), now=0.0)
    async with serving(watched.ssl_context(lambda: next(instants))) as port:
        assert watched.error is None
        SECOND.write(directory, "server")
        # Half a second after the last look nobody looks again; a second after it somebody does.
        assert [await served_name(port, client(directory)) for _ in range(3)] == ["first", "second", "second"]


async def test_a_tightened_client_policy_holds_for_the_next_connection(directory: Path) -> None:
    watched = Watched(written(directory), now=0.0)
    instants = iter(range(1, 10))
    async with serving(watched.ssl_context(lambda: next(instants))) as port:
        assert await served_name(port, client(directory)) == "first"
        written(directory, tls=("client_ca_file: ca.pem", "client_auth_type: RequireAndVerifyClientCert"))
        assert await refused(port, client(directory))
        assert await served_name(port, client(directory, "client")) == "first"


async def test_a_certificate_renewed_before_its_key_is_served_once_both_are_there(directory: Path) -> None:
    watched = Watched(written(directory), now=0.0)
    first = watched.current(0.0)
    (directory / "server.pem").write_text(SECOND.pem)
    assert watched.current(1.0) is first
    assert "does not belong to the certificate" in (watched.error or "")
    (directory / "server.key").write_text(SECOND.key_pem)
    assert watched.current(2.0) is not first
    assert watched.error is None


def test_a_broken_file_keeps_the_old_configuration_and_is_reported_once(
    directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    watched = Watched(written(directory, "basic_auth_users:", f"  bob: {BOB}", tls=None), now=0.0)
    (directory / "web.yml").write_text("basic_auth_userz: {}\n")
    for now in (1.0, 2.0, 3.0):
        assert watched.current(now).users == {"bob": BOB}
    assert 'unknown key; did you mean "basic_auth_users"?' in (watched.error or "")
    assert len(caplog.records) == 1


def test_a_file_that_vanishes_and_returns_is_read_again(directory: Path) -> None:
    path = written(directory, "basic_auth_users:", f"  bob: {BOB}", tls=None)
    watched = Watched(path, now=0.0)
    path.unlink()
    assert watched.current(1.0).users == {"bob": BOB}
    assert "cannot be read" in (watched.error or "")
    written(directory, "basic_auth_users:", f"  alice: {ALICE}", tls=None)
    assert watched.current(2.0).users == {"alice": ALICE}


def test_an_unchanged_file_is_not_read_again(directory: Path) -> None:
    watched = Watched(written(directory), now=0.0)
    assert watched.current(5.0) is watched.current(100.0)


def test_a_file_of_the_same_size_and_time_put_in_its_place_is_noticed(directory: Path) -> None:
    path = written(directory, "http_server_config: {headers: {X-Frame-Options: deny}}", tls=None)
    watched, before = Watched(path, now=0.0), path.stat()
    (directory / "new").write_text("http_server_config: {headers: {X-XSS-Protection: d}}".ljust(before.st_size))
    os.utime(directory / "new", ns=(before.st_atime_ns, before.st_mtime_ns))
    (directory / "new").rename(path)
    assert watched.current(1.0).headers == {"X-XSS-Protection": "d"}


def test_turning_tls_off_takes_a_restart(directory: Path) -> None:
    watched = Watched(written(directory), now=0.0)
    written(directory, tls=None)
    assert watched.current(1.0).tls is not None
    assert "takes a restart" in (watched.error or "")


def test_without_tls_there_is_no_context(directory: Path) -> None:
    assert Watched(written(directory, tls=None), now=0.0).ssl_context(lambda: 0.0) is None


def test_an_empty_file_allows_everything(directory: Path) -> None:
    config = webconfig.load(written(directory, tls=None))
    assert (config.tls, config.context, config.headers, config.users, config.rate_limit) == (
        None,
        None,
        {},
        {},
        None,
    )


def test_headers_and_the_rate_limit_are_read(directory: Path) -> None:
    lines = [
        "http_server_config:",
        "  http2: false",
        "  headers: {X-Frame-Options: deny, Strict-Transport-Security: max-age=1, X-Content-Type-Options: ''}",
        "rate_limit: {interval: 500ms, burst: 20}",
    ]
    config = webconfig.load(written(directory, *lines, tls=None))
    assert config.headers == {"X-Frame-Options": "deny", "Strict-Transport-Security": "max-age=1"}
    assert config.rate_limit == webconfig.RateLimit(0.5, 20)


def test_hashes_and_keys_are_in_no_representation(directory: Path) -> None:
    config = webconfig.load(written(directory, "basic_auth_users:", f"  bob: {BOB}"))
    assert BOB not in repr(config)
    assert "PRIVATE KEY" not in repr(config)


WRONG = [
    ("tls_server_confg: {}", 'web.yml:1: tls_server_confg: unknown key; did you mean "tls_server_config"?'),
    ("tls_server_config: {min_version: TLS12}", "tls_server_config.cert: missing; expected cert or cert_file"),
    ("tls_server_config: {cert_file: server.pem}", "tls_server_config.key: missing; expected key or key_file"),
    ("tls_server_config: {cert_fil: x}", 'tls_server_config.cert_fil: unknown key; did you mean "cert_file"?'),
    (
        "tls_server_config: {cert_file: none.pem, key_file: server.key}",
        "tls_server_config.cert_file: none.pem cannot be read: No such file or directory",
    ),
    (
        "tls_server_config: {cert_file: server.pem, key_file: client.key}",
        "tls_server_config.key_file: does not belong to the certificate",
    ),
    (
        "tls_server_config: {cert_file: server.key, key_file: server.key}",
        "tls_server_config.cert_file: holds no certificate in PEM form",
    ),
    (
        "tls_server_config: {cert_file: server.pem, key_file: server.pem}",
        "tls_server_config.key_file: holds no private key in PEM form",
    ),
    (
        "tls_server_config: {cert: x, cert_file: server.pem, key_file: server.key}",
        "tls_server_config.cert: given more than once: cert, cert_file",
    ),
    (
        "tls_server_config: {cert_file: server.pem, key: '-----BEGIN ENCRYPTED PRIVATE KEY-----'}",
        "tls_server_config.key: is encrypted; a server needs a key without passphrase",
    ),
    (
        "tls_server_config: {cert: '-----BEGIN CERTIFICATE-----', key_file: server.key}",
        "tls_server_config.cert: certificate or key is not usable: ",
    ),
    ("rate_limit: {interval: 1s}", "rate_limit.burst: missing; expected a whole number"),
    ("rate_limit: {interval: 1s, burst: 0}", "rate_limit.burst: expected at least 1, found 0"),
    ("rate_limit: {intervall: 1s}", 'rate_limit.intervall: unknown key; did you mean "interval"?'),
    ("http_server_config: {http3: true}", 'http_server_config.http3: unknown key; did you mean "http2"?'),
    ("http_server_config: {headers: {Server: x}}", "http_server_config.headers.Server: unknown key; known: "),
    (
        "http_server_config: {headers: {X-Frame-Options: allow}}",
        'http_server_config.headers.X-Frame-Options: expected deny or sameorigin, found "allow"',
    ),
    (
        'http_server_config: {headers: {X-XSS-Protection: "0\\r\\nSet-Cookie: a"}}',
        "http_server_config.headers.X-XSS-Protection: expected one line of ASCII",
    ),
    ("basic_auth_users: {bob: secret}", "basic_auth_users.bob: not a bcrypt hash"),
    ("basic_auth_users: [bob]", "basic_auth_users: expected a mapping, found a list"),
    (f"basic_auth_users: {{'a:b': {BOB}}}", "basic_auth_users.a:b: a user's name has one character"),
]


@pytest.mark.parametrize(("text", "message"), WRONG)
def test_a_wrong_file_is_one_line_that_names_the_key(directory: Path, text: str, message: str) -> None:
    (directory / "web.yml").write_text(text)
    with pytest.raises(ConfigError) as e:
        webconfig.load(directory / "web.yml")
    assert message in str(e.value)
    assert str(e.value).startswith(f"{directory}/web.yml:1: ")
    assert "\n" not in str(e.value)
    assert "secret" not in str(e.value)


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"/web\.yml: cannot be read: No such file or directory$"):
        webconfig.load(tmp_path / "web.yml")


async def test_over_tls_the_right_password_is_let_in_and_a_wrong_or_unknown_one_is_not(directory: Path) -> None:
    users = ["basic_auth_users:", f"  bob: {BOB}", f"  alice: {ALICE}"]
    watched = Watched(written(directory, *users), now=0.0)
    gate = Gate(lambda: watched.current(0.0).users, b"k" * 32)

    async def guard(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        authorization = (await reader.readline()).decode().strip() or None
        writer.write(b"200\n" if await gate.admit(authorization) else b"401\n")
        writer.close()

    async def status(port: int, authorization: str) -> bytes:
        secure = client(directory)
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=secure, server_hostname="localhost")
        writer.write(f"{authorization}\n".encode())
        line = await reader.readline()
        writer.close()
        return line.strip()

    server = await asyncio.start_server(guard, "127.0.0.1", 0, ssl=watched.ssl_context(lambda: 0.0))
    port = server.sockets[0].getsockname()[1]
    asked = [basic("bob", "secret"), basic("alice", "pässwörd ☂"), basic("bob", "x"), basic("eve", "secret"), "", "x"]
    try:
        assert [await status(port, a) for a in asked] == [b"200", b"200", b"401", b"401", b"401", b"401"]
    finally:
        server.close()
        await server.wait_closed()
        gate.close()
