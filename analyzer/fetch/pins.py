"""Host keys that a person has accepted: a line each in <storage>/known_hosts, as OpenSSH writes them."""

import base64
import binascii
import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

from analyzer.fetch.ssh import Ssh, host_key, pinned
from analyzer.fetch.way import Unreachable


class CannotPin(Exception):
    """The key is not taken: another one is pinned already, or the pin is declared elsewhere."""


async def enroll(ssh: Ssh, storage: Path, replace: bool = False) -> tuple[str, str]:
    """Fetch the host's key, write it down, return its fingerprint and its line. Whoever asked compares the fingerprint.

    A host that is known by this key already stays as it is; one known by another is CannotPin, unless `replace`.
    Raises Unreachable as well, and OSError where the file cannot be written.
    """
    if ssh.host_key is not None or ssh.known_hosts != storage / "known_hosts":
        raise CannotPin(f"{ssh.place}: its pin is declared in the configuration, change it there")
    key = await host_key(ssh)
    line = f"{name(ssh.address, ssh.port)} {key}"
    write(ssh.known_hosts, line, replace)
    return fingerprint(key), line


def missing_pin(ssh: Ssh) -> str | None:
    """Why this way must not be started: no pinned key of the host or of its jump host; None where all is there."""
    for hop in (ssh.jump, ssh):
        try:
            if hop is not None and pinned(hop) is None:
                return f"{hop.place}: no host key is pinned, neither as host_key nor in {hop.known_hosts}"
        except Unreachable as e:
            return str(e)
    return None


def fingerprint(key: str) -> str:
    """`SHA256:...` of a key as `ssh-ed25519 AAAA...`, as ssh-keygen shows it; ValueError for what is no key."""
    kind, _, encoded = key.partition(" ")
    try:
        blob = base64.b64decode(encoded, validate=True)
    except binascii.Error as e:
        raise ValueError("not base64") from e
    # The blob begins with its own kind, after four bytes of length.
    if not kind or blob[4 : 4 + len(kind)] != kind.encode() or int.from_bytes(blob[:4], "big") != len(kind):
        raise ValueError("not a public key")
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def name(address: str, port: int) -> str:
    """How known_hosts calls a host: with the port where it is not 22."""
    return address if port == 22 else f"[{address}]:{port}"


def write(file: Path, line: str, replace: bool) -> None:
    """Add a line of one host, whole or not at all; lines of other hosts, and what people wrote there, stay."""
    with _locked(file):
        lines = file.read_text().splitlines() if file.exists() else []
        host = line.split()[0]
        known = [old for old in lines if _hosts(old) == host]
        if line in known:
            return
        if known and not replace:
            raise CannotPin(f"{host}: another key is pinned in {file}; is it the same host? then replace it")
        _put(file, "".join(f"{each}\n" for each in [*(old for old in lines if old not in known), line]))


def _hosts(line: str) -> str:
    return line.split()[0] if line.strip() else ""


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Let one writer at a time in, of all programs that share the folder."""
    file.parent.mkdir(parents=True, exist_ok=True)
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _put(file: Path, text: str) -> None:
    with NamedTemporaryFile("w", dir=file.parent, prefix=".known_hosts", delete=False) as fresh:
        try:
            fresh.write(text)
            fresh.flush()
            os.fchmod(fresh.fileno(), 0o600)
            os.fsync(fresh.fileno())
            os.replace(fresh.name, file)
        except OSError:
            os.unlink(fresh.name)
            raise
