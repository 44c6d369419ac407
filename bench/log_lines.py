"""Log lines as machines write them, and as somebody writes them who wants to be expensive; seeded."""

import json
import random
from collections.abc import Callable, Mapping

AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
Line = Callable[[random.Random], str]


def address(chance: random.Random) -> str:
    return ".".join(str(chance.randrange(1, 255)) for _ in range(4))


def stamp(chance: random.Random) -> str:
    return f"Nov 21 {chance.randrange(24):02}:{chance.randrange(60):02}:{chance.randrange(60):02}"


def syslog(program: str, text: str) -> Line:
    return lambda chance: f"{stamp(chance)} web01 {program}[{chance.randrange(99999)}]: {text.format(**words(chance))}"


def words(chance: random.Random) -> Mapping[str, object]:
    return {
        "ip": address(chance),
        "port": chance.randrange(1024, 65535),
        "n": chance.randrange(100000),
        "hex": f"{chance.getrandbits(64):016x}",
        "user": chance.choice(["deploy", "backup", "alice", "bob"]),
        "unit": chance.choice(["logrotate", "apt-daily", "man-db", "fstrim", "certbot"]),
        "path": chance.choice(["/", "/index.html", "/api/v1/items", "/static/app.js", "/images/logo.png"]),
    }


def access(chance: random.Random) -> str:
    now = f"21/Nov/2026:{stamp(chance)[7:]} +0000"
    path, size = words(chance)["path"], chance.randrange(90000)
    return f'{address(chance)} - - [{now}] "GET {path}?id={chance.randrange(9999)} HTTP/1.1" 200 {size} "-" "{AGENT}"'


def application(chance: random.Random) -> str:
    said = words(chance)
    told = {"level": "info", "msg": "request done", "path": said["path"], "ms": said["n"], "id": said["hex"]}
    return json.dumps({"time": f"2026-11-21T{stamp(chance)[7:]}Z", **told})


ORDINARY: tuple[Line, ...] = (
    syslog("sshd", "Accepted publickey for {user} from {ip} port {port} ssh2: ED25519 SHA256:{hex}"),
    syslog("sshd", "Disconnected from user {user} {ip} port {port}"),
    syslog("systemd", "Started session-{n}.scope - Session {n} of User {user}."),
    syslog("systemd", "{unit}.service: Deactivated successfully."),
    syslog("CRON", "pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)"),
    syslog("kernel", "[{n}.123456] IPv6: ADDRCONF(NETDEV_CHANGE): veth{n}: link becomes ready"),
    syslog("postfix/smtpd", "connect from mail.example.org[{ip}]"),
    syslog("dhclient", "DHCPACK of {ip} from {ip} (xid=0x{hex})"),
    access,
    access,
    access,
    application,
    application,
)
TROUBLE: tuple[Line, ...] = (
    syslog("sshd", "Failed password for invalid user {user}{n} from {ip} port {port} ssh2"),
    syslog("app", "ERROR cannot reach the database with password={hex}"),
    syslog("kernel", "[{n}.1] blk_update_request: I/O error, dev sda, sector {n}"),
    syslog("systemd", "{unit}.service: Failed with result 'exit-code'."),
)
EACH = 50  # one line in so many is trouble


def normal(chance: random.Random) -> str:
    return chance.choice(TROUBLE if chance.randrange(EACH) == 0 else ORDINARY)(chance)


def word(chance: random.Random) -> str:
    return "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randrange(3, 10)))


def random_words(chance: random.Random) -> str:
    return f"{stamp(chance)} web01 app[1]: " + " ".join(word(chance) for _ in range(12))


def severe_words(chance: random.Random) -> str:
    said = " ".join(word(chance) for _ in range(8))
    return f"{stamp(chance)} web01 app[1]: error {said} failed password {word(chance)} denied"


def long_lines(chance: random.Random) -> str:
    return f"{stamp(chance)} web01 app[1]: " + " ".join(word(chance) for _ in range(1100))


KINDS: Mapping[str, Line] = {
    "normal": normal,
    "random words": random_words,
    "severe random words": severe_words,
    "8 kB lines": long_lines,
}


def text(kind: str, lines: int, seed: int) -> bytes:
    chance = random.Random(seed)
    make = KINDS[kind]
    return "".join(f"{make(chance)}\n" for _ in range(lines)).encode()
