"""Private keys over several lines: everything between BEGIN and END goes, whatever stands in front of it."""

import re
from dataclasses import dataclass

KIND = r"(?:(?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?|OpenVPN Static key V1)"
BEGIN = re.compile(f"-----BEGIN {KIND}-----")
END = re.compile(f"-----END {KIND}-----")
PUTTY = re.compile(r"Private-Lines: (\d{1,3})\s*$")
PART = re.compile(
    r"(?:^|(?<=[\s:\"'>|]))(?:[A-Za-z0-9+/]{16,}={0,2}|[A-Za-z0-9+/]{2,}={1,2}|=[A-Za-z0-9+/]{4})(?=[\"',\\\s]*$)"
)
ALONE = re.compile(r"[A-Za-z0-9+/]+={0,2}\s*")
MASKED = re.compile(r"(?:\\[nr]|\s)*<SECRET:private-key:[0-9a-f]{6}>(?:\\[nr]|\s|[\"',])*")  # by an earlier look
LINES = 400  # of one key; an RSA key of 16,384 bits has 250
STRANGERS = 20  # lines of others between those of a key, in a row


@dataclass(slots=True)
class Carry:
    """Whether a source is inside of a key, from chunk to chunk of one run."""

    left: int = 0  # lines that may still belong to the key; 0: outside
    strangers: int = 0


def masked(line: str, carry: Carry, mask: str) -> str:
    """The line without its part of a key; `mask` takes its place."""
    lines = PUTTY.search(line)
    if lines is not None:
        carry.left, carry.strangers = int(lines[1]), 0
        return line
    begin = BEGIN.search(line)
    if begin is None and not carry.left:
        return line
    start = begin.end() if begin else 0
    end = END.search(line, start)
    if begin:
        carry.left, carry.strangers = (0 if end else LINES), 0
        inner = line[start : end.start() if end else None]
        if not inner.strip() or MASKED.fullmatch(inner):
            return line
        return line[:start] + mask + (line[end.start() :] if end else "")
    if end:
        carry.left = 0
        return PART.sub(mask, line[: end.start()]) + line[end.start() :]
    return _inside(line, carry, mask)


def _inside(line: str, carry: Carry, mask: str) -> str:
    carry.left -= 1
    if ALONE.fullmatch(line):
        carry.strangers = 0
        return mask
    clean = PART.sub(mask, line)
    carry.strangers = 0 if clean != line else carry.strangers + 1
    if carry.strangers > STRANGERS:
        carry.left = 0
    return clean
