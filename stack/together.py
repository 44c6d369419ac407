"""Run several programs until one ends or the person has had enough, and then stop them all."""

import os
import shlex
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence

import honcho.manager

from stack.journal import Journal
from stack.layout import ROOT, Program
from stack.problem import Problem
from stack.ready import READY_SECONDS, is_ready

# Prometheus writes its newest samples down when it stops; honcho would kill it after 5 s.
STOP_SECONDS = 30


class _Manager(honcho.manager.Manager):  # type: ignore[misc]  # honcho has no types
    """honcho's manager, which otherwise fails when a signal comes before each program has told its process id."""

    asked = False

    def terminate(self) -> None:
        self.asked = True
        if self._all_started():
            super().terminate()


def run(
    programs: Sequence[Program], journal: Journal, environ: Mapping[str, str], when_ready: Callable[[], None]
) -> None:
    """Start `programs`, call `when_ready` once each answers, return when a signal has stopped them.

    Raises `Problem` with the last lines of the program at fault when one does not get ready or ends by itself.
    """
    honcho.manager.KILL_WAIT = STOP_SECONDS
    manager = _Manager(journal)
    for program in programs:
        # Without exec a shell would stand between, and a program's exit by signal would be the shell's.
        command = "exec " + shlex.join(program.command)
        manager.add_process(program.name, command, env={**environ, **program.environ}, cwd=str(ROOT))
    watch = _Watch(programs, when_ready)
    # No thread before the last program runs: honcho forks to start each.
    journal.on_start = lambda: _all_started(journal, manager, watch, len(programs))
    # A terminal that is closed says so by SIGHUP, which honcho does not know.
    signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
    manager.loop()
    watch.stop()
    _judge(journal, manager.returncode, watch.late)


def _all_started(journal: Journal, manager: _Manager, watch: "_Watch", count: int) -> None:
    if len(journal.started) < count:
        return
    if manager.asked:
        manager.terminate()
    else:
        watch.start()


def _judge(journal: Journal, returncode: int, late: str) -> None:
    if late:
        raise Problem(f"{late} was not ready after {READY_SECONDS} s", shown=journal.tail(late))
    first = next(iter(journal.ended))
    if returncode not in (130, 143):
        raise Problem(f"{first} ended by itself (exit {journal.ended[first]})", shown=journal.tail(first))
    for name, code in journal.ended.items():
        if code not in (0, -signal.SIGTERM):
            raise Problem(f"{name} did not stop cleanly (exit {code})", shown=journal.tail(name))


class _Watch(threading.Thread):
    """Asks each program whether it is ready; `late` names one that never was."""

    def __init__(self, programs: Sequence[Program], when_ready: Callable[[], None]) -> None:
        super().__init__(name="watch", daemon=True)
        self.late = ""
        self._programs = programs
        self._when_ready = when_ready
        self._over = threading.Event()

    def run(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        for program in self._programs:
            while not self._over.is_set() and not is_ready(program.ready_url):
                if time.monotonic() > deadline:
                    self.late = program.name
                    os.kill(os.getpid(), signal.SIGTERM)
                    return
                self._over.wait(0.1)
        if not self._over.is_set():
            self._when_ready()

    def stop(self) -> None:
        self._over.set()
        if self.is_alive():
            self.join()
