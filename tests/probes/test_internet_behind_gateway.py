"""The internet monitor behind a gateway that breaks: two network namespaces, and nothing leaves them."""

import json
import subprocess
import sys
from pathlib import Path

# The file that names are looked up by is a copy of our own, in a mount namespace of our own.
SCRIPT = """
touch "$1/resolv.conf"; echo "nameserver 1.1.1.1" > "$1/resolv.conf"; mount --bind "$1/resolv.conf" /etc/resolv.conf
ip link set lo up
unshare -n sleep 60 & gateway=$!
trap 'kill $gateway $outside 2>/dev/null' EXIT
until [ "$(readlink /proc/$gateway/ns/net)" != "$(readlink /proc/$$/ns/net)" ]; do :; done
ip link add near type veth peer name inside netns $gateway
ip addr add 192.0.2.2/24 dev near; ip link set near up; ip route add default via 192.0.2.1
nsenter -t $gateway -n sh -ec '
  ip link set lo up; ip addr add 192.0.2.1/24 dev inside; ip link set inside up
  ip addr add 1.1.1.1/32 dev lo; ip addr add 8.8.8.8/32 dev lo'
nsenter -t $gateway -n "$2" -m tests.probes.outside > "$1/outside" & outside=$!
until grep -q ready "$1/outside"; do kill -0 $outside; sleep 0.05; done
"$2" -m tests.probes.behind_gateway "$1" $gateway
"""


def test_the_monitor_tells_what_exactly_is_gone(tmp_path: Path) -> None:
    command = ["unshare", "-rnm", "bash", "-ec", SCRIPT, "-", str(tmp_path), sys.executable]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    broken = dict(json.loads(line) for line in done.stdout.splitlines())
    assert broken["nothing"] == {}
    assert parts(broken["names"]) == {"system_resolver", "by_name"}
    assert set(broken["names"].values()) == {"connect_refused", "dns_timeout"}
    assert parts(broken["everything outside"]) == {"resolver", "system_resolver", "by_name", "by_address"}
    assert parts(broken["the gateway"]) == {"gateway", "resolver", "system_resolver", "by_name", "by_address"}


def parts(failing: dict[str, str]) -> set[str]:
    return {name.partition(" ")[0] for name in failing}
