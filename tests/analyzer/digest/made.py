"""Digests to show: a quiet one, one with all that there can be in one, a large one, a hostile one."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from analyzer.digest.period import Period
from analyzer.digest.report import Certificate, Changes, Digest, Disk, Failures, HostLine, Missed, Outside
from analyzer.finding import Finding
from analyzer.lifecycle import Known
from analyzer.store_digest import Some, Spent
from tests.analyzer.found import finding, line

DAY = 86_400.0


def utc(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


END = utc("2026-11-21 06:00")
BERLIN = ZoneInfo("Europe/Berlin")
PERIOD = Period("day", BERLIN, END - DAY, END)
HOSTILE = '<script>alert(1)</script><img src="https://evil.example/x.png"> \x1b[2J\u202e @everyone <!channel>'
QUIET = Digest(
    PERIOD,
    END + 5,
    (HostLine("web01", 100, 100, END - DAY, True, {"critical": 0, "warning": 0, "info": 0}, 0, 0),),
    Some((), 0),
    Some((), 0),
    Some((), 0),
    (),
    Outside("", heartbeats=12, uptime=(("web01", 1.0),)),
    (),
    ("2026-11-20", "2026-11-20"),
)


def known(one: Finding, state: str = "new", **more: object) -> Known:
    told = Known(one, "new", END - 9000, END - 60, END - 9000, None, 3, 14, 0, 0, one.evidence)
    return replace(told, state=state, **more)  # type: ignore[arg-type]  # whatever a test wants


def some(*found: Known, count: int = 0) -> Some:
    return Some(found, max(count, len(found)))


def busy() -> Digest:
    """One of a bad day."""
    disk = finding(
        "d",
        host="nas",
        source="kern",
        severity="critical",
        category="storage",
        title="File system error",
        text="The kernel found damage in a file system.",
        recommendation="Unmount it and run e2fsck; look at the disk with smartctl -a; is the backup fresh?",
        evidence=(
            line(1, "Nov 21 03:12:09 nas kernel: EXT4-fs error (device sda1): ext4_find_entry:1455: inode #2: reading"),
            line(2, "Nov 21 03:12:10 nas kernel: Aborting journal on device sda1-8. See https://evil.example/login"),
        ),
    )
    fresh = [known(disk), *(known(finding(f"f{n}", host=f"web{n:02}")) for n in range(3))]
    lasting = [
        known(
            finding(
                "t",
                host="web01",
                title="Certificate cannot be renewed",
                category="tls",
                text="certbot fails each night.",
                recommendation="Run certbot renew --dry-run and read what it says.",
                evidence=(line(9, "certbot[812]: Failed to renew certificate shop.example with error: 429"),),
            ),
            "open",
        )
    ]
    others = [HostLine(f"web{n:02}", 98 - n, 98, END - DAY, True, {"info": 1 + n}, 1, n) for n in range(2, 5)]
    return Digest(
        PERIOD,
        END + 5,
        (
            HostLine("printer", 88, 88, END - DAY, False, {"warning": 1}, 0, 0),
            HostLine("nas", 52, 97, END - DAY, True, {"critical": 1, "warning": 1, "info": 3}, 2, 1),
            HostLine("web01", 80, 72, END - DAY, True, {"warning": 2}, 1, 3),
            *others,
            HostLine("new-host", None, None, 0.0, False, {}, 0, 0),
        ),
        some(*fresh),
        some(*lasting, count=7),
        some(known(finding("r", host="web02", title="Unit failed"), "resolved", resolved=END - 700)),
        (Changes("web01", {"packages": 12, "listeners": 1, "authorized_keys": 1}, ()),),
        Outside(
            "",
            heartbeats=14,
            missed=(
                Missed("nightly-backup", "nas", END - 4 * 3600, None, False),
                Missed("report", "web01", END - 70_000, END - 66_000, False),
                Missed("new-job", "web02", END - 3 * DAY, None, True),
            ),
            failures=(Failures("certbot", "web01", 2),),
            uptime=(("nas", 0.9931), ("router", 0.9999), ("web01", 1.0), ("web02", 0.99999)),
            certificates=(Certificate("shop", "web01", END + 5 * DAY), Certificate("old.example:443", "", END - DAY)),
            disks=(Disk("nas", "/srv/backup", 0.041, 3.4 * DAY), Disk("web02", "/", 0.09, None)),
        ),
        (Spent("gpt-5-mini", "USD", 812_345, 20_412, 0.2437), Spent("ollama", "", 1200, 300, 0.0)),
        ("2026-11-20", "2026-11-20"),
    )


def hostile() -> Digest:
    """One in which strangers' text is wherever strangers' text may be."""
    one = known(finding("h", text=HOSTILE, recommendation=HOSTILE, evidence=(line(1, HOSTILE),), source=HOSTILE))
    outside = Outside(HOSTILE)
    return replace(busy(), fresh=some(one), lasting=some(one), outside=outside, changes=(Changes("a", {}, (one,)),))


def large() -> Digest:
    """A bad day of many hosts."""
    found = [known(finding(f"k{n}", host=f"host{n}", title=f"Title {n}", text="t" * 900)) for n in range(50)]
    hosts = tuple(HostLine(f"host{n}", 50, 60, END - DAY, True, {"warning": 3}, 2, 1) for n in range(300))
    missed = tuple(Missed(f"job{n}", f"host{n}", END - 7200, None, False) for n in range(400))
    return replace(
        busy(),
        hosts=hosts,
        fresh=some(*found, count=612),
        lasting=some(*found, count=1234),
        outside=Outside("", heartbeats=5000, missed=missed),
    )
