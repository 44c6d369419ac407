"""Run the programs that are measured: each on its core, in a process group of its own, ended on any exit."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from stack import ready
from stack.layout import ROOT
from stack.problem import Problem

READY_SECONDS = 180.0
STOP_SECONDS = 20.0
Kill = Callable[[], None]


@dataclass(frozen=True)
class Cores:
    """Where the server runs and where the load comes from; the same one on a machine with a single core."""

    server: int
    load: int


def cores() -> Cores:
    """The first and the last core that this process may use."""
    allowed = sorted(os.sched_getaffinity(0))
    return Cores(allowed[0], allowed[-1])


def take_load_core() -> Cores:
    """Move this process, and whatever it starts without a core of its own, to the core of the load."""
    found = cores()
    os.sched_setaffinity(0, {found.load})
    return found


@contextlib.contextmanager
def running(
    command: Sequence[str],
    log: Path,
    core: int | None = None,
    ready_url: str = "",
    environ: Mapping[str, str] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """A program with its output in `log`, ready when `ready_url` answers 200; ended when the block is left."""
    pinned = ["taskset", "--cpu-list", str(core), *command] if core is not None else list(command)
    # Even a bench that is killed leaves nobody behind.
    guarded = ["setpriv", "--pdeathsig", "KILL", *pinned]
    with log.open("ab") as out:
        process = subprocess.Popen(
            guarded, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=ROOT, env=environ, start_new_session=True
        )
    try:
        if ready_url:
            wait_ready(process, ready_url, log)
        yield process
    finally:
        end(process)


def wait_ready(process: subprocess.Popen[bytes], url: str, log: Path, within: float = READY_SECONDS) -> None:
    """Return when `url` answers 200; `Problem` with the program's last words when it ends or takes too long."""
    deadline = time.monotonic() + within
    while not ready.is_ready(url):
        if process.poll() is not None or time.monotonic() > deadline:
            raise Problem(f"{url} did not answer", shown=log.read_text(errors="replace")[-2000:])
        time.sleep(0.05)


def end(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM to the program and whatever it started, SIGKILL when that does not help."""
    for number, patience in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, STOP_SECONDS)):
        if process.poll() is None:
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            return


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL, without a word of warning."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def resident(pid: int) -> tuple[int, int]:
    """Bytes of resident memory now, and at their highest."""
    return psutil.Process(pid).memory_info().rss, peak(pid)


def peak(pid: int) -> int:
    """Most resident bytes so far, 0 for a process that has ended.

    What wait4 tells would begin with the size of the process that forked it.
    """
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return 1024 * next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)
    return 0


def cpu(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)
