"""The analyzer's own verbs, with the settings that `up` gives it: `./heartline enroll web01`."""

import os
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from stack import secret
from stack.layout import ROOT

VERBS = ("review", "enroll", "explain", "baseline", "notify", "digest")


def run(verb: str, arguments: Sequence[str]) -> int:
    """Become the analyzer, which takes its own flags."""
    os.execve(sys.executable, [sys.executable, "-m", "analyzer", verb, *arguments], environ(ROOT / "data", os.environ))


def environ(data: Path, given: Mapping[str, str]) -> dict[str, str]:
    """The settings, and the webhook wherever a person put it."""
    values = secret.settings(ROOT / ".env", given)
    webhook = secret.discord_webhook(values, data)
    return secret.without_urls(values) | ({secret.NAME: webhook} if webhook else {})


MAINS = {verb: partial(run, verb) for verb in VERBS}
