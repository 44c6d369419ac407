"""Run in a network namespace of its own: the real exporter's internet monitor, while things break one by one.

Prints a line for each thing that is broken: what, and which parts of the monitor fail, with their reasons.
"""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

from tests.probes.outside import ADDRESSES
from tests.program import Program, running

GATEWAY = "192.0.2.1"
RESOLVERS = Path("/etc/resolv.conf")
IN_GATEWAY = ["nsenter", "-t", sys.argv[2], "-n"]


def run(*command: str) -> None:
    subprocess.run(command, check=True)


def failing(program: Program) -> dict[str, str]:
    """Part of the monitor -> reason, of those that fail."""
    found = [one["labels"] for one in json.loads(program.get("/sd/probes").text)]
    with ThreadPoolExecutor() as threads:
        answers = list(threads.map(lambda labels: asked(program, labels), found))
    names = [f"{labels['part']} {labels['__param_target']}" for labels in found]
    return {name: why for name, why in zip(names, answers, strict=True) if why}


def asked(program: Program, labels: dict[str, str]) -> str:
    """Why the probe failed; empty when it did not."""
    query = urlencode({"target": labels["__param_target"], "module": labels["__param_module"]})
    answer = program.get(f"/probe?{query}", **{"X-Prometheus-Scrape-Timeout-Seconds": "3"}).text
    return "" if "\nprobe_success 1" in answer else answer.partition('probe_failure_info{reason="')[2].partition('"')[0]


def tell(what: str, program: Program) -> None:
    sys.stdout.write(json.dumps([what, failing(program)]) + "\n")
    sys.stdout.flush()


with running(Path(sys.argv[1]), "internet: true\n") as program:
    tell("nothing", program)
    RESOLVERS.write_text(f"nameserver {GATEWAY}\n")
    tell("names", program)
    RESOLVERS.write_text(f"nameserver {ADDRESSES[0]}\n")
    for address in ADDRESSES:
        run(*IN_GATEWAY, "ip", "addr", "del", f"{address}/32", "dev", "lo")
    run(*IN_GATEWAY, "ip", "route", "add", "unreachable", "default")
    tell("everything outside", program)
    run(*IN_GATEWAY, "ip", "link", "set", "inside", "down")
    tell("the gateway", program)
