"""Do the rules fire and stay silent as their tests in tests/rules say, in the oldest and the newest Prometheus?"""

import subprocess
from pathlib import Path

from stack import tools
from stack.layout import ROOT
from stack.problem import Problem

TESTS = ROOT / "tests" / "rules"


def main(arguments: list[str]) -> int:
    """Test the files that are named, or all of them; `Problem` with promtool's words at the first that fails."""
    files = [Path(name) for name in arguments] or sorted(TESTS.glob("*.yml"))
    for suite in tools.suites():
        promtool = tools.find("promtool", suite)
        version = tools.version("promtool", promtool)
        for file in files:
            done = subprocess.run([promtool, "test", "rules", file], capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise Problem(f"{file.name} fails in promtool {version}", shown=(done.stdout + done.stderr).strip())
            print(f"ok  {file.name}  (promtool {version})", flush=True)
    return 0
