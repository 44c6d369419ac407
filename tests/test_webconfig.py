"""TLS, client certificates and basic authentication from a web configuration file, over real connections."""

import asyncio
import base64
import os
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_address
from pathlib import Path

import bcrypt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from exporter import webconfig
from exporter.gate import NOBODY, nobody
from exporter.webconfig import ConfigError, Gate, Watched

ALICE = bcrypt.hashpw("pässwörd ☂".encode(), bcrypt.gensalt(4)).decode()
BOB = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()
USERS = {"alice": ALICE, "bob": BOB}


@dataclass
class Pair:
    """A certificate and its key, ready to sign others."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        no_password = serialization.NoEncryption()
        form = serialization.PrivateFormat.PKCS8
        return self.key.private_bytes(serialization.Encoding.PEM, form, no_password).decode()

    def write(self, directory: Path, name: str) -> None:
        (directory / f"{name}.pem").write_text(self.pem)
        (directory / f"{name}.key").write_text(self.key_pem)


def issue(name: str, issuer: Pair | None = None, sans: tuple[x509.GeneralName, ...] = ()) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if sans:
        builder = builder.add_extension(x509.SubjectAlternativeName(sans), critical=False)
    return Pair(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


AUTHORITY = issue("authority")
STRANGER = issue("another authority")
SERVER = issue("first", AUTHORITY, (x509.DNSName("localhost"),))
SECOND = issue("second", AUTHORITY, (x509.DNSName("localhost"),))
CLIENT_SANS = (x509.DNSName("prometheus.example"), x509.IPAddress(ip_address("::1")))
CLIENT = issue("client", AUTHORITY, CLIENT_SANS)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    for name, pair in {"server": SERVER, "client": CLIENT, "ca": AUTHORITY, "stranger": STRANGER}.items():
        pair.write(tmp_path, name)
    return tmp_path


def written(directory: Path, *lines: str, tls: tuple[str, ...] | None = ()) -> Path:
    """web.yml with the server's certificate, `tls` lines in its section and other lines after it."""
    section = [
        "tls_server_config:",
        "  cert_file: server.pem",
        "  key_file: server.key",
        *(f"  {x}" for x in tls or ()),
    ]
    (directory / "web.yml").write_text("\n".join([*(section if tls is not None else []), *lines]) + "\n")
    return directory / "web.yml"


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readline()
    writer.write(b"hello\n")
    writer.close()


@asynccontextmanager
async def serving(context: ssl.SSLContext | None) -> AsyncIterator[int]:
    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


def client(directory: Path, identity: str | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(directory / "ca.pem"))
    if identity:
        context.load_cert_chain(directory / f"{identity}.pem", directory / f"{identity}.key")
    return context


async def served_name(port: int, context: ssl.SSLContext, host: str = "localhost") -> str:
    """Exchange a line and return the common name of the server's certificate."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=host)
    try:
        writer.write(b"hi\n")
        assert await reader.readline() == b"hello\n"
        certificate = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        return str(
            x509.load_der_x509_certificate(certificate)
            .subject.rdns[0]
            .get_attributes_for_oid(NameOID.COMMON_NAME)[0]
            .value
        )
    finally:
        writer.close()


async def refused(port: int, context: ssl.SSLContext) -> bool:
    try:
        await served_name(port, context)
    # TLS 1.3 tells a client of its refused certificate only after the handshake: the answer is then empty.
    except (ssl.SSLError, ConnectionError, AssertionError):
        return True
    return False


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class Counted:
    """bcrypt, counting; `gate` holds every check until it is set."""

    def __init__(self) -> None:
        self.hashes: list[bytes] = []
        self.passwords: list[bytes] = []
        self.threads: set[int] = set()
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, password: bytes, hashed: bytes) -> bool:
        self.gate.wait(10)
        self.hashes.append(hashed)
        self.passwords.append(password)
        self.threads.add(threading.get_ident())
        return bcrypt.checkpw(password, hashed)


Opened = Callable[..., Gate]


@pytest.fixture
def opened() -> Iterator[Opened]:
    gates: list[Gate] = []

    def make(check: Counted, users: dict[str, str] = USERS, **limits: int) -> Gate:
        gates.append(Gate(lambda: users, b"k" * 32, check, **limits))
        return gates[-1]

    yield make
    for gate in gates:
        gate.close()


# TLS


async def test_a_certificate_from_the_file_is_served(directory: Path) -> None:
    async with serving(webconfig.load(written(directory)).ssl_context()) as port:
        assert await served_name(port, client(directory)) == "first"


async def test_a_certificate_written_inline_is_served(directory: Path) -> None:
    indented = [
        f"  {key}: |\n    " + text.replace("\n", "\n    ")
        for key, text in (("cert", SERVER.pem), ("key", SERVER.key_pem))
    ]
    (directory / "web.yml").write_text("tls_server_config:\n" + "\n".join(indented))
    async with serving(webconfig.load(directory / "web.yml").ssl_context()) as port:
        assert await served_name(port, client(directory)) == "first"


async def test_only_the_client_with_a_certificate_of_the_authority_is_let_in(directory: Path) -> None:
    tls = ("client_ca_file: ca.pem", "client_auth_type: RequireAndVerifyClientCert")
    async with serving(webconfig.load(written(directory, tls=tls)).ssl_context()) as port:
        assert await served_name(port, client(directory, "client")) == "first"
        assert await refused(port, client(directory))
        assert await refused(port, client(directory, "stranger"))


async def test_a_certificate_is_verified_if_given_and_not_missed_otherwise(directory: Path) -> None:
    tls = ("client_ca_file: ca.pem", "client_auth_type: VerifyClientCertIfGiven")
    async with serving(webconfig.load(written(directory, tls=tls)).ssl_context()) as port:
        assert await served_name(port, client(directory, "client")) == "first"
        assert await served_name(port, client(directory)) == "first"
        assert await refused(port, client(directory, "stranger"))


@pytest.mark.parametrize("kind", ["NoClientCert", "RequestClientCert"])
async def test_an_unverified_certificate_lets_everybody_in(directory: Path, kind: str) -> None:
    async with serving(webconfig.load(written(directory, tls=(f"client_auth_type: {kind}",))).ssl_context()) as port:
        assert await served_name(port, client(directory, "stranger")) == "first"


@pytest.mark.parametrize("kind", ["RequireAnyClientCert", "RequireClientCert"])
async def test_any_required_certificate_is_verified_too(directory: Path, kind: str) -> None:
    tls = ("client_ca_file: ca.pem", f"client_auth_type: {kind}")
    async with serving(webconfig.load(written(directory, tls=tls)).ssl_context()) as port:
        assert await served_name(port, client(directory, "client")) == "first"
        assert await refused(port, client(directory))


async def test_a_client_below_min_version_is_refused(directory: Path) -> None:
    async with serving(webconfig.load(written(directory, tls=("min_version: TLS13",))).ssl_context()) as port:
        old = client(directory)
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        assert await refused(port, old)
        assert await served_name(port, client(directory)) == "first"


async def test_a_client_above_max_version_is_refused(directory: Path) -> None:
    async with serving(webconfig.load(written(directory, tls=("max_version: TLS12",))).ssl_context()) as port:
        new = client(directory)
        new.minimum_version = ssl.TLSVersion.TLSv1_3
        assert await refused(port, new)


async def test_only_the_named_cipher_suites_are_spoken(directory: Path) -> None:
    tls = ("cipher_suites: [TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256]", "max_version: TLS12")
    async with serving(webconfig.load(written(directory, tls=tls)).ssl_context()) as port:
        other = client(directory)
        other.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
        assert await refused(port, other)
        assert await served_name(port, client(directory)) == "first"


async def test_suites_of_tls13_alone_leave_no_tls12(directory: Path) -> None:
    async with serving(
        webconfig.load(written(directory, tls=("cipher_suites: [TLS_AES_128_GCM_SHA256]",))).context
    ) as port:
        old = client(directory)
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        assert await refused(port, old)


@pytest.mark.parametrize("curve", ["CurveP256", "CurveP384", "CurveP521", "X25519"])
async def test_a_single_curve_is_the_only_one(directory: Path, curve: str) -> None:
    async with serving(webconfig.load(written(directory, tls=(f"curve_preferences: [{curve}]",))).context) as port:
        assert await served_name(port, client(directory)) == "first"
        other = client(directory)
        other.set_ecdh_curve("X25519" if curve != "X25519" else "prime256v1")
        assert await refused(port, other)


def test_the_clients_preference_can_be_left_in_force(directory: Path) -> None:
    contexts = [
        webconfig.load(written(directory, tls=(f"prefer_server_cipher_suites: {flag}",))).ssl_context()
        for flag in ("true", "false")
    ]
    preferred = [bool(c.options & ssl.OP_CIPHER_SERVER_PREFERENCE) for c in contexts if c is not None]
    assert preferred == [True, False]


async def test_the_name_in_a_client_certificate_must_be_an_allowed_one(directory: Path) -> None:
    tls = ("client_ca_file: ca.pem", "client_auth_type: RequireAndVerifyClientCert", "client_allowed_sans: [{}]")
    peers: list[dict[str, object]] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peers.append(writer.get_extra_info("peercert"))
        await answer(reader, writer)

    config = webconfig.load(written(directory, tls=(*tls[:2], tls[2].format("prometheus.example"))))
    async with await asyncio.start_server(note, "127.0.0.1", 0, ssl=config.ssl_context()) as server:
        await served_name(server.sockets[0].getsockname()[1], client(directory, "client"))
    for allowed, let_in in (("prometheus.example", True), ("'::1'", True), ("'0:0::1'", True), ("example", False)):
        config = webconfig.load(written(directory, tls=(*tls[:2], tls[2].format(allowed))))
        assert config.allowed_peer(peers[0]) is let_in
        assert not config.allowed_peer(None)


def test_without_allowed_names_every_peer_will_do(directory: Path) -> None:
    assert webconfig.load(written(directory)).allowed_peer(None)
    assert webconfig.load(written(directory, tls=None)).allowed_peer({})


# Renewal


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


# The file


def test_an_empty_file_allows_everything(directory: Path) -> None:
    config = webconfig.load(written(directory, tls=None))
    assert (config.tls, config.ssl_context(), config.headers, config.users, config.rate_limit) == (
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


@pytest.mark.parametrize(
    ("tls", "message"),
    [
        ("min_version: TLS14", "min_version: expected one of TLS12, TLS13"),
        ("min_version: TLS10", "min_version: TLS10 is no longer safe"),
        ("{min_version: TLS13, max_version: TLS12}", "min_version: newer than max_version"),
        ("cipher_suites: [TLS_NULL]", 'cipher_suites: unknown "TLS_NULL"; known: TLS_ECDHE_ECDSA_WITH_AES_128'),
        ("{cipher_suites: [TLS_AES_128_GCM_SHA256], max_version: TLS12}", "none of them is of TLS 1.2"),
        ("curve_preferences: [P256]", 'curve_preferences: unknown "P256"; known: CurveP256'),
        ("client_auth_type: RequireAndVerify", 'did you mean "RequireAndVerifyClientCert"?'),
        ("client_auth_type: RequireAnyClientCert", "client_auth_type: needs client_ca or client_ca_file"),
        ("client_ca_file: ca.pem", "client_ca_file: has no effect without client_auth_type"),
        (
            "{client_ca: '-----BEGIN CERTIFICATE-----', client_auth_type: VerifyClientCertIfGiven}",
            "client_ca: not usable",
        ),
        ("client_allowed_sans: [a]", "client_allowed_sans: needs client_auth_type RequireAndVerifyClientCert"),
        (
            "{client_allowed_sans: [], client_ca_file: ca.pem, client_auth_type: RequireAndVerifyClientCert}",
            "client_allowed_sans: empty, so nobody would be let in",
        ),
    ],
)
def test_tls_settings_that_make_no_sense_are_refused(directory: Path, tls: str, message: str) -> None:
    with pytest.raises(ConfigError) as e:
        webconfig.load(written(directory, tls=tuple(tls.strip("{}").split(", ")) if tls[0] == "{" else (tls,)))
    assert message in str(e.value)


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"/web\.yml: cannot be read: No such file or directory$"):
        webconfig.load(tmp_path / "web.yml")


# Basic authentication


async def test_the_right_password_is_let_in_and_others_are_not(opened: Opened) -> None:
    gate = opened(Counted())
    assert await gate.admit(basic("bob", "secret"))
    assert not await gate.admit(basic("bob", "Secret"))
    assert not await gate.admit(basic("bob", ""))
    assert not await gate.admit(basic("alice", "secret"))
    assert not await gate.admit(basic("carol", "secret"))


async def test_a_password_may_hold_any_character(opened: Opened) -> None:
    gate = opened(Counted())
    assert await gate.admit(basic("alice", "pässwörd ☂"))
    assert not await gate.admit(basic("alice", "password"))


async def test_a_long_password_is_cut_where_bcrypt_stops_reading(opened: Opened) -> None:
    gate = opened(Counted(), {"carol": bcrypt.hashpw(b"x" * 72, bcrypt.gensalt(4)).decode()})
    assert await gate.admit(basic("carol", "x" * 200))


@pytest.mark.parametrize("prefix", ["$2a$", "$2b$", "$2y$"])
async def test_hashes_of_every_tool_are_understood(opened: Opened, prefix: str) -> None:
    assert await opened(Counted(), {"bob": prefix + BOB[4:]}).admit(basic("bob", "secret"))


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Basic",
        "Basic ",
        "Basic !!!!",
        "Basic Ym9i",
        "Basic Ym9iOnNlY3JldA",
        "Bearer Ym9iOnNlY3JldA==",
        "Ym9iOnNlY3JldA==",
        "Basic Ym9iOnNlY3JldA== x",
        "Basic ☂",
        "Basic \udcff",
        "Basic " + base64.b64encode(b"\xff\xfe:secret").decode(),
        "Basic " + "A" * 100_000,
    ],
)
async def test_a_malformed_header_lets_nobody_in(opened: Opened, header: str | None) -> None:
    assert not await opened(Counted()).admit(header)


async def test_the_schemes_name_may_be_written_in_any_case(opened: Opened) -> None:
    assert await opened(Counted()).admit("basic  Ym9iOnNlY3JldA==")


async def test_without_users_everybody_is_let_in_unchecked(opened: Opened) -> None:
    check = Counted()
    assert await opened(check, {}).admit(None)
    assert check.hashes == []


async def test_a_password_is_hashed_once_whether_right_or_wrong(opened: Opened) -> None:
    check = Counted()
    gate = opened(check)
    for password in ("secret", "wrong") * 5:
        assert await gate.admit(basic("bob", password)) is (password == "secret")
    assert len(check.hashes) == 2


async def test_an_unknown_user_costs_a_hash_as_dear_as_the_dearest(opened: Opened) -> None:
    check = Counted()
    users = {"bob": BOB, "carol": bcrypt.hashpw(b"x", bcrypt.gensalt(5)).decode()}
    assert not await opened(check, users).admit(basic("mallory", "x"))
    assert check.hashes == [f"$2b$05${NOBODY}".encode()]
    assert len(nobody(users)) == len(BOB)


async def test_hashing_happens_off_the_event_loop_and_one_at_a_time(opened: Opened) -> None:
    check = Counted()
    gate = opened(check)
    await asyncio.gather(*(gate.admit(basic("bob", f"{i}")) for i in range(10)))
    assert len(check.threads) == 1
    assert threading.get_ident() not in check.threads


async def test_a_flood_of_wrong_passwords_is_refused_beyond_the_waiting_ones(opened: Opened) -> None:
    check = Counted()
    gate = opened(check, waiting=3)
    await gate.admit(basic("bob", "secret"))
    check.gate.clear()
    flood = [asyncio.create_task(gate.admit(basic("bob", f"{i}"))) for i in range(100)]
    # Known credentials pass while the flood waits, and the loop is free.
    assert await gate.admit(basic("bob", "secret"))
    check.gate.set()
    assert not any(await asyncio.gather(*flood))
    assert len(check.hashes) == 1 + 3


async def test_the_same_credentials_at_the_same_time_are_hashed_once(opened: Opened) -> None:
    check = Counted()
    gate = opened(check, waiting=1)
    assert all(await asyncio.gather(*(gate.admit(basic("bob", "secret")) for _ in range(50))))
    assert len(check.hashes) == 1


async def test_a_client_that_hangs_up_does_not_take_the_verdict_from_others(opened: Opened) -> None:
    check = Counted()
    check.gate.clear()
    gate = opened(check)
    gone, stays = (asyncio.create_task(gate.admit(basic("bob", "secret"))) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    check.gate.set()
    assert await stays


async def test_wrong_passwords_do_not_push_right_ones_out_of_memory(opened: Opened) -> None:
    check = Counted()
    gate = opened(check, remembered=2)
    await gate.admit(basic("bob", "secret"))
    for i in range(10):
        await gate.admit(basic("bob", f"{i}"))
    assert await gate.admit(basic("bob", "secret"))
    assert len(check.hashes) == 11
    assert not await gate.admit(basic("bob", "0"))
    assert len(check.hashes) == 12


async def test_a_changed_password_ends_the_old_one_at_once(opened: Opened) -> None:
    users = {"bob": BOB}
    gate = opened(Counted(), users)
    assert await gate.admit(basic("bob", "secret"))
    users["bob"] = bcrypt.hashpw(b"new", bcrypt.gensalt(4)).decode()
    assert not await gate.admit(basic("bob", "secret"))
    assert await gate.admit(basic("bob", "new"))


async def test_a_removed_user_is_out_at_once(opened: Opened) -> None:
    users = dict(USERS)
    gate = opened(Counted(), users)
    assert await gate.admit(basic("bob", "secret"))
    del users["bob"]
    assert not await gate.admit(basic("bob", "secret"))


async def test_users_of_the_file_are_those_of_the_gate(directory: Path) -> None:
    watched = Watched(written(directory, "basic_auth_users:", f"  bob: {BOB}", tls=None), now=0.0)
    gate = Gate(partial(lambda: watched.current(1.0).users), b"k" * 32)
    try:
        assert await gate.admit(basic("bob", "secret"))
        assert not await gate.admit(None)
    finally:
        gate.close()
