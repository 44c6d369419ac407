"""Expressions that several panels ask; pure.

Zero is said only where something is known: what was never scraped has no value, and the panel says what to do.
"""

from collections.abc import Mapping

TROUBLED = "heartbeat:late or heartbeat:failed or heartbeat:run_overdue or heartbeat:never_came"
REAL_DEVICES = 'device!~"lo|(veth|docker|br-|virbr|cni|flannel|tap|tun|wg).*"'
"""As in rules/anomalies.yml."""


def known(expr: str, there: str) -> str:
    """`expr`, or 0 where `there` has any value; both without labels."""
    return f"{expr} or {there} * 0"


def firing(severity: str) -> str:
    """How many alerts fire. Watchdog always does, where rules are loaded."""
    found = f'count(ALERTS{{alertstate="firing",severity="{severity}",alertname!="Watchdog"}})'
    return known(found, 'count(ALERTS{alertname="Watchdog"})')


def running(matchers: str = "") -> str:
    """Heartbeats of which a run is under way: the last that was heard is its start."""
    started, seen = (f"heartbeat_last_{what}_timestamp_seconds{{{matchers}}}" for what in ("start", "seen"))
    return f"{started} > 0 and {started} >= {seen}"


STATE = "heartbeat:state"


def states(matchers: str) -> str:
    """The gravest state of each heartbeat within each stretch of time, as in colours.HEARTBEAT."""
    return f"max by (heartbeat, host) (max_over_time({STATE}{{{matchers}}}[$__interval]))"


def receipts(matchers: str) -> str:
    """What heartbeats send per minute, by kind."""
    return f"sum by (kind) (rate(heartbeat_receipts_total{{{matchers}}}[$__rate_interval])) * 60"


def probe_results(matchers: str) -> str:
    """The worst result of each probe within each stretch of time, as in colours.PROBE."""
    return f"min by (probe) (min_over_time(probe:success{{{matchers}}}[$__interval]))"


def heartbeat_state(matchers: str = "") -> str:
    """The gravest state of each heartbeat now."""

    def of(record: str, value: int) -> str:
        return f"max by (heartbeat, host) ({record}{{{matchers}}}) * 0 + {value}"

    graver = (
        of("heartbeat:failed", 6),
        of("heartbeat:late", 5),
        of("heartbeat:run_overdue", 4),
        of("heartbeat:never_came", 3),
        of("heartbeat:muted", 2),
        f"max by (heartbeat, host) ({running(matchers)}) * 0 + 1",
        of("heartbeat_failing", 0),
    )
    return " or on (heartbeat, host) ".join(graver)


def either(label: str, exprs: Mapping[str, str]) -> str:
    """All of these, each with its word in a label."""
    return " or ".join(f'label_replace({expr}, "{label}", "{word}", "", "")' for word, expr in exprs.items())


def named(expr: str, label: str, words: Mapping[str, str]) -> str:
    """`expr` with the words of a label in place of its values."""
    for value, word in words.items():
        expr = f'label_replace({expr}, "{label}", "{word}", "{label}", "{value}")'
    return expr


INTERNET = "internet:outside_silent * 2 > 0 or max(internet:part_works == bool 0)"
"""As in colours.INTERNET."""


def fullest(matchers: str = "") -> str:
    """File systems that can be written to, by the share of space left."""
    return f"min by (host, mountpoint) (host:filesystem_avail:ratio{{{matchers}}} and host:filesystem_writable)"


LATE_SECONDS = 5
"""Between two evaluations of rules/heartbeats.yml: so long is each sample of what it records."""


def slots_missed(matchers: str) -> str:
    """By each heartbeat, how many of its slots went by within the range while it was late."""
    late = f"count_over_time(heartbeat:late{{{matchers}}}[$__range]) * {LATE_SECONDS}"
    interval = f"max by (heartbeat, host) (heartbeat_expected_interval_seconds{{{matchers}}} > 0)"
    return f"ceil({late} / on (heartbeat, host) {interval})"


def usual(signal: str, matchers: str, by: str) -> str:
    """The most that is usual at this hour of the week; nothing before three weeks of history."""
    return f'max by ({by}) (usual:highest{{signal="{signal}",{matchers}}})'


def wrong(matchers: str) -> str:
    """Units, containers and disk arrays that are not as they should be, by `kind` and `name`."""
    failed_disks = f'max by (device) (node_md_disks{{{matchers},state="failed"}} > 0)'
    found = {
        "failed unit": f'max by (name) (node_systemd_unit_state{{{matchers},state="failed"}} == 1)',
        "unit that restarts": f"max by (name) (increase(node_systemd_service_restart_total{{{matchers}}}[15m]) > 3)",
        "unhealthy container": f'max by (name) (container_health{{{matchers},health="unhealthy"}} == 1)',
        "container that restarts": f"max by (name) (increase(container_restarts_total{{{matchers}}}[15m]) > 3)",
        "disk array with failed disks": f'label_replace({failed_disks}, "name", "$1", "device", "(.+)")',
    }
    return either("kind", found)
