"""How many processes and threads are there, in which states?"""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from exporter.host.root import Root, attribute, names, optional
from toolkit.families import Family, by, single


class Process(NamedTuple):
    state: str
    threads: int


STATE, THREADS = 0, 17


def parse(text: str) -> Process:
    """/proc/<pid>/stat; a command may contain blanks and brackets, so counting begins behind the last bracket."""
    fields = text.rpartition(")")[2].split()
    return Process(fields[STATE], int(fields[THREADS]))


def collect(root: Root) -> Iterator[Family]:
    processes = list(_processes(root.proc))
    states = Counter(process.state for _, process in processes)
    threads = Counter(state for pid, process in processes for state in _threads(root.proc, pid, process))
    count = sum(process.threads for _, process in processes)
    yield single("node_processes_threads", "gauge", "Allocated threads in system", count)
    limit = int(attribute(f"{root.proc}/sys/kernel/threads-max"))
    yield single("node_processes_max_threads", "gauge", "Limit of threads in the system", limit)
    yield by("node_processes_state", "gauge", "Number of processes in each state.", "state", states)
    threads_help = "Number of threads in each state."
    yield by("node_processes_threads_state", "gauge", threads_help, "thread_state", threads)
    yield single("node_processes_pids", "gauge", "Number of PIDs", len(processes))
    pids = int(attribute(f"{root.proc}/sys/kernel/pid_max"))
    yield single("node_processes_max_processes", "gauge", "Number of max PIDs limit", pids)


def _processes(proc: str) -> Iterator[tuple[str, Process]]:
    """Those that were still there when their turn came."""
    for pid in names(proc):
        if pid.isdecimal() and (text := optional(f"{proc}/{pid}/stat")):
            yield pid, parse(text)


def _threads(proc: str, pid: str, process: Process) -> Iterator[str]:
    if process.threads == 1:
        yield process.state
        return
    try:
        tasks = names(f"{proc}/{pid}/task")
    except (FileNotFoundError, ProcessLookupError):
        return
    for task in tasks:
        if task == pid:
            yield process.state
        elif text := optional(f"{proc}/{pid}/task/{task}/stat"):
            yield parse(text).state
