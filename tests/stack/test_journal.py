"""Each program's lines go to its log; a person sees trouble, once, and never the secret."""

import errno
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from honcho.printer import Message

from stack.journal import Journal

SECRET = "https://discord.example/api/webhooks/1/token"


def line(name: str, data: str | bytes) -> Message:
    return Message("line", data, None, name, None)


@pytest.fixture
def terminal() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def journal(tmp_path: Path, terminal: io.StringIO) -> Iterator[Journal]:
    journal = Journal(tmp_path, ["exporter", "prometheus"], terminal, SECRET)
    yield journal
    journal.close()


def test_lines_go_to_the_log_and_trouble_also_to_the_terminal(
    journal: Journal, terminal: io.StringIO, tmp_path: Path
) -> None:
    journal.write(line("prometheus", b"ts=1 level=info msg=started\n"))
    journal.write(line("prometheus", b"ts=2 level=error msg=full\n"))
    journal.write(line("exporter", b"2026-11-21 WARNING disk \xff\n"))
    journal.close()
    assert terminal.getvalue() == "prometheus: ts=2 level=error msg=full\nexporter: 2026-11-21 WARNING disk \ufffd\n"
    assert (tmp_path / "prometheus.log").read_text() == "ts=1 level=info msg=started\nts=2 level=error msg=full\n"
    assert journal.tail("prometheus").endswith("level=error msg=full")


def test_the_same_trouble_at_another_time_is_shown_once(journal: Journal, terminal: io.StringIO) -> None:
    for second in range(3):
        journal.write(line("prometheus", f"ts=2026-11-21T00:00:0{second}.5Z level=warn msg=slow\n"))
    assert terminal.getvalue().count("slow") == 1


@pytest.mark.parametrize(("nobody", "shown"), [(True, 0), (False, 2)])
def test_that_nobody_is_told_is_no_news_where_nobody_is_declared(nobody: bool, shown: int, tmp_path: Path) -> None:
    terminal = io.StringIO()
    journal = Journal(tmp_path, ["alertmanager"], terminal, nobody=nobody)
    journal.write(line("alertmanager", 'level=error err="dial tcp 127.0.0.1:9: connect: connection refused"\n'))
    journal.write(line("alertmanager", 'level=ERROR err="relay/webhook[0]: unexpected status code 503"\n'))
    journal.close()
    assert terminal.getvalue().count("level=") == shown


def test_the_secret_is_in_neither(journal: Journal, terminal: io.StringIO, tmp_path: Path) -> None:
    journal.write(line("exporter", f"ERROR POST {SECRET}?wait=true\n"))
    journal.close()
    assert "token" not in terminal.getvalue() + (tmp_path / "exporter.log").read_text()


def test_what_programs_say_of_being_stopped_is_no_trouble(journal: Journal, terminal: io.StringIO) -> None:
    journal.write(line("system", "SIGINT received\n"))
    journal.write(line("prometheus", "level=warn msg=exiting\n"))
    assert terminal.getvalue() == ""


def test_the_first_to_end_is_remembered_first(journal: Journal) -> None:
    journal.write(line("system", "prometheus stopped (rc=-9)\n"))
    journal.write(line("system", "exporter stopped (rc=0)\n"))
    assert journal.ended == {"prometheus": -9, "exporter": 0}


class Gone(io.StringIO):
    """A terminal whose window was closed."""

    def write(self, text: str) -> int:
        raise OSError(errno.EIO, text)


def test_a_terminal_that_is_gone_is_no_reason_to_fail(tmp_path: Path) -> None:
    journal = Journal(tmp_path, ["exporter"], Gone(), "")
    journal.write(line("exporter", "ERROR first\n"))
    journal.write(line("exporter", "ERROR second\n"))
    journal.close()
    assert (tmp_path / "exporter.log").read_text() == "ERROR first\nERROR second\n"
