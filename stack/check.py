"""Would the programs accept their configuration files?"""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from stack import secret, tools
from stack.layout import ROOT, Configs
from stack.problem import Problem


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
        done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Problem(f"{file} is not accepted", shown=show((done.stdout + done.stderr).strip()))


def main(arguments: list[str]) -> int:
    """Check the shipped files and say so."""
    if arguments:
        raise Problem("check takes no arguments")
    configs = Configs()
    check(configs, secret.without_webhook(secret.settings(ROOT / ".env", os.environ)))
    print("accepted: " + ", ".join(str(file.relative_to(ROOT)) for file in vars(configs).values()))
    return 0
