"""Configurations that are right or wrong, for programs and schemas alike; <here> is a folder, <ca> certificates."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    name: str
    text: str
    right: bool


def right(name: str, text: str) -> Case:
    return Case(name, text, True)


def wrong(name: str, text: str) -> Case:
    return Case(name, text, False)


FULL_EXPORTER = """
external_url: https://heartline.example
timezone: Europe/Berlin
ping_key: 0123456789abcdef
api_key_file: <here>/key
secret_key: 0123456789abcdef
trusted_proxies: [127.0.0.1, 10.0.0.0/8]
schedules:
  office: {timezone: Europe/Berlin, windows: ["Mon-Fri 08:00-18:00", "Sat,Sun"], holidays: DE-BY, except: [2026-12-24]}
  night: {windows: ["22:00-06:00"]}
maintenance:
  - {matchers: {host: "web*", name: a, schedule: b}, timezone: UTC, start: "2026-12-01 22:00", duration: 4h}
  - {matchers: {heartbeat: backup}, cron: "0 3 * * 0", duration: 2h}
heartbeats:
  - {id: web01, host: web01, name: web 1, every: 5m, grace: 60s, schedule: office, tags: [prod, 7], paused: yes}
  - id: backup
    cron: "0 2 * * *"
    timezone: UTC
    grace: 1h
    max_runtime: 3h
    early: 10m
    token: aaaaaaaaaaaaaaaaaaaaaa
  - {id: report, oncalendar: "Mon..Fri 07:30"}
host: watch
hosts:
  - {host: nas, address: "nas.lan:9797", path: /metrics/host, scheme: https, interval: 1m, schedule: office, via: local}
modules_file: blackbox.yml
probes:
  - name: shop
    target: https://a.example/
    module: http_2xx
    interval: 30s
    host: a
    group: b
    schedule: night
    via: local
probe_targets: {networks: [192.168.1.0/24], names: ["*.example.org"]}
internet:
  resolvers: [9.9.9.9]
  by_name: [http://a.example/]
  by_address: [http://192.0.2.1/]
  interval: 1m
  throughput: {download: "https://a.example/", upload: "https://b.example/", bytes: 10MB, interval: 6h}
create:
  every: 1d
  grace: 1h
  early: 0
  timezone: UTC
  schedule: office
  max_runtime: 1h
  host: h
  name: n
  tags: [a]
  limit: 5
history: {receipts: 100, age: 90d}
limits: {pings_per_second: 0.5, ping_burst: 500}
"""

FULL_ANALYZER = """
every: 30m
external_url: https://logs.example
api_key: 0123456789abcdef
trusted_proxies: ["::1"]
at_once: 4
run_timeout: 5m
excerpt_tokens: 2000
caps:
  bytes: 100000
  lines: 1000
  line_bytes: 4096
  seconds: 10s
  first_bytes: 0
  first_seconds: 1h
  decompressed_bytes: 100000
findings: {resolve_after: 2, keep: 30d}
redact: {rules: [], addresses: on}
rules: [empty]
budget: {run_tokens: 1e6, day_tokens: 1000000, run_money: 0.1, day_money: 1, currency: EUR}
hosts:
  - host: here
    method: local
    every: 1h
    prompt: The shop.
    allow_remote: true
    baseline: false
    sources:
      - {name: system, system: true}
      - {name: nginx, files: ["/var/log/nginx/*.log"]}
      - {name: units, journal: {units: [ssh.service], priority: warning}}
      - {name: smart, command: smartctl -H /dev/sda}
  - host: there
    ssh:
      address: 192.0.2.10
      user: heartline
      port: 2222
      key_file: /etc/key
      known_hosts: /etc/known_hosts
      connect_timeout: 5s
      keepalive: 10s
      request_timeout: 20s
      jump:
        address: jump.example
        user: heartline
        agent: true
        host_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA7vU0m2T3j5lM2T5d1yZtN0m8d2m8d2m8d2m8d2m8d2
    sources: [{name: system, system: true}]
syslog:
  udp: 127.0.0.1:5514
  tcp: "[::1]:5514"
  hosts: {switch01: [192.0.2.2], firewall: ["fd00::/120"]}
  rate: 100
  burst: 100
  spool_bytes: 100000
  spools: 2
models:
  - name: ollama
    base_url: http://127.0.0.1:11434/v1
    model: "qwen3:8b"
    trust: local
    api_key_file: <here>/key
    context_tokens: 8192
    max_tokens: 1000
    price: {input: 0.25, output: 2, currency: EUR}
    timeout: 1m
    at_once: 2
    headers: {X-Team: nights}
    ca_file: <ca>
notify:
  - {name: discord, discord: "https://discord.example/api/webhooks/1/a", severities: [critical]}
  - {name: phone, env: PHONE}
  - {name: mail, url: "json://mail.example"}
relay: {secret: 0123456789abcdef, hold: 5s, remind_after: 1h, confirm_within: 10m,
  alertmanager: "http://alertmanager:9093", grafana: "https://g.example/grafana"}
digest: {every: week, at: "07:00", timezone: Europe/Berlin, prometheus: "http://127.0.0.1:9090", to: [mail]}
"""

EXPORTER = (
    right("nothing", ""),
    right("comments alone", "# nothing\n"),
    right("empty sections", "heartbeats:\nschedules:\ncreate:\n"),
    right("a number as id", "heartbeats: [{id: 7, every: 5m}]\n"),
    right("quoted values", "heartbeats: [{id: 'a', every: '5m', paused: 'no'}]\n"),
    right("internet", "internet: true\n"),
    right("a quoted zero", "heartbeats: [{id: a, every: 5m, grace: '0'}]\n"),
    right("an anchor", "heartbeats: [{id: a, every: &e 5m}, {id: b, every: *e}]\n"),
    wrong("an unknown key", "heartbeat: []\n"),
    wrong("an unknown key of a heartbeat", "heartbeats: [{id: a, every: 5m, garce: 1m}]\n"),
    wrong("a heartbeat without id", "heartbeats: [{every: 5m}]\n"),
    wrong("a heartbeat without a kind", "heartbeats: [{id: a}]\n"),
    wrong("a heartbeat with two kinds", "heartbeats: [{id: a, every: 5m, cron: '0 2 * * *'}]\n"),
    wrong("capitals in an id", "heartbeats: [{id: A, every: 5m}]\n"),
    wrong("a duration without unit", "heartbeats: [{id: a, every: 5}]\n"),
    wrong("a duration with a point", "heartbeats: [{id: a, every: 1.5h}]\n"),
    wrong("a duration in the wrong order", "heartbeats: [{id: a, every: 5m1h}]\n"),
    wrong("a short token", "heartbeats: [{id: a, every: 5m, token: abc}]\n"),
    wrong("a word for a flag", "heartbeats: [{id: a, every: 5m, paused: perhaps}]\n"),
    wrong("a comma in a tag", "heartbeats: [{id: a, every: 5m, tags: ['a,b']}]\n"),
    wrong("a text where a list is wanted", "heartbeats: first\n"),
    wrong("a list where a mapping is wanted", "schedules: []\n"),
    wrong("a list at the top", "- a\n"),
    wrong("a key twice", "host: a\nhost: b\n"),
    wrong("a tab", "heartbeats:\n\t- {id: a}\n"),
    wrong("a schedule without windows", "schedules: {office: {timezone: UTC}}\n"),
    wrong("a schedule with no windows", "schedules: {office: {windows: []}}\n"),
    wrong("a window that is none", "schedules: {office: {windows: ['from eight']}}\n"),
    wrong("a date that is none", "schedules: {office: {windows: ['Sat'], except: [tomorrow]}}\n"),
    wrong("maintenance without start", "maintenance: [{matchers: {host: a}, duration: 1h}]\n"),
    wrong("maintenance of nothing", "maintenance: [{matchers: {}, start: '2026-12-01 22:00', duration: 1h}]\n"),
    wrong("maintenance by no label", "maintenance: [{matchers: {hots: a}, cron: '0 3 * * 0', duration: 1h}]\n"),
    wrong("a host without port", "hosts: [{host: a, address: a}]\n"),
    wrong("a scheme", "hosts: [{host: a, address: 'a:1', scheme: ftp}]\n"),
    wrong("a probe without target", "probes: [{name: a}]\n"),
    wrong("the internet monitor's group", "probes: [{name: a, target: b, group: internet}]\n"),
    wrong("via nowhere", "probes: [{name: a, target: b, via: moon}]\n"),
    wrong("no burst", "limits: {ping_burst: 0}\n"),
    wrong("half a burst", "limits: {ping_burst: 0.5}\n"),
    wrong("a URL without scheme", "external_url: heartline.example\n"),
    wrong("a proxy that is none", "trusted_proxies: [everybody]\n"),
    wrong("a key and its file", "api_key: 0123456789abcdef\napi_key_file: <here>/key\n"),
    wrong("a short key", "api_key: short\n"),
    wrong("a throughput of nothing", "internet: {throughput: {bytes: 1MB}}\n"),
    wrong("a size without unit", "internet: {throughput: {download: 'http://a.example', bytes: 100}}\n"),
    wrong("a zone with a space", "timezone: Europe Berlin\n"),
    wrong("creation without a kind", "create: {limit: 5}\n"),
)  # fmt: skip

SYSTEM = "sources: [{name: s, system: true}]"
OVER_SSH = f"hosts: [{{host: a, ssh: {{address: b, user: c, agent: true}}, {SYSTEM}}}]\n"
LOCAL = f"hosts: [{{host: a, method: local, {SYSTEM}"
ANALYZER = (
    right("nothing", ""),
    right("one host", LOCAL + "}]\n"),
    right("a journal without more", "hosts: [{host: a, method: local, sources: [{name: s, journal: }]}]\n"),
    right("empty sections", "syslog:\ncaps:\nmodels: [{name: a, model: b, base_url: 'http://a.example', price: }]\n"),
    right("a key of the agent", OVER_SSH),
    wrong("an unknown key", "host: []\n"),
    wrong("an unknown key of a host", LOCAL + ", promt: x}]\n"),
    wrong("a host without sources", "hosts: [{host: a, method: local}]\n"),
    wrong("a host with no sources", "hosts: [{host: a, method: local, sources: []}]\n"),
    wrong("a host without a way", "hosts: [{host: a, sources: [{name: s, system: true}]}]\n"),
    wrong("this machine over SSH", LOCAL + ", ssh: {address: b, user: c, agent: true}}]\n"),
    wrong("SSH without a key", "hosts: [{host: a, ssh: {address: b, user: c}, " + SYSTEM + "}]\n"),
    wrong("SSH with two keys", OVER_SSH.replace("true", "true, key_file: d", 1)),
    wrong("a source of two kinds", LOCAL.replace("true", "true, command: ls") + "}]\n"),
    wrong("a source of no kind", "hosts: [{host: a, method: local, sources: [{name: s}]}]\n"),
    wrong("a file by a relative path", "hosts: [{host: a, method: local, sources: [{name: s, files: [log]}]}]\n"),
    wrong("a priority", "hosts: [{host: a, method: local, sources: [{name: s, journal: {priority: bad}}]}]\n"),
    wrong("syslog from nobody", "syslog: {udp: '127.0.0.1:5514'}\n"),
    wrong("syslog nowhere", "syslog: {hosts: {a: [192.0.2.1]}}\n"),
    wrong("syslog without port", "syslog: {udp: 127.0.0.1, hosts: {a: [192.0.2.1]}}\n"),
    wrong("a model without URL", "models: [{name: a, model: b}]\n"),
    wrong("a trust", "models: [{name: a, model: b, base_url: 'http://127.0.0.1/v1', trust: full}]\n"),
    wrong("half a price", "models: [{name: a, model: b, base_url: 'http://127.0.0.1/v1', price: {input: 1}}]\n"),
    wrong("a currency", "budget: {day_money: 1, currency: Euro}\n"),
    wrong("less than nothing", "budget: {day_money: -1}\n"),
    wrong("too many at once", "at_once: 5000\n"),
    wrong("a service without URL", "notify: [{name: a}]\n"),
    wrong("a service with two URLs", "notify: [{name: a, url: 'json://a.example', env: PHONE}]\n"),
    wrong("a severity", "notify: [{name: a, env: PHONE, severities: [bad]}]\n"),
    wrong("a short secret", "relay: {secret: abc}\n"),
    wrong("an Alertmanager without a scheme", "relay: {alertmanager: 'localhost:9093'}\n"),
    wrong("an hour", "notify: [{name: a, env: PHONE}]\ndigest: {at: '7'}\n"),
)  # fmt: skip
