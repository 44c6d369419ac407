"""Where does the message of a log line begin, and whose is it?

Syslog (RFC 3164 with and without a year, RFC 5424), ISO times with and without host and program, journalctl's short
forms, and dmesg. Only the outermost prefix is taken off: what a message quotes is never believed.
"""

import re

CLASSIC = rb"[A-Z][a-z]{2} {1,2}\d{1,2} (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d{1,9})?(?: [A-Z]{2,5}(?= ))?"
ISO = rb"\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|[+-]\d\d:?\d\d)(?= )| [A-Z]{3,4}(?= ))?"
PROGRAM = rb"([A-Za-z0-9_./@()-]{1,100})(?: {0,24}\[\d{1,10}\])?:(?: |$)"
MODERN = re.compile(
    rb"<\d{1,3}>1 \S{1,40} \S{1,255} (\S{1,48}) \S{1,128} \S{1,32} (?:-|(?:\[(?:[^\]\\]|\\.){1,1024}\]){1,8}) ?"
)
USUAL = re.compile(
    rb"(?:<\d{1,3}>)?(?:" + CLASSIC + rb"|" + ISO + rb") +(?:(?:[A-Za-z0-9_.:-]{1,253} )?" + PROGRAM + rb")?"
)
DMESG = re.compile(rb"\[(?: *\d{1,10}\.\d{6}|[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4})\] ?")
UPTIME = re.compile(rb"\[ *\d{1,10}\.\d{1,9}\] ?")
# Words that stand where a program could, in logs that begin with a time alone.
LEVELS = frozenset(
    b"debug info notice log warn warning error err crit critical fatal panic alert emerg detail hint statement".split()
)

REPEATED = re.compile(rb"message repeated (\d{1,5}) times: \[ ?(.*)\]")


def repeated(message: bytes) -> tuple[int, bytes]:
    """How often a message was written, and the message, as rsyslog sums up what comes again and again."""
    found = REPEATED.fullmatch(message) if message.startswith(b"message repeated ") else None
    return (int(found.group(1)), found.group(2)) if found else (1, message)


def split(line: bytes) -> tuple[bytes | None, bytes]:
    """The program, in lower case, and the message.

    None where nothing precedes the message, so that it may be anybody's; empty where a time does but no program.
    """
    found = USUAL.match(line)
    if found is None:
        return _unusual(line)
    program = found.group(1)
    if program is None:
        return b"", line[found.end() :]
    program = program.lower()
    if program in LEVELS:
        return b"", line[found.start(1) :]
    message = line[found.end() :]
    if program == b"kernel":
        uptime = UPTIME.match(message)
        return program, message[uptime.end() :] if uptime else message
    # Cron on some systems calls itself by its path.
    return program.rsplit(b"/", 1)[1] if program.startswith(b"/") else program, message


def _unusual(line: bytes) -> tuple[bytes | None, bytes]:
    if found := DMESG.match(line):
        return b"kernel", line[found.end() :]
    if found := MODERN.match(line):
        return found.group(1).lower(), line[found.end() :]
    return None, line
