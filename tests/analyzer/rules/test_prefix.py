"""Only the outermost prefix of a line is taken off."""

import pytest

from analyzer.rules.prefix import split


@pytest.mark.parametrize(
    ("line", "program", "message"),
    [
        ("Nov  1 03:12:09 gate sshd[811]: Accepted x", b"sshd", b"Accepted x"),
        ("Nov 21 2026 03:12:09.114 gate sshd[811]: Accepted x", b"sshd", b"Accepted x"),
        ("<38>Nov 21 03:12:09 gate sshd[811]: Accepted x", b"sshd", b"Accepted x"),
        ("2026-11-21T03:12:09.201+01:00 gate CRON[9]: run", b"cron", b"run"),
        ("2026-11-21T03:12:09+0100 gate kernel: oops", b"kernel", b"oops"),
        ("Nov 21 03:12:09 gate kernel: [  12.345678] oops", b"kernel", b"oops"),
        ("[  12.345678] oops", b"kernel", b"oops"),
        ("[Sat Nov 21 03:12:09 2026] oops", b"kernel", b"oops"),
        ("<34>1 2026-11-21T03:12:09Z gate su 77 ID47 - failed", b"su", b"failed"),
        ('<34>1 2026-11-21T03:12:09Z gate su 77 ID47 [a@1 b="x\\]y"] failed', b"su", b"failed"),
        ("Nov 21 03:12:09 mx postfix/smtpd[8]: connect", b"postfix/smtpd", b"connect"),
        ("Nov 21 03:12:09 app1 /usr/sbin/cron[8]: run", b"cron", b"run"),
        ("2026-11-21 03:12:09.114 UTC [811] ERROR:  deadlock", b"", b"[811] ERROR:  deadlock"),
        ("2026-11-21 03:12:09,114 ERROR: it broke", b"", b"ERROR: it broke"),
        ("2026-11-21 03:12:09,114 it broke", b"", b"it broke"),
        ("Failed password for kim", None, b"Failed password for kim"),
        ("", None, b""),
        (
            "Nov 21 03:12:09 gate app[1]: Nov 21 03:12:09 gate sshd[2]: hello",
            b"app",
            b"Nov 21 03:12:09 gate sshd[2]: hello",
        ),
    ],
)
def test_a_prefix_names_the_program_and_ends_before_the_message(
    line: str, program: bytes | None, message: bytes
) -> None:
    assert split(line.encode()) == (program, message)
