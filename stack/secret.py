"""Which settings and which Discord webhook does this installation have?"""

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from stack.problem import Problem

NAME = "DISCORD_WEBHOOK_URL"


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


def without_webhook(values: Mapping[str, str]) -> dict[str, str]:
    """The settings of every program but Alertmanager, whose the webhook is alone."""
    return {name: value for name, value in values.items() if not name.startswith(NAME)}


def discord_webhook(values: Mapping[str, str], data: Path) -> str:
    """The webhook's URL from the settings (itself or its file) or from `data`/discord_webhook_url; empty without one.

    Raises `Problem` when it is no URL, without repeating it.
    """
    url, place = values.get(NAME, "").strip(), NAME
    if not url:
        named = values.get(f"{NAME}_FILE", "")
        file = Path(named) if named else data / "discord_webhook_url"
        place = str(file)
        if named and not file.exists():
            raise Problem(f"{NAME}_FILE names {file}, which does not exist")
        url = file.read_text().strip() if file.exists() else ""
    if url and not _is_url(url):
        raise Problem(f"{place} does not hold a URL of the form https://discord.com/api/webhooks/...")
    return url


def _is_url(text: str) -> bool:
    return not re.search(r"\s", text) and urlsplit(text).scheme in ("http", "https") and bool(urlsplit(text).netloc)


def scrub(text: str, secret: str) -> str:
    """`text` without the secret URL, whole or as the path that a program may log of it."""
    if not secret:
        return text
    for part in (secret, urlsplit(secret).path.rstrip("/")):
        # A path as short as "/" would blank every slash of every line.
        text = text.replace(part, "<secret>") if len(part) > 3 else text
    return text
