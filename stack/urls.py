"""Print the URL of every heartbeat, with the keys that `up` would use."""

import os
import sys

from stack import secret
from stack.layout import ROOT


def main(arguments: list[str]) -> int:
    """Become the exporter's own `urls`, which takes the exporter's flags."""
    environ = secret.without_webhook(secret.settings(ROOT / ".env", os.environ))
    os.execve(sys.executable, [sys.executable, "-m", "exporter", "urls", *arguments], environ)
