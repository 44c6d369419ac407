"""The exporter's command line."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


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


def parse(arguments: Sequence[str]) -> Flags:
    """The flags; ends the program with a message and status 2 where they are wrong."""
    parser = argparse.ArgumentParser("exporter", description="Turns heartbeats into Prometheus metrics.")
    parser.add_argument("verb", nargs="?", choices=["urls"], help="urls: print ready ping URLs and end")
    parser.add_argument("--keys", action="store_true", help="with urls: print the ping key and the API key as well")
    parser.add_argument("--config.file", dest="config_file", type=Path, default=Path("exporter/exporter.yml"))
    parser.add_argument("--web.listen-address", dest="listen", type=_address, default="127.0.0.1:9797")
    parser.add_argument("--storage.path", dest="storage", type=Path, default=Path("data/exporter"))
    parser.add_argument(
        "--web.config.file", dest="web_config", type=Path, help="TLS and users, as exporter-toolkit has it"
    )
    parser.add_argument(
        "--config.check", dest="check", action="store_true", help="read the configuration files and end"
    )
    given = parser.parse_args(arguments)
    host, port = given.listen
    return Flags(
        given.config_file, host, port, given.storage, given.web_config, given.check, given.verb or "", given.keys
    )


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r}: expected host:port, :port or [address]:port")
    return host.strip("[]"), int(port)
