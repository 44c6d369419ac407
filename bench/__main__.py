"""`python -m bench <name> [options]`: measures, prints, and says of each goal whether it was reached."""

import importlib
import signal
import sys

from stack.problem import exit_code

# By module and imported only when asked for: a bench may need what the others do without.
BENCHES = {
    "heartbeats": "bench.heartbeats",
    "scrape": "bench.scrape",
    "latency": "bench.latency",
    "incident": "bench.incident",
    "crash": "bench.crash",
    "downtime": "bench.downtime",
    "host": "bench.host",
    "probes": "bench.probes",
    "review": "bench.review",
    "relay": "bench.relay",
    "noise": "bench.noise.run",
    "dashboards": "bench.dashboards",
}


def main(arguments: list[str]) -> int:
    name = arguments[0] if arguments else ""
    if name not in BENCHES:
        print(f"usage: python -m bench {{{','.join(BENCHES)}}} [options]", file=sys.stderr)
        return 0 if name in ("-h", "--help", "help") else 2
    # Raised where the main thread is, so that every program of the bench is ended on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    return exit_code(f"bench {name}", lambda: int(importlib.import_module(BENCHES[name]).main(arguments[1:])))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
