"""Start the containers of docker-compose.yml, and say where their pages are."""

import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from stack import secret, urls
from stack.asked import asked
from stack.layout import HOST, ROOT, Ports
from stack.problem import Problem
from stack.ready import READY_SECONDS, is_ready

COMPOSE = ("docker", "compose")
GRAFANA = 3000
PAGES = {name: f"http://{HOST}:{port}/" for name, port in {**vars(Ports()), "grafana": GRAFANA}.items()}
URLS = ("heartline-exporter", "urls", "--config.file=/etc/heartline/exporter/exporter.yml")
STORAGE = "--storage.path=/var/lib/heartline/exporter"
# What an edit of prometheus.yml or alertmanager.yml is taken over by.
RELOADED = ("prometheus", "alertmanager")


def up(data: Path, values: Mapping[str, str], pages: Mapping[str, str] = PAGES) -> int:
    """Start what does not run yet, wait until all answer, and tell; `Problem` when Docker is missing or refuses."""
    require_docker(values)
    webhook, called = secret.discord_webhook(values, data), secret.watchdog(values, data)
    environ = {**secret.without_urls(values), secret.NAME: webhook, secret.WATCHDOG: called}
    # Alone and first: what it says, which is the password once, is to be read here and to be in no log.
    _must((*COMPOSE, "run", "--rm", "--no-deps", "-T", "setup"), environ)
    _must((*COMPOSE, "up", "--detach", "--remove-orphans"), environ)
    wait(pages)
    for name in RELOADED:
        _must((*COMPOSE, "kill", "--signal", "HUP", name), environ)
    print("\n".join(["", *(f"  {name:13} {url}" for name, url in pages.items()), "", *_first(environ)]))
    print("It runs on without this terminal. docker compose down ends it; the volumes stay.")
    return 0


def require_docker(values: Mapping[str, str]) -> None:
    """Raise `Problem`, with what to do, where there is no engine that answers or no Compose."""
    if shutil.which("docker", path=values.get("PATH", os.defpath)) is None:
        raise Problem("--docker needs Docker, which is not on PATH: https://docs.docker.com/engine/install/")
    if asked((*COMPOSE, "version"), values).returncode != 0:
        raise Problem("docker has no `compose`: install the package docker-compose-plugin (Debian's: docker-compose)")
    answer = asked(("docker", "info", "--format", "{{.ServerVersion}}"), values)
    if answer.returncode != 0:
        raise Problem("the Docker engine does not answer; may this user ask it?", shown=answer.stderr.strip())


def wait(pages: Mapping[str, str]) -> None:
    """Until each page answers; `Problem` naming one that never did."""
    deadline = time.monotonic() + READY_SECONDS
    for name, url in pages.items():
        while not is_ready(url):
            if time.monotonic() > deadline:
                raise Problem(f"{name} did not answer within {READY_SECONDS} s: docker compose logs {name}")
            time.sleep(0.2)


def _first(environ: Mapping[str, str]) -> list[str]:
    """How the first heartbeat reports."""
    example = urls.first(asked((*COMPOSE, "exec", "-T", "exporter", *URLS, STORAGE), environ))
    return [*example, ""] if example else []


def _must(command: Sequence[str], environ: Mapping[str, str]) -> None:
    """What it prints goes to the terminal, for an image that is fetched takes a while."""
    if subprocess.run(command, cwd=ROOT, env=environ, check=False, stdin=subprocess.DEVNULL).returncode != 0:
        raise Problem(f"docker refused: {' '.join(command)}")
