"""An internet of few: what its monitor asks, and hosts of ours on public addresses, in a network namespace.

`python -m bench.outside` is the far end of it, in the namespace of the gateway.
"""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from aiohttp import web

from stack.layout import ROOT
from stack.problem import Problem
from tests.probes.nameserver import Udp
from tests.probes.outside import ADDRESSES, answer

PORT = 9100
HOSTS = tuple(f"5.1.0.{number}" for number in range(1, 13))
"""Addresses that the exporter takes for the other side of the internet, as they are."""

# The file that names are looked up by is one of our own, in a mount namespace of our own. Whatever is started here ends
# with the shell, however that ends.
SCRIPT = """
folder=$1; shift
echo "nameserver 1.1.1.1" > "$folder/resolv.conf"; mount --bind "$folder/resolv.conf" /etc/resolv.conf
ip link set lo up
setpriv --pdeathsig KILL unshare -n sleep infinity & gateway=$!
until [ "$(readlink /proc/$gateway/ns/net)" != "$(readlink /proc/$$/ns/net)" ]; do kill -0 $gateway; sleep 0.05; done
ip link add near type veth peer name inside netns $gateway
ip addr add 192.0.2.2/24 dev near; ip link set near up; ip route add default via 192.0.2.1
nsenter -t $gateway -n sh -ec 'ip link set lo up; ip addr add 192.0.2.1/24 dev inside; ip link set inside up'
"$1" -c "from bench import outside; outside.line($gateway, True)"
setpriv --pdeathsig KILL nsenter -t $gateway -n "$1" -m bench.outside > "$folder/outside" & outside=$!
until grep -q ready "$folder/outside"; do kill -0 $outside; sleep 0.05; done
status=0; setpriv --pdeathsig KILL "$@" --gateway $gateway || status=$?
kill $gateway $outside
exit $status
"""


def run(folder: Path, command: Sequence[str]) -> int:
    """Run a Python module behind a gateway of its own: `--gateway` tells it which. Nothing can leave from there."""
    for tool in ("unshare", "nsenter", "ip", "setpriv"):
        if shutil.which(tool) is None:
            raise Problem(f"needs the program {tool}: install util-linux and iproute2")
    shell = ["unshare", "-rnm", "bash", "-ec", SCRIPT, "-", str(folder), sys.executable, *command]
    return subprocess.run(shell, cwd=ROOT, check=False).returncode


def line(gateway: int, works: bool) -> None:
    """Mend or cut what is behind the gateway: packets get no further, and nobody says so."""
    verb = "add" if works else "del"
    lines = "".join(f"addr {verb} {address}/32 dev lo\n" for address in (*ADDRESSES, *HOSTS))
    command = ["nsenter", "-t", str(gateway), "-n", "ip", "-batch", "-"]
    subprocess.run(command, input=lines, text=True, check=True)


async def page(request: web.BaseRequest) -> web.Response:
    return web.Response(text="node_load1 0.1\n") if request.path == "/metrics" else web.Response(status=204)


async def main() -> None:
    loop = asyncio.get_running_loop()
    for address in ADDRESSES:
        await loop.create_datagram_endpoint(lambda: Udp(answer), (address, 53))
    runner = web.ServerRunner(web.Server(page))
    await runner.setup()
    for address, port in [(ADDRESSES[0], 80), *((host, PORT) for host in HOSTS)]:
        await web.TCPSite(runner, address, port).start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
