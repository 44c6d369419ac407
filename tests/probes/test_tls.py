"""Certificates, the bad ones above all: what they say must be there exactly when they are refused."""

import asyncio
import ssl
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from exporter.probes.handshake import iana
from tests.probes import certificates
from tests.probes.certificates import AUTHORITY, EARLY, EXPIRED, GOOD, OTHER_NAME, SELF_SIGNED, Pair
from tests.probes.partners import module, names, outcome, reading, saying, serving, silent, steps


def wanted(folder: Path, *more: str) -> str:
    settings = ", ".join([f"ca_file: {certificates.authority_file(folder)}", *more])
    return f"{{prober: tls, tls: {{preferred_ip_protocol: ip4, tls_config: {{{settings}}}}}}}"


async def test_a_good_certificate_is_a_success_with_all_that_it_says(tmp_path: Path) -> None:
    async with serving(silent, certificates.server(tmp_path, GOOD)) as port:
        found = await outcome(f"localhost:{port}", module(wanted(tmp_path)))
    assert found.success, steps(found)
    der = GOOD.certificate.public_bytes(serialization.Encoding.DER)
    serial = GOOD.certificate.serial_number
    assert reading(found, "probe_ssl_earliest_cert_expiry") == GOOD.expiry
    assert reading(found, "probe_ssl_last_chain_expiry_timestamp_seconds") == GOOD.expiry
    assert reading(found, "probe_tls_version_info", version="TLS 1.3") == 1
    assert reading(found, "probe_tls_cipher_info", cipher="TLS_AES_256_GCM_SHA384") == 1
    labels = {
        "fingerprint_sha256": sha256(der).hexdigest(),
        "subject": "CN=localhost,O=Test\\, Inc.",
        "issuer": "CN=authority,O=Test\\, Inc.",
        "subjectalternative": "localhost",
        "serialnumber": serial.to_bytes((serial.bit_length() + 7) // 8, "big").hex(),
    }
    assert reading(found, "probe_ssl_last_chain_info", **labels) == 1
    assert reading(found, "probe_tls_duration_seconds", phase="tls") > 0


@pytest.mark.parametrize(
    ("pair", "reason"),
    [
        (EXPIRED, "tls_expired"),
        (EARLY, "tls_not_yet_valid"),
        (SELF_SIGNED, "tls_untrusted"),
        (OTHER_NAME, "tls_name"),
    ],
)
@pytest.mark.parametrize("version", ["TLS12", "TLS13"])
async def test_a_bad_certificate_gives_its_reason_and_its_dates(
    tmp_path: Path, pair: Pair, reason: str, version: str
) -> None:
    text = wanted(tmp_path, f"max_version: {version}")
    async with serving(silent, certificates.server(tmp_path, pair)) as port:
        found = await outcome(f"localhost:{port}", module(text))
    assert found.reason == reason
    assert reading(found, "probe_ssl_earliest_cert_expiry") == pair.expiry
    assert reading(found, "probe_ssl_last_chain_info", subject=f"CN={name(pair)},O=Test\\, Inc.") == 1
    assert "probe_ssl_last_chain_expiry_timestamp_seconds" not in names(found)


def name(pair: Pair) -> str:
    return str(pair.certificate.subject.rdns[-1].rfc4514_string().removeprefix("CN="))


async def test_one_probe_is_one_handshake_also_when_it_fails(tmp_path: Path) -> None:
    connections: list[object] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)

    class Counting(ssl.SSLObject):
        def do_handshake(self) -> None:
            if self not in connections:
                connections.append(self)
            super().do_handshake()

    context = certificates.server(tmp_path, EXPIRED)
    context.sslobject_class = Counting
    async with serving(talk, context) as port:
        assert (await outcome(f"localhost:{port}", module(wanted(tmp_path)))).reason == "tls_expired"
    assert len([one for one in connections if isinstance(one, Counting)]) == 1


async def test_the_earliest_expiry_of_all_certificates_shown_counts(tmp_path: Path) -> None:
    middle = certificates.issue("middle", AUTHORITY, ends=5 * certificates.DAY, ca=True)
    leaf = certificates.issue("localhost", middle, ends=20 * certificates.DAY)
    async with serving(silent, certificates.server(tmp_path, leaf, (middle,))) as port:
        found = await outcome(f"localhost:{port}", module(wanted(tmp_path)))
    assert found.success, steps(found)
    assert reading(found, "probe_ssl_earliest_cert_expiry") == middle.expiry
    assert reading(found, "probe_ssl_last_chain_expiry_timestamp_seconds") == middle.expiry


async def test_a_missing_intermediate_is_untrusted(tmp_path: Path) -> None:
    middle = certificates.issue("middle", AUTHORITY, ca=True)
    leaf = certificates.issue("localhost", middle)
    async with serving(silent, certificates.server(tmp_path, leaf)) as port:
        assert (await outcome(f"localhost:{port}", module(wanted(tmp_path)))).reason == "tls_untrusted"


async def test_unverified_a_bad_certificate_is_a_success_that_still_shows_its_dates(tmp_path: Path) -> None:
    text = "{prober: tls, tls: {tls_config: {insecure_skip_verify: true}, preferred_ip_protocol: ip4}}"
    async with serving(silent, certificates.server(tmp_path, EXPIRED)) as port:
        found = await outcome(f"localhost:{port}", module(text))
    assert found.success
    assert reading(found, "probe_ssl_earliest_cert_expiry") == EXPIRED.expiry
    assert "probe_ssl_last_chain_expiry_timestamp_seconds" not in names(found)


async def test_server_name_is_asked_for_and_verified(tmp_path: Path) -> None:
    text = wanted(tmp_path, "server_name: elsewhere.example")
    async with serving(silent, certificates.server(tmp_path, OTHER_NAME)) as port:
        assert (await outcome(f"localhost:{port}", module(text))).success


async def test_a_server_without_tls_is_a_failed_handshake() -> None:
    async with serving(saying(b"")) as port:
        pass

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9\r\n")
        await reader.read(-1)

    async with serving(talk) as port:
        assert (await outcome(f"127.0.0.1:{port}", module("{prober: tls}"))).reason == "tls_handshake"


async def test_a_server_that_hangs_up_in_the_handshake_is_a_failed_one() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)

    async with serving(talk) as port:
        assert (await outcome(f"127.0.0.1:{port}", module("{prober: tls}"))).reason == "tls_handshake"


async def test_a_server_that_never_shakes_hands_is_out_of_time() -> None:
    async with serving(silent) as port:
        assert (await outcome(f"127.0.0.1:{port}", module("{prober: tls}"), seconds=0.2)).reason == "tls_timeout"


async def test_versions_that_do_not_meet_fail_the_handshake(tmp_path: Path) -> None:
    context = certificates.server(tmp_path, GOOD)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    async with serving(silent, context) as port:
        found = await outcome(f"localhost:{port}", module(wanted(tmp_path, "min_version: TLS13")))
    assert found.reason == "tls_handshake"


async def test_a_missing_authority_file_is_the_modules_fault() -> None:
    async with serving(silent) as port:
        text = "{prober: tls, tls: {tls_config: {ca_file: /nowhere/ca.pem}}}"
        assert (await outcome(f"127.0.0.1:{port}", module(text))).reason == "module"


async def test_a_renewed_authority_file_is_read_again(tmp_path: Path) -> None:
    text = wanted(tmp_path)
    (tmp_path / "ca.pem").write_bytes(certificates.pem(SELF_SIGNED) * 2)
    async with serving(silent, certificates.server(tmp_path, GOOD)) as port:
        assert (await outcome(f"localhost:{port}", module(text))).reason == "tls_untrusted"
        certificates.authority_file(tmp_path)
        assert (await outcome(f"localhost:{port}", module(text))).success


@pytest.mark.parametrize(
    ("openssl", "registered"),
    [
        ("TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"),
        ("ECDHE-RSA-AES128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
        ("ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
        ("ECDHE-RSA-CHACHA20-POLY1305", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
        ("ECDHE-RSA-AES128-SHA", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"),
        ("ECDHE-RSA-AES256-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"),
        ("AES128-GCM-SHA256", "TLS_RSA_WITH_AES_128_GCM_SHA256"),
        ("AES256-SHA", "TLS_RSA_WITH_AES_256_CBC_SHA"),
        ("DHE-RSA-AES256-GCM-SHA384", "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384"),
    ],
)
def test_ciphers_go_by_their_registered_names(openssl: str, registered: str) -> None:
    assert iana(openssl) == registered
