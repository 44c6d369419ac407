"""The flags that say which configuration files are meant: --exporter.config and its kind."""

import argparse
from pathlib import Path

from stack.layout import Configs


def add(parser: argparse.ArgumentParser) -> None:
    """One for each program, the shipped file by default."""
    for program, file in vars(Configs()).items():
        parser.add_argument(f"--{program}.config", type=absolute, default=file, dest=_key(program), metavar="FILE")


def configs(options: argparse.Namespace) -> Configs:
    """What was given."""
    return Configs(**{program: getattr(options, _key(program)) for program in vars(Configs())})


def absolute(path: str) -> Path:
    """The path of a flag, which is relative to where the command was given."""
    return Path(path).resolve()


def _key(program: str) -> str:
    return f"{program}_config"
