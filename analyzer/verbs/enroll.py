"""Ask a host, and the jump host before it, for its key, show it, and pin it."""

from collections.abc import AsyncIterator
from pathlib import Path

from analyzer.config import Config
from analyzer.fetch import pins
from analyzer.fetch.ssh import Ssh


async def enroll(config: Config, storage: Path, name: str, replace: bool) -> AsyncIterator[str]:
    """Lines for a terminal; ValueError for a host that is not listed or not reached by SSH."""
    host = next((host for host in config.hosts if host.name == name), None)
    if host is None:
        listed = ", ".join(host.name for host in config.hosts) or "none"
        raise ValueError(f"{config.name} has no host {name!r}; it has: {listed}")
    if not isinstance(host.way, Ssh):
        raise ValueError(f"{name} is read on this machine; there is no key to pin")
    for ssh in ([host.way.jump] if host.way.jump else []) + [host.way]:
        fingerprint, _ = await pins.enroll(ssh, storage, replace)
        yield f"{ssh.place}  {fingerprint}"
    yield "pinned. Compare it with what the host itself says:"
    yield "  ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"
