"""Make what the containers of docker-compose.yml keep secret: `python -m stack.prepare`, before each start.

Each of them finds its own in a volume of its own, readable for the group of the image alone.
"""

import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

from stack import adapt, grafana, secret
from stack.layout import HOST, ROOT, Ports
from stack.problem import exit_code

RUN = Path("/run/heartline")
# In docker-compose.yml each program goes by its name, as Ports calls it, at the port that it has everywhere.
NAMES = {f"{host}:{port}": f"{name}:{port}" for name, port in vars(Ports()).items() for host in (HOST, "localhost")}


def main() -> int:
    told = prepare(ROOT, RUN, os.environ)
    if told:
        print(told)
    return 0


def prepare(root: Path, run: Path, values: Mapping[str, str]) -> str:
    """Write the files below `run` from those below `root`; what a person is told, which is a password just made.

    Made is what is not there yet; configurations and URLs are taken over each time. `Problem` for a URL that is none.
    """
    nowhere = run / "nowhere"  # a container has the URLs from its environment alone
    webhook, called = secret.discord_webhook(values, nowhere), secret.watchdog(values, nowhere)
    relay = _kept(run / "analyzer" / "relay_secret") or secrets.token_urlsafe(32)
    _write(run / "analyzer" / "relay_secret", relay)
    _write(run / "analyzer" / "discord_webhook_url", webhook)
    _write(run / "alertmanager" / "relay_secret", relay)
    _write(run / "alertmanager" / "alertmanager.yml", _alertmanager(root, run, webhook, called))
    prometheus = root / "prometheus" / "prometheus.yml"
    _write(run / "prometheus" / prometheus.name, adapt.adapt(prometheus.read_text(), prometheus.parent, NAMES))
    _valkey(run / "valkey" / "valkey.conf")
    return _password(run / "grafana" / "admin_password")


def _alertmanager(root: Path, run: Path, webhook: str, called: str) -> str:
    replaced = NAMES | dict.fromkeys(adapt.RELAY_SECRETS, str(run / "alertmanager" / "relay_secret"))
    return adapt.alertmanager(root / "alertmanager" / "alertmanager.yml", replaced, webhook, called)


def _valkey(file: Path) -> None:
    if not _kept(file):
        _write(file, f"dir /data\nappendonly yes\nmaxmemory 192mb\nrequirepass {secrets.token_urlsafe(24)}\n")


def _password(file: Path) -> str:
    if _kept(file):
        return ""
    made = secrets.token_urlsafe(18)
    _write(file, made)
    return grafana.told(made, "the volume grafana-secrets")


def _kept(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def _write(file: Path, text: str) -> None:
    """For its owner and its group, and whole or not at all."""
    new = file.with_name(f".{file.name}")
    adapt.write(text, new)
    new.chmod(0o440)
    new.rename(file)


if __name__ == "__main__":
    sys.exit(exit_code("heartline", main))
