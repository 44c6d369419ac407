"""Print the URL of every heartbeat, with the keys that `up` would use."""

import os
import shlex
import sys

from stack import secret
from stack.asked import Answer
from stack.layout import ROOT


def main(arguments: list[str]) -> int:
    """Become the exporter's own `urls`, which takes the exporter's flags."""
    environ = secret.without_urls(secret.settings(ROOT / ".env", os.environ))
    os.execve(sys.executable, [sys.executable, "-m", "exporter", "urls", *arguments], environ)


def first(told: Answer) -> list[str]:
    """The line that shows how the first heartbeat of these reports; none where there is none."""
    words = told.stdout.split() if told.returncode == 0 else []
    if len(words) < 2:
        return []
    return [f"  curl -fsS -m 10 --retry 3 {shlex.quote(words[1])}   # the heartbeat {words[0]}"]
