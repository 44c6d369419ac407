"""What the real programs say of a machine in trouble: the exporter and the analyzer, each scraped once."""

import asyncio
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.request import Request, urlopen

from tests.analyzer import discordserver, modelserver
from tests.analyzer import program as analyzer
from tests.analyzer.modelserver import honest, says
from tests.analyzer.notify.groups import alert, payload
from tests.analyzer.notify.running import SECRET
from tests.archive import unpack
from tests.host.conftest import TREES
from tests.probes.certificates import AUTHORITY, DAY, EXPIRED, Pair, authority_file, issue, server
from tests.probes.nameserver import answer
from tests.probes.partners import page, saying, serving
from tests.program import PATIENCE, Program, running

LOOPBACK = "127.0.0.1"
EXPORTER = """
host: watch
schedules:
  always: {{timezone: Europe/Berlin, windows: ["Mon-Sun 00:00-23:59"]}}
  never: {{timezone: Europe/Berlin, windows: ["Mon-Sun 00:00-00:01"], except: []}}
maintenance:
  - {{matchers: {{heartbeat: old-import}}, timezone: UTC, start: "2020-01-01 00:00", duration: 20000d}}
heartbeats:
  - {{id: watch, host: watch, every: 1h, schedule: always}}
  - {{id: nightly-backup, host: watch, cron: "0 2 * * *", timezone: Europe/Berlin, grace: 1h, max_runtime: 1s}}
  - {{id: mail-queue, host: watch, every: 1h, grace: 5m, tags: [prod]}}
  - {{id: photo-sync, host: watch, every: 1s, grace: 1s}}
  - {{id: database-dump, host: web01, every: 1h, grace: 5m}}
  - {{id: dns-update, host: web01, every: 1s, grace: 1s}}
  - {{id: old-import, host: web01, every: 1h, grace: 5m}}
  - {{id: price-import, host: web01, every: 1h, grace: 5m}}
modules_file: modules.yml
probes:
  - {{name: shop, target: "http://127.0.0.1:{web}/", host: web01, group: shop}}
  - {{name: secure, target: "https://127.0.0.1:{tls}/", module: tls, host: web01, group: shop}}
  - {{name: wiki, target: "https://127.0.0.1:{expired}/", module: tls, host: watch, group: shop}}
  - {{name: printer, target: "127.0.0.1:9", module: tcp_connect, host: watch, group: shop}}
  - {{name: names, target: "127.0.0.1:{dns}", module: names, host: watch}}
  - {{name: ping, target: "127.0.0.1", module: icmp, host: watch}}
internet:
  resolvers: [127.0.0.1]
  by_name: ["http://127.1:{web}/"]
  by_address: ["http://127.0.0.1:{web}/"]
  throughput: {{download: "http://127.0.0.1:{web}/", bytes: 100kB, interval: 1h}}
"""
MODULES = """
modules:
  tls: {{prober: http, http: {{tls_config: {{ca_file: {ca}, server_name: localhost}}}}}}
  names: {{prober: dns, dns: {{query_name: www.test, query_type: A, transport_protocol: tcp}}}}
  icmp: {{prober: icmp}}
"""
PINGS = (
    *(
        "watch",
        "mail-queue",
        "photo-sync",
        "database-dump/start",
        "database-dump/7",
        "price-import/0",
        "price-import/log",
    ),
    *("nightly-backup/start", "nightly-backup/0", "nightly-backup/start"),
)
# What the recorded trees are too old to have, or have no need of.
MORE_MEMORY = "MemAvailable: 2000000 kB\n"
INTERFACES = """\
Inter-|   Receive                                                |  Transmit
 face |bytes packets errs drop fifo frame compressed multicast|bytes packets errs drop fifo colls carrier compressed
  eth0: 9000000000 9000000 90 0 0 0 0 0 5000000000 8000000 50 0 0 0 0 0
"""
# What only a system bus and a container engine tell; the exporter reads it from a file, under the same names.
TEXTFILE = """
node_systemd_unit_state{name="shop.service",state="failed",type="simple"} 1
node_systemd_service_restart_total{name="shop.service"} 40
container_health{name="db",image="postgres",health="unhealthy"} 1
container_restarts_total{name="db",image="postgres"} 40
"""
READINGS = (
    *("stat", "cpu", "loadavg", "meminfo", "vmstat", "diskstats", "netdev", "filesystem", "pressure", "hwmon"),
    *("mdadm", "conntrack", "time", "timex", "uname", "textfile", "filefd", "os", "thermal_zone"),
)
ANALYZER = """
hosts:
  - host: watch
    method: local
    sources: [{{name: kern, files: ["{log}"]}}, {{name: gone, files: ["{log}.gone"]}}]
models:
  - {{name: standin, base_url: "{model}", model: m, trust: local, price: {{input: 1, output: 2}}}}
notify: [{{name: discord, discord: "{discord}"}}]
relay: {{secret: {secret}}}
syslog: {{udp: "127.0.0.1:0", hosts: {{switch: ["192.0.2.2"]}}}}
"""
LOG = """\
Nov 21 03:12:09 watch kernel: [123.4] EXT4-fs error (device sda1): ext4_find_entry:1455: inode #2: reading directory
Nov 21 03:12:10 watch app[17]: login with password=hunter22
Nov 21 03:12:11 watch kernel: Out of memory: Killed process 4711 (java) total-vm:1kB, anon-rss:1kB, file-rss:0kB
"""
# What rules recorded of the weeks before: too long ago for this scenario.
USUAL = """
usual:highest{signal="cpu",host="watch",instance="127.0.0.1:9797"} 0.3
usual:highest{signal="memory",host="watch",instance="127.0.0.1:9797"} 0.5
usual:highest{signal="receive",host="watch",instance="127.0.0.1:9797"} 1000000
usual:highest{signal="transmit",host="watch",instance="127.0.0.1:9797"} 1000000
usual:highest{signal="probe",host="web01",instance="shop",probe="shop",group="shop"} 0.1
usual:highest{signal="heartbeat",heartbeat="nightly-backup",host="watch"} 600
usual:highest{signal="logs",host="watch"} 0.1
"""


@dataclass(frozen=True)
class Scrape:
    """What one target answered, and the labels that Prometheus adds."""

    labels: Mapping[str, str]
    text: str
    up: float = 1.0


def scraped(folder: Path) -> list[Scrape]:
    """One scrape of each target, as prometheus.yml asks for them."""
    return asyncio.run(_scraped(folder))


async def _scraped(folder: Path) -> list[Scrape]:
    for name in ("exporter", "analyzer"):
        (folder / name).mkdir()
    async with modelserver.serving(says(honest)) as model, discordserver.listening() as discord:
        config = partial(ANALYZER.format, model=model.url, discord=discord.url(), secret=SECRET)
        reviews, rest = await asyncio.gather(
            asyncio.to_thread(_reviewed, folder / "analyzer", config), _measured(folder / "exporter")
        )
    return [*rest, reviews, Scrape({}, _remembered(rest))]


def _reviewed(folder: Path, config: Callable[..., str]) -> Scrape:
    log = folder / "kern.log"
    log.write_text(LOG)
    with analyzer.running(folder, config(log=log)) as program:
        program.runs("watch")
        told = Request(f"http://{LOOPBACK}:{program.port}/alerts", payload(alert()))
        told.add_header("Authorization", f"Bearer {SECRET}")
        with urlopen(told, timeout=PATIENCE) as answer:
            assert answer.status == 200
        return Scrape({"job": "analyzer", "instance": f"{LOOPBACK}:9798"}, program.get("/metrics")[1])


def _remembered(scrapes: Iterable[Scrape]) -> str:
    """What rules recorded before this hour; here also that a probe which fails now has worked once."""
    closed = next(scrape.labels for scrape in scrapes if scrape.labels.get("probe") == "printer")
    labels = ",".join(f'{key}="{value}"' for key, value in closed.items())
    return f"{USUAL}probe:last_success_timestamp_seconds{{{labels}}} {time.time() - 1800}\n"


async def _measured(folder: Path) -> list[Scrape]:
    unpack(TREES, folder)
    (folder / "modules.yml").write_text(MODULES.format(ca=authority_file(folder)))
    with (folder / "node/proc/meminfo").open("a") as meminfo:
        meminfo.write(MORE_MEMORY)
    (folder / "node/proc/net/dev").write_text(INTERFACES)
    (folder / "textfile").mkdir()
    (folder / "textfile" / "more.prom").write_text(TEXTFILE)
    good, old = issue("localhost", AUTHORITY, ends=5 * DAY), EXPIRED
    large = saying(page(b"x" * 100_000))
    async with (
        serving(large) as web,
        serving(large, _context(folder, "good", good)) as tls,
        serving(large, _context(folder, "old", old)) as expired,
        serving(_names) as dns,
    ):
        config = EXPORTER.format(web=web, tls=tls, expired=expired, dns=dns)
        return await asyncio.to_thread(_asked, folder, config)


def _asked(folder: Path, config: str) -> list[Scrape]:
    flags = [f"--path.procfs={folder}/node/proc", f"--path.sysfs={folder}/node/sys"]
    flags += [f"--collector.textfile.directory={folder}/textfile", *(f"--collector.{name}" for name in READINGS)]
    # Nobody listens there: a reading that fails.
    flags += ["--collector.systemd", f"--collector.systemd.bus={folder}/bus"]
    with running(folder, config, *flags) as program:
        for ping in PINGS:
            program.get(f"/ping/{program.ping_key}/{ping}")
        found = [*_probed(program), *_read(program)]
        # By now what may take a second has taken longer.
        time.sleep(1.2)
        text = program.get("/metrics/heartbeats").text
        return [*found, Scrape({"job": "heartline", "instance": f"{LOOPBACK}:9797"}, text)]


def _read(program: Program) -> Iterator[Scrape]:
    text = program.get("/metrics/host").text
    yield Scrape({"job": "node", "instance": f"{LOOPBACK}:9797", "host": "watch"}, text)
    yield Scrape({"job": "node", "instance": "web01:9100", "host": "web01"}, text)
    yield Scrape({"job": "node", "instance": "nas:9100", "host": "nas"}, "", up=0.0)


def _probed(program: Program) -> Iterator[Scrape]:
    for target in program.get("/sd/probes").json:
        labels: dict[str, str] = target["labels"]
        if not labels["instance"].removeprefix("http://").startswith((LOOPBACK, "127.1", "https://127")):
            continue  # this machine's own gateway and resolver are nobody's business
        asked = "&".join(f"{key}={labels[f'__param_{key}']}" for key in ("target", "module"))
        text = program.get(f"/probe?{asked}").text
        shown = {key: value for key, value in labels.items() if not key.startswith("__")} | {"job": "probe"}
        yield Scrape(shown, text)
        if labels.get("part") == "by_address":
            yield Scrape(shown | {"probe": "internet_gateway_1", "part": "gateway", "instance": "192.0.2.1"}, text)


async def _names(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    size = int.from_bytes(await reader.readexactly(2))
    wire = answer(await reader.readexactly(size))
    writer.write(len(wire).to_bytes(2) + wire)
    await writer.drain()


def _context(folder: Path, name: str, pair: Pair) -> ssl.SSLContext:
    place = folder / name
    place.mkdir()
    return server(place, pair)
