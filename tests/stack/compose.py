"""What docker-compose.yml says of each service, with the settings in the place of their names."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from stack.layout import ROOT
from tests.stack.container import Mount

FILE = ROOT / "docker-compose.yml"

Service = Mapping[str, Any]


def services(environ: Mapping[str, str]) -> Mapping[str, Service]:
    tree: dict[str, dict[str, Service]] = yaml.safe_load(interpolated(FILE.read_text(), environ))
    return tree["services"]


def interpolated(text: str, environ: Mapping[str, str]) -> str:
    """`${NAME:-else}`, `${NAME:+instead}` and `$$`, as Compose reads them."""

    def value(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        given = environ.get(match[1], "")
        return (given or match[3]) if match[2] == ":-" else (match[3] if given else "")

    return re.sub(r"\$\$|\$\{(\w+)(:[-+])([^}]*)\}", value, text)


def mounts(service: Service) -> Iterator[Mount]:
    """Folders of the host, volumes by their names, and tmpfs."""
    for told in service.get("tmpfs", []):
        target, _, options = told.partition(":")
        yield Mount(options, target, tmpfs=True)
    for told in service.get("volumes", []):
        if isinstance(told, dict):
            yield Mount(told["source"], told["target"], not told.get("read_only"), recursive=True)
        else:
            source, target, *mode = told.split(":")
            yield Mount(source, target, writable=mode != ["ro"])
