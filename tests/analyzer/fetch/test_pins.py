"""Pins: what a person accepted, and nothing else."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from analyzer.fetch import pins
from analyzer.fetch.declare_way import way
from analyzer.fetch.local import Local
from analyzer.fetch.ssh import Ssh
from analyzer.fetch.way import Unreachable
from tests.analyzer.fetch import sshd
from tests.analyzer.fetch.sshd import Sshd
from toolkit.strict import ConfigError, Section, load


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with sshd.running(tmp_path_factory.mktemp("host") / "sshd") as server:
        yield server


def unpinned(host: Sshd, storage: Path) -> Ssh:
    return replace(host.ssh, host_key=None, known_hosts=storage / "known_hosts")


async def test_enrolling_writes_a_pin_with_which_the_host_lets_in(host: Sshd, tmp_path: Path) -> None:
    ssh = unpinned(host, tmp_path / "storage")
    assert "no host key is pinned" in (pins.missing_pin(ssh) or "")
    fingerprint, line = await pins.enroll(ssh, tmp_path / "storage")
    assert line == f"[127.0.0.1]:{host.port} {host.host_key}"
    assert (tmp_path / "storage" / "known_hosts").read_text() == line + "\n"
    assert (tmp_path / "storage" / "known_hosts").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in (tmp_path / "storage").iterdir()] == ["known_hosts"]
    assert fingerprint == pins.fingerprint(host.host_key)
    assert pins.missing_pin(ssh) is None
    await (await ssh.open()).close()


async def test_enrolling_again_changes_nothing(host: Sshd, tmp_path: Path) -> None:
    ssh = unpinned(host, tmp_path)
    first = await pins.enroll(ssh, tmp_path)
    assert await pins.enroll(ssh, tmp_path) == first
    assert (tmp_path / "known_hosts").read_text().count("\n") == 1


async def test_another_key_is_not_replaced_unless_told(host: Sshd, tmp_path: Path) -> None:
    ssh = unpinned(host, tmp_path)
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    before = f"# by hand\nelsewhere {other}\n[127.0.0.1]:{host.port} {other}\n"
    (tmp_path / "known_hosts").write_text(before)
    with pytest.raises(pins.CannotPin, match="another key is pinned"):
        await pins.enroll(ssh, tmp_path)
    assert (tmp_path / "known_hosts").read_text() == before
    _, line = await pins.enroll(ssh, tmp_path, replace=True)
    assert (tmp_path / "known_hosts").read_text() == f"# by hand\nelsewhere {other}\n{line}\n"


async def test_a_pin_declared_in_the_configuration_is_not_shadowed(host: Sshd, tmp_path: Path) -> None:
    for ssh in (host.ssh, replace(unpinned(host, tmp_path), known_hosts=tmp_path / "theirs")):
        with pytest.raises(pins.CannotPin, match="declared in the configuration"):
            await pins.enroll(ssh, tmp_path)


async def test_a_host_behind_an_unpinned_jump_host_is_not_enrolled(host: Sshd, tmp_path: Path) -> None:
    ssh = replace(unpinned(host, tmp_path), jump=unpinned(host, tmp_path / "elsewhere"))
    with pytest.raises(Unreachable) as caught:
        await pins.enroll(ssh, tmp_path)
    assert caught.value.reason == "host_key"
    assert not (tmp_path / "known_hosts").exists()
    assert str(tmp_path / "elsewhere") in (pins.missing_pin(ssh) or "")


async def test_a_host_behind_a_jump_host_is_enrolled_through_it(host: Sshd, tmp_path: Path) -> None:
    ssh = replace(unpinned(host, tmp_path), jump=host.ssh)
    _, line = await pins.enroll(ssh, tmp_path)
    assert line.endswith(host.host_key)


async def test_a_dead_host_cannot_be_enrolled(host: Sshd, tmp_path: Path) -> None:
    async with sshd.silent() as silent:
        for port, reason in ((sshd.dead_port(), "refused"), (silent, "timeout")):
            ssh = replace(unpinned(host, tmp_path), port=port, connect_timeout=0.3)
            with pytest.raises(Unreachable) as caught:
                await pins.enroll(ssh, tmp_path)
            assert caught.value.reason == reason


def test_the_fingerprint_is_the_one_others_show(host: Sshd) -> None:
    assert pins.fingerprint(host.host_key) == asyncssh.import_public_key(host.host_key).get_fingerprint()


def test_what_is_no_key_has_no_fingerprint() -> None:
    for text in ("", "ssh-ed25519", "ssh-ed25519 !", "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAA", "AAAA"):
        with pytest.raises(ValueError, match="not"):
            pins.fingerprint(text)


def test_a_broken_known_hosts_is_no_pin(host: Sshd, tmp_path: Path) -> None:
    (tmp_path / "known_hosts").write_text("@nonsense x y\n")
    assert "cannot be read" in (pins.missing_pin(unpinned(host, tmp_path)) or "")


def declared(text: str) -> Section:
    return load(text, "analyzer.yml")


def test_a_way_is_declared_with_all_its_parts(host: Sshd, tmp_path: Path) -> None:
    text = f"""
ssh:
  address: web01.example
  user: review
  key_file: /etc/heartline/key
  connect_timeout: 5s
  jump: {{address: "2001:db8::1", port: 2222, user: hop, agent: true, host_key: "{host.host_key} comment"}}
"""
    times = {"connect_timeout": 5.0, "keepalive": 15.0, "request_timeout": 30.0}
    known = tmp_path / "known_hosts"
    jump = Ssh("2001:db8::1", "hop", 2222, None, host.host_key, known, None, **times)
    expected = Ssh("web01.example", "review", 22, Path("/etc/heartline/key"), None, known, jump, **times)
    assert way(declared(text), tmp_path) == expected
    assert expected.behind == "2001:db8::1:2222"
    assert way(declared("method: local"), tmp_path) == Local()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("{}", "give one of ssh, method"),
        ("method: telnet", "expected one of ssh, local"),
        ("{method: local, ssh: {address: a, user: b, agent: true}}", "needs no ssh"),
        ("ssh: {address: a, user: b}", "give one of key_file, agent"),
        ("ssh: {address: a, user: b, agent: true, key_file: k}", "not both"),
        ("ssh: {address: '-oProxyCommand=x', user: b, agent: true}", "is not a host name"),
        ("ssh: {address: '*', user: b, agent: true}", "is not a host name"),
        ('ssh: {address: "a\\nb", user: b, agent: true}', "is not a host name"),
        ("ssh: {address: a, user: '-l', agent: true}", "is not a user's name"),
        ("ssh: {address: a, user: b, agent: true, host_key: ssh-ed25519 AAAA}", "expected a public key"),
        ("ssh: {address: a, user: b, agent: true, adress: c}", "unknown key"),
        ("ssh: {address: a, user: b, agent: true, jump: {address: c, user: d, agent: true, jump: {}}}", "unknown key"),
    ],
)
def test_a_mistake_in_a_way_names_its_place(text: str, error: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=error):
        way(declared(text), tmp_path)
