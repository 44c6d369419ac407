"""Is anything wrong in the files that people edit? Each mistake has a line, a reason and, if there is one, a remedy."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from stack import config_flags, secret, tools
from stack.asked import asked
from stack.layout import ROOT, Configs
from stack.problem import Problem

EPILOG = "Ends with 0 when nothing is wrong, hints left aside, and with 1 otherwise. More: docs/check.md"


def commands(configs: Configs, promtool: Path, amtool: Path) -> dict[str, list[str]]:
    """What is checked -> the command that checks it."""
    return {
        str(configs.exporter): [
            *(sys.executable, "-m", "exporter"),
            *(f"--config.file={configs.exporter}", "--config.check"),
        ],
        str(configs.analyzer): [
            *(sys.executable, "-m", "analyzer"),
            *(f"--config.file={configs.analyzer}", "--config.check"),
        ],
        str(configs.prometheus): [str(promtool), "check", "config", str(configs.prometheus)],
        str(configs.alertmanager): [str(amtool), "check-config", str(configs.alertmanager)],
    }


def check(
    configs: Configs, environ: Mapping[str, str] | None = None, show: Callable[[str], str] = str, suite: str = "stable"
) -> None:
    """Raise `Problem` for the first file that its program rejects, with the program's words passed through `show`."""
    for file, command in commands(configs, tools.find("promtool", suite), tools.find("amtool", suite)).items():
        done = asked(command, environ)
        if done.returncode != 0:
            raise Problem(f"{file} is not accepted", shown=show((done.stdout + done.stderr).strip()))


def main(arguments: Sequence[str]) -> int:
    """Print what is wrong, problems first and hints after them; 1 when there is a problem."""
    # Only here: `up` needs none of it.
    from stack.lint.find import Files, find
    from stack.lint.programs import Program

    options = parse(arguments)
    configs = config_flags.configs(options)
    checks = commands(configs, tools.find("promtool", options.suite), tools.find("amtool", options.suite))
    programs = [Program(Path(file), tuple(command)) for file, command in checks.items()]
    environ = secret.without_urls(secret.settings(ROOT / ".env", os.environ))
    troubles = find(Files(configs, starts=tuple(options.starts)), programs, environ)
    problems, hints = ([one for one in troubles if one.hint == hint] for hint in (False, True))
    for trouble in (*problems, *hints):
        print(trouble.shown(ROOT))
    names = ", ".join(
        str(file.relative_to(ROOT) if file.is_relative_to(ROOT) else file) for file in vars(configs).values()
    )
    print(f"{_number(len(problems), 'problem')}, {_number(len(hints), 'hint')} in {names} and what they name")
    return 1 if problems else 0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The flags; the program's usual words and exit 2 when one is unknown."""
    parser = argparse.ArgumentParser(prog="heartline check", description=__doc__, epilog=EPILOG, allow_abbrev=False)
    config_flags.add(parser)
    parser.add_argument(
        "--prometheus.start",
        type=config_flags.absolute,
        action="append",
        default=[],
        dest="starts",
        metavar="FILE",
        help="a unit, compose file or /etc/default/prometheus that starts Prometheus: does it keep enough history?",
    )
    parser.add_argument("--suite", choices=tools.SUITES, default="stable", help="of promtool and amtool (%(default)s)")
    return parser.parse_args(arguments)


def _number(count: int, what: str) -> str:
    return f"{count or 'no'} {what}{'' if count == 1 else 's'}"
