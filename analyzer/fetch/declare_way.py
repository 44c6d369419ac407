"""Reads how a host is reached: `method: local`, or `ssh:` with its user, key, pin and jump host."""

import re
from pathlib import Path

from analyzer.fetch.local import Local
from analyzer.fetch.pins import fingerprint
from analyzer.fetch.ssh import Ssh
from toolkit.strict import Section

METHODS = ("ssh", "local")
# Names, IPv4 and IPv6: nothing that is a pattern, or several, in known_hosts.
ADDRESS = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%[A-Za-z0-9]+)?")
USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._@\\+-]*")


def way(section: Section, storage: Path) -> Ssh | Local:
    """`method` and `ssh` of one host's entry; pins are looked for in <storage>/known_hosts unless it says otherwise."""
    method = section.choice("method", METHODS, "ssh")
    ssh = section.section("ssh")
    if method == "local":
        if ssh is not None:
            raise section.error("ssh", "`method: local` reads this machine and needs no ssh")
        return Local()
    if ssh is None:
        raise section.missing_one_of(("ssh", "method"))
    return _ssh(ssh, storage)


def _ssh(section: Section, storage: Path) -> Ssh:
    times = {
        "connect_timeout": section.duration("connect_timeout", 10.0, low=1.0, high=300.0),
        "keepalive": section.duration("keepalive", 15.0, low=1.0, high=300.0),
        "request_timeout": section.duration("request_timeout", 30.0, low=1.0, high=600.0),
    }
    behind = section.section("jump")
    jump = _hop(behind, storage, None, times) if behind is not None else None
    return _hop(section, storage, jump, times)


def _hop(section: Section, storage: Path, jump: Ssh | None, times: dict[str, float]) -> Ssh:
    hop = Ssh(
        address=_matching(section, "address", ADDRESS, "a host name or IP address"),
        user=_matching(section, "user", USER, "a user's name"),
        port=section.integer("port", 22, low=1, high=65535),
        key_file=_key_file(section),
        host_key=_host_key(section),
        known_hosts=Path(section.text("known_hosts", str(storage / "known_hosts"))),
        jump=jump,
        **times,
    )
    section.end()
    return hop


def _matching(section: Section, key: str, pattern: re.Pattern[str], wanted: str) -> str:
    text = section.text(key)
    if not pattern.fullmatch(text):
        raise section.error(key, f"{text!r} is not {wanted}")
    return text


def _key_file(section: Section) -> Path | None:
    """None for the agent's keys."""
    agent, file = section.flag("agent", False), section.text("key_file", None)
    if agent and file is not None:
        raise section.error("agent", "give key_file or agent, not both")
    if not agent and file is None:
        raise section.missing_one_of(("key_file", "agent"))
    return None if file is None else Path(file)


def _host_key(section: Section) -> str | None:
    text = section.text("host_key", None)
    if text is None:
        return None
    if section.has("known_hosts"):
        raise section.error("known_hosts", "give host_key or known_hosts, not both")
    key = " ".join(text.split()[:2])
    try:
        fingerprint(key)
    except ValueError as e:
        raise section.error("host_key", "expected a public key such as `ssh-ed25519 AAAA...`") from e
    return key
