"""Where do the programs' lines go? Each to its own log file; warnings and errors to the terminal too, once each."""

import logging
import re
from collections import deque
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

from honcho.printer import Message

from stack.secret import scrub

TROUBLE = re.compile(r"\blevel=(warn|error|fatal|panic)|^(panic|fatal)|\b(WARNING|ERROR|CRITICAL)\b|Traceback", re.I)
# Without a service every notification fails, as the first lines on the terminal have said.
NOBODY = re.compile(r"127\.0\.0\.1:9:|receiver=relay|relay/webhook")
LOG_BYTES = 10_000_000
TAIL_LINES = 15


class Journal:
    """What honcho writes to instead of the terminal: `write` and `width` are the interface of its Printer."""

    def __init__(self, folder: Path, names: list[str], terminal: TextIO, *secrets: str, nobody: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.width = 0
        self.started: list[str] = []
        self.ended: dict[str, int] = {}
        self.on_start: Callable[[], None] = lambda: None
        self._secrets = secrets
        self._nobody = nobody
        self._terminal: TextIO | None = terminal
        self._stopping = False
        self._shown: set[str] = set()
        self._tails: dict[str, deque[str]] = {name: deque(maxlen=TAIL_LINES) for name in names}
        self._files = {name: _open(folder / f"{name}.log") for name in names}

    def write(self, message: Message) -> None:
        """Take one message of honcho's: a line of a program, or its own words about starts and ends."""
        text = message.data.decode(errors="replace") if isinstance(message.data, bytes) else message.data
        if message.name in self._files:
            for line in text.splitlines():
                self._line(message.name, scrub(line, *self._secrets))
        elif re.match(r"SIG\w+ received|sending SIG", text):
            # What programs say of being stopped is no trouble.
            self._stopping = True
        elif match := re.match(r"(\S+) stopped \(rc=(-?\d+)\)", text):
            self.ended[match[1]] = int(match[2])
        elif match := re.match(r"(\S+) started ", text):
            self.started.append(match[1])
            self.on_start()

    def tail(self, name: str) -> str:
        """The last lines of a program."""
        return "\n".join(self._tails[name])

    def say(self, text: str) -> None:
        """Print to the terminal; one that is gone must not keep the programs from being stopped."""
        if self._terminal is None:
            return
        try:
            print(text, file=self._terminal, flush=True)
        except OSError:
            self._terminal = None

    def close(self) -> None:
        for handler in self._files.values():
            handler.close()

    def _line(self, name: str, line: str) -> None:
        self._files[name].emit(logging.makeLogRecord({"msg": line}))
        self._tails[name].append(line)
        kind = name + re.sub(r"[\d.:TZ+-]+", "#", line)
        known = kind in self._shown or (self._nobody and NOBODY.search(line))
        if not self._stopping and TROUBLE.search(line) and not known:
            self._shown.add(kind)
            self.say(f"{name}: {line}")


def _open(file: Path) -> RotatingFileHandler:
    return RotatingFileHandler(file, maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8")
