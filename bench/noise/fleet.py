"""The twenty hosts and what is probed on them, as the exporter itself reads fleet.yml and hands them to Prometheus."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exporter import config
from exporter.config import Config
from exporter.host import listed
from exporter.probes import discovery

FILE = Path(__file__).parent / "fleet.yml"
EXPORTER = "127.0.0.1:9797"
GATEWAY = "192.168.1.1"


@dataclass(frozen=True)
class Target:
    """Something that is scraped, with the labels that its series have."""

    labels: Mapping[str, str]

    @property
    def host(self) -> str:
        return self.labels.get("host", "")

    @property
    def probe(self) -> str:
        return self.labels.get("probe", "")

    @property
    def outside(self) -> bool:
        """Is it behind the internet?"""
        return self.labels.get("via") == "internet"


@dataclass(frozen=True)
class Fleet:
    config: Config
    hosts: tuple[Target, ...]
    probes: tuple[Target, ...]


def load(file: Path = FILE) -> Fleet:
    read = config.load(file, {})
    everything = discovery.everything(read.probes, GATEWAY, f"nameserver {GATEWAY}")
    return Fleet(
        read,
        tuple(_target("node", found) for found in listed.targets(read.hosts, read.host, EXPORTER)),
        tuple(_target("probe", found) for found in discovery.targets(everything, EXPORTER)),
    )


def _target(job: str, found: Mapping[str, Any]) -> Target:
    given = {key: value for key, value in found["labels"].items() if not key.startswith("__")}
    return Target({"job": job, "instance": found["targets"][0], **given})
