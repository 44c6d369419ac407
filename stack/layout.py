"""Where the parts of one machine's stack lie, and where they listen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Ports:
    """TCP ports on the loopback address; the shipped configurations name these defaults."""

    exporter: int = 9797
    prometheus: int = 9090
    alertmanager: int = 9093
    analyzer: int = 9798

    def moved(self) -> dict[str, str]:
        """Address in the shipped configurations -> address in use, only where they differ."""
        pairs = zip(vars(Ports()).values(), vars(self).values(), strict=True)
        return {f"{host}:{old}": f"{HOST}:{new}" for old, new in pairs for host in (HOST, "localhost") if old != new}


@dataclass(frozen=True)
class Configs:
    """The configuration files; never written to."""

    exporter: Path = ROOT / "exporter" / "exporter.yml"
    prometheus: Path = ROOT / "prometheus" / "prometheus.yml"
    alertmanager: Path = ROOT / "alertmanager" / "alertmanager.yml"
    analyzer: Path = ROOT / "analyzer" / "analyzer.yml"


@dataclass(frozen=True)
class Program:
    """One program to run: its command, where a browser finds it, where it says that it is ready; its secrets."""

    name: str
    command: tuple[str, ...]
    url: str
    ready: str = "-/ready"
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def ready_url(self) -> str:
        return self.url + self.ready
