"""Debian's node_exporter, run beside ours."""

import os
import re
import signal
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from stack import tools
from tests.host.exposition import Exposition, read

LISTENING = re.compile(r'msg="Listening on".* address=(\S+)')


@contextmanager
def node_exporter(flags: Sequence[str], environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """The URL of its metrics while it runs."""
    command = [str(tools.find("node_exporter")), "--web.listen-address=127.0.0.1:0", *flags]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})}
    ) as process:
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")
        address = next(match[1] for line in lines if (match := LISTENING.search(line)))
        try:
            yield f"http://{address}/metrics"
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=10)


def fetch(url: str) -> Exposition:
    """One scrape of it."""
    with urllib.request.urlopen(url, timeout=20) as answer:
        return read(answer.read().decode())
