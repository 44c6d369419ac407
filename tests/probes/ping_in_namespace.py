"""Run inside a network namespace of its own: print how pings go there, one line each as reason, kind of socket."""

import asyncio
import sys

from exporter.probes.target import gate
from tests.probes.partners import module, outcome, steps


async def main() -> None:
    for target in sys.argv[1:]:
        found = await outcome(target, module("{prober: icmp}"), seconds=2, admitted=gate([], ["::/0", "0.0.0.0/0"], []))
        kind = "datagram" if "over a datagram socket" in steps(found) else "raw"
        sys.stdout.write(f"{target} {found.reason or 'success'} {kind}\n")


asyncio.run(main())
