"""Which settings and which secret URLs does this installation have?"""

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from stack.problem import Problem
from toolkit.urls import is_web

NAME = "DISCORD_WEBHOOK_URL"
WATCHDOG = "WATCHDOG_URL"


def parse_env(text: str) -> dict[str, str]:
    """Read KEY=VALUE lines; `export ` before, quotes around and ` # comment` after a value are dropped.

    Raises `Problem` naming the line (never its value) when a line is something else.
    """
    values = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = re.fullmatch(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*", line)
        if match is None:
            raise Problem(f".env line {number}: not of the form KEY=VALUE")
        values[match[1]] = _unquote(match[2])
    return values


def _unquote(value: str) -> str:
    quoted = re.fullmatch(r"""(["'])(.*)\1(?:\s+#.*)?""", value)
    return quoted[2] if quoted else re.sub(r"(^|\s+)#.*", "", value)


def settings(file: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment over the lines of the `.env` file, which may be missing."""
    return {**(parse_env(file.read_text()) if file.exists() else {}), **environ}


def without_urls(values: Mapping[str, str]) -> dict[str, str]:
    """The settings of every program: the secret URLs are only for those that need them."""
    return {name: value for name, value in values.items() if not name.startswith((NAME, WATCHDOG))}


def discord_webhook(values: Mapping[str, str], data: Path) -> str:
    """Where messages go."""
    return _given(NAME, values, data, "https://discord.com/api/webhooks/...")


def watchdog(values: Mapping[str, str], data: Path) -> str:
    """What is called again and again while the chain of alerts is whole."""
    return _given(WATCHDOG, values, data, "https://hc-ping.com/...")


def _given(name: str, values: Mapping[str, str], data: Path, form: str) -> str:
    """A URL from the settings (itself or its file) or from the file of its name in `data`; empty without one.

    Raises `Problem` when it is no URL, without repeating it.
    """
    url, place = values.get(name, "").strip(), name
    if not url:
        named = values.get(f"{name}_FILE", "")
        file = Path(named) if named else data / name.lower()
        place = str(file)
        if named and not file.exists():
            raise Problem(f"{name}_FILE names {file}, which does not exist")
        url = file.read_text().strip() if file.exists() else ""
    if url and not is_web(url):
        raise Problem(f"{place} does not hold a URL of the form {form}")
    return url


def scrub(text: str, *secrets: str) -> str:
    """`text` without the secret URLs, whole or as the path that a program may log of it."""
    for part in (part for secret in secrets if secret for part in (secret, urlsplit(secret).path.rstrip("/"))):
        # A path as short as "/" would blank every slash of every line.
        text = text.replace(part, "<secret>") if len(part) > 3 else text
    return text
