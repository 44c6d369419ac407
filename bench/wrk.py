"""Loads a server with wrk: a closed loop over some connections, one of many paths at random."""

import json
import math
import os
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from bench import programs
from stack import tools
from stack.problem import Problem

SCRIPT = Path(__file__).with_name("load.lua")


@dataclass(frozen=True)
class Target:
    """Who is loaded, and how; `paths` is a file with one path on each line."""

    name: str
    url: str
    pid: int
    paths: Path
    connections: int
    method: str = "GET"
    body: str = ""


@dataclass(frozen=True)
class Load:
    """What wrk counted; `p50` and `p99` in seconds, `bad` answers outside 2xx and 3xx, `broken` socket errors.

    `cpu` is the processor time that the server spent meanwhile, in seconds.
    """

    requests: int
    seconds: float
    p50: float
    p99: float
    bad: int
    broken: int
    cpu: float = 0.0

    @property
    def cost(self) -> float:
        """Seconds of the server's processor time a request; other programs on the machine hardly change it."""
        return self.cpu / self.requests if self.requests else math.nan

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


def run(target: Target, seconds: float, core: int, seed: int) -> Load:
    """One round; `Problem` when wrk fails."""
    command = ["taskset", "--cpu-list", str(core), str(tools.find("wrk")), "--threads=1"]
    command += [f"--connections={target.connections}", f"--duration={seconds:g}s", "--timeout=60s"]
    environ = {"PATHS": str(target.paths), "METHOD": target.method, "BODY": target.body, "SEED": str(seed)}
    before = programs.cpu(target.pid)
    done = subprocess.run(
        [*command, f"--script={SCRIPT}", target.url],
        env=os.environ | environ,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise Problem(f"wrk failed on {target.name}", shown=done.stdout + done.stderr)
    return replace(parse(done.stdout), cpu=programs.cpu(target.pid) - before)


def parse(text: str) -> Load:
    """Read the line of JSON that the script prints below wrk's own words; ValueError without one."""
    line = next((line for line in reversed(text.splitlines()) if line.startswith("{")), "")
    told = json.loads(line)
    return Load(
        told["requests"],
        told["duration_us"] / 1e6,
        told["p50_us"] / 1e6,
        told["p99_us"] / 1e6,
        told["status"],
        told["socket"],
    )
