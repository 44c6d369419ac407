"""The exporter's command line."""

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from exporter.host import COLLECTORS, DEFAULT_OFF, Root
from exporter.host.filters import FLAGS as FILTERS
from exporter.host.filters import Filters
from toolkit.flags import address

PATHS = (
    ("proc", "--path.procfs", "/proc"),
    ("sys", "--path.sysfs", "/sys"),
    ("rootfs", "--path.rootfs", "/"),
    ("udev", "--path.udev.data", "/run/udev/data"),
)


@dataclass(frozen=True, slots=True)
class Flags:
    config_file: Path
    host: str
    port: int
    storage: Path
    web_config: Path | None
    check: bool
    verb: str  # "" to serve, "urls" to print the ping URLs
    keys: bool
    root: Root
    collectors: frozenset[str]


def parse(arguments: Sequence[str]) -> Flags:
    """The flags; ends the program with a message and status 2 where they are wrong."""
    parser = argparse.ArgumentParser("exporter", description="Turns heartbeats into Prometheus metrics.")
    parser.add_argument("verb", nargs="?", choices=["urls"], help="urls: print ready ping URLs and end")
    parser.add_argument("--keys", action="store_true", help="with urls: print the ping key and the API key as well")
    parser.add_argument("--config.file", dest="config_file", type=Path, default=Path("exporter/exporter.yml"))
    parser.add_argument("--web.listen-address", dest="listen", type=address, default="127.0.0.1:9797")
    parser.add_argument("--storage.path", dest="storage", type=Path, default=Path("data/exporter"))
    parser.add_argument(
        "--web.config.file", dest="web_config", type=Path, help="TLS and users, as exporter-toolkit has it"
    )
    parser.add_argument(
        "--config.check", dest="check", action="store_true", help="read the configuration files and end"
    )
    _add_host_flags(parser)
    given = parser.parse_args(arguments)
    host, port = given.listen
    return Flags(
        config_file=given.config_file,
        host=host,
        port=port,
        storage=given.storage,
        web_config=given.web_config,
        check=given.check,
        verb=given.verb or "",
        keys=given.keys,
        root=_root(given),
        collectors=_collectors(given),
    )


def _add_host_flags(parser: argparse.ArgumentParser) -> None:
    """The flags that node_exporter has, under its names."""
    for dest, flag, default in PATHS:
        parser.add_argument(flag, dest=dest, default=default, metavar="PATH")
    parser.add_argument("--collector.textfile.directory", dest="textfile", action="append", default=[], metavar="DIR")
    parser.add_argument(
        "--collector.containers.socket", dest="engine", metavar="SOCKET", help="of a Docker-compatible engine"
    )
    parser.add_argument("--collector.systemd.bus", dest="bus", default=Root().bus, metavar="SOCKET")
    for flag, name in FILTERS.items():
        default = getattr(Filters(), name)
        parser.add_argument(flag, dest=name, type=_pattern, default=default, metavar="REGEX", help=argparse.SUPPRESS)
    parser.add_argument("--collector.disable-defaults", dest="bare", action="store_true")
    readings = parser.add_argument_group("readings of the host", f"off by default: {', '.join(sorted(DEFAULT_OFF))}")
    for name in COLLECTORS:
        readings.add_argument(
            f"--collector.{name}", dest="on", action="append_const", const=name, help=argparse.SUPPRESS
        )
        readings.add_argument(
            f"--no-collector.{name}", dest="off", action="append_const", const=name, help=argparse.SUPPRESS
        )


def _root(given: argparse.Namespace) -> Root:
    filters = Filters(**{name: getattr(given, name) for name in FILTERS.values()})
    return Root(
        *(given.proc, given.sys, given.rootfs, given.udev),
        textfile=tuple(given.textfile),
        docker=given.engine,
        bus=given.bus,
        filters=filters,
    )


def _pattern(text: str) -> "re.Pattern[str]":
    try:
        return re.compile(text)
    except re.error as e:
        raise argparse.ArgumentTypeError(f"{text!r} is no pattern: {e}") from e


def _collectors(given: argparse.Namespace) -> frozenset[str]:
    default = set() if given.bare else set(COLLECTORS) - DEFAULT_OFF
    if given.engine:
        default.add("containers")
    return frozenset((default | set(given.on or ())) - set(given.off or ()))
