"""What a person may see of targets, lines and headers: everything but secrets."""

import re
from collections.abc import Iterable

HIDDEN = "<secret>"
LONGEST = 300
# Words behind which a line of a dialogue carries a password or key.
TELLTALE = re.compile(r"(?i)\b(auth\w*|pass\w*|login|logon|token|secret|key|bearer|basic|oauth\w*|credentials?)\b")
SECRET_HEADER = re.compile(r"(?i)auth|token|key|secret|cookie|passw|credential|session|signature")


def shown_target(text: str) -> str:
    """A target without the password it may carry, cut at 300 characters."""
    scheme, separator, rest = text.partition("://")
    if not separator:
        scheme, rest = "", text
    authority, slash, path = rest.partition("/")
    user, at, host = authority.rpartition("@")
    if at:
        user = user.partition(":")[0] + f":{HIDDEN}"
    return f"{scheme}{separator}{user}{at}{host}{slash}{path}"[:LONGEST]


def shown_line(data: bytes) -> str:
    """A line of a dialogue, printable, without what stands behind a word like PASS or AUTH."""
    text = data[:LONGEST].decode(errors="backslashreplace")
    found = TELLTALE.search(text)
    if found and text[found.end() :].strip():
        text = f"{text[: found.end()]} {HIDDEN}"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def shown_headers(headers: Iterable[tuple[str, str]]) -> str:
    """Header lines; a value is left out where the name says that it is a secret."""
    lines = (f"{name}: {HIDDEN if SECRET_HEADER.search(name) else value[:LONGEST]}" for name, value in headers)
    return "Headers" + "".join(f"\n           {line}" for line in lines)
