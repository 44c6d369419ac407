"""TLS and client certificates as the file says, over real connections."""

import asyncio
import ssl
from pathlib import Path

import pytest

from tests.tlspartners import (
    SERVER,
    answer,
    client,
    refused,
    served_name,
    serving,
    write_all,
    written,
)
from toolkit import webconfig
from toolkit.webconfig import ConfigError


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    write_all(tmp_path)
    return tmp_path


async def test_a_certificate_from_the_file_is_served(directory: Path) -> None:
    async with serving(webconfig.load(written(directory)).context) as port:
        assert await served_name(port, client(directory)) == "first"


async def test_a_certificate_written_inline_is_served(directory: Path) -> None:
    indented = [
        f"  {key}: |\n    " + text.replace("\n", "\n    ")
        for key, text in (("cert", SERVER.pem), ("key", SERVER.key_pem))
    ]
    (directory / "web.yml").write_text("tls_server_config:\n" + "\n".join(indented))
    async with serving(webconfig.load(directory / "web.yml").context) as port:
        assert await served_name(port, client(directory)) == "first"


async def test_only_the_client_with_a_certificate_of_the_authority_is_let_in(directory: Path) -> None:
    tls = ("client_ca_file: ca.pem", "client_auth_type: RequireAndVerifyClientCert")
    async with serving(webconfig.load(written(directory, tls=tls)).context) as port:
        assert await served_name(port, client(directory, "client")) == "first"
        assert await refused(port, client(directory))
        assert await refused(port, client(directory, "stranger"))


async def test_a_certificate_is_verified_if_given_and_not_missed_otherwise(directory: Path) -> None:
    tls = ("client_ca_file: ca.pem", "client_auth_type: VerifyClientCertIfGiven")
    async with serving(webconfig.load(written(directory, tls=tls)).context) as port:
        assert await served_name(port, client(directory, "client")) == "first"
        assert await served_name(port, client(directory)) == "first"
        assert await refused(port, client(directory, "stranger"))


@pytest.mark.parametrize("kind", ["NoClientCert", "RequestClientCert"])
async def test_an_unverified_certificate_lets_everybody_in(directory: Path, kind: str) -> None:
    async with serving(webconfig.load(written(directory, tls=(f"client_auth_type: {kind}",))).context) as port:
        assert await served_name(port, client(directory, "stranger")) == "first"


@pytest.mark.parametrize("kind", ["RequireAnyClientCert", "RequireClientCert"])
async def test_any_required_certificate_is_verified_too(directory: Path, kind: str) -> None:
    tls = ("client_ca_file: ca.pem", f"client_auth_type: {kind}")
    async with serving(webconfig.load(written(directory, tls=tls)).context) as port:
        assert await served_name(port, client(directory, "client")) == "first"
        assert await refused(port, client(directory))


async def test_a_client_below_min_version_is_refused(directory: Path) -> None:
    async with serving(webconfig.load(written(directory, tls=("min_version: TLS13",))).context) as port:
        old = client(directory)
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        assert await refused(port, old)
        assert await served_name(port, client(directory)) == "first"


async def test_a_client_above_max_version_is_refused(directory: Path) -> None:
    async with serving(webconfig.load(written(directory, tls=("max_version: TLS12",))).context) as port:
        new = client(directory)
        new.minimum_version = ssl.TLSVersion.TLSv1_3
        assert await refused(port, new)


async def test_only_the_named_cipher_suites_are_spoken(directory: Path) -> None:
    tls = ("cipher_suites: [TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256]", "max_version: TLS12")
    async with serving(webconfig.load(written(directory, tls=tls)).context) as port:
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


@pytest.mark.parametrize("curve", ["CurveP256", "CurveP384", "CurveP521"])
async def test_a_single_curve_is_the_only_one(directory: Path, curve: str) -> None:
    async with serving(webconfig.load(written(directory, tls=(f"curve_preferences: [{curve}]",))).context) as port:
        assert await served_name(port, client(directory)) == "first"
        other = client(directory)
        other.set_ecdh_curve("secp384r1" if curve != "CurveP384" else "prime256v1")
        assert await refused(port, other)


async def test_x25519_is_the_only_curve_where_python_can_be_held_to_it(directory: Path) -> None:
    file = written(directory, tls=("curve_preferences: [X25519]",))
    try:
        client(directory).set_ecdh_curve("X25519")
    except ssl.SSLError:
        with pytest.raises(ConfigError, match="curve_preferences: this Python cannot be held to X25519"):
            webconfig.load(file)
        return
    async with serving(webconfig.load(file).context) as port:
        assert await served_name(port, client(directory)) == "first"
        other = client(directory)
        other.set_ecdh_curve("prime256v1")
        assert await refused(port, other)


def test_a_curve_that_this_python_does_not_know_is_named(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssl.SSLContext, "set_ecdh_curve", _knows_none)
    with pytest.raises(ConfigError, match="curve_preferences: this Python cannot be held to CurveP521"):
        webconfig.load(written(directory, tls=("curve_preferences: [CurveP521]",)))


def _knows_none(_: ssl.SSLContext, name: str) -> None:
    raise ssl.SSLError(1, f"unknown group {name}")


def test_the_clients_preference_can_be_left_in_force(directory: Path) -> None:
    contexts = [
        webconfig.load(written(directory, tls=(f"prefer_server_cipher_suites: {flag}",))).context
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
    async with await asyncio.start_server(note, "127.0.0.1", 0, ssl=config.context) as server:
        await served_name(server.sockets[0].getsockname()[1], client(directory, "client"))
    for allowed, let_in in (("prometheus.example", True), ("'::1'", True), ("'0:0::1'", True), ("example", False)):
        config = webconfig.load(written(directory, tls=(*tls[:2], tls[2].format(allowed))))
        assert config.allowed_peer(peers[0]) is let_in
        assert not config.allowed_peer(None)


def test_without_allowed_names_every_peer_will_do(directory: Path) -> None:
    assert webconfig.load(written(directory)).allowed_peer(None)
    assert webconfig.load(written(directory, tls=None)).allowed_peer({})


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
