"""Groups and alerts as Alertmanager's webhook has them."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256

from analyzer.notify.payload import Group, parse

NOW = 1_767_229_200.0
AT = "http://watch.example:9093"
RUNBOOKS = "https://heartline.example/runbooks"
ZERO = "0001-01-01T00:00:00Z"


def alert(
    name: str = "backup",
    host: str = "nas",
    status: str = "firing",
    severity: str = "critical",
    starts: float = NOW,
    ends: float = NOW + 754,
    alertname: str = "HeartbeatLate",
    **annotations: str,
) -> dict[str, object]:
    told = {
        "summary": "A heartbeat is late.",
        "description": f"{name} on {host} did not report in time, its deadline passed 15s ago.",
        "last_seen": "Thu 01 Jan 2026 02:00:00 (Europe/Berlin)",
        "expected_every": "5m 0s, and 1m 0s of grace",
        "runbook_url": f"{RUNBOOKS}/{alertname}.md",
    }
    return {
        "status": status,
        "labels": {"alertname": alertname, "heartbeat": name, "host": host, "severity": severity},
        "annotations": told | annotations,
        "startsAt": rfc3339(starts),
        "endsAt": rfc3339(ends) if status == "resolved" else ZERO,
        "generatorURL": "http://watch.example:9090/graph?g0.expr=heartbeat%3Alate&g0.tab=1",
        "fingerprint": sha256(f"{name}|{host}|{alertname}".encode()).hexdigest()[:16],
    }


def rfc3339(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


def common(mappings: Sequence[Mapping[str, str]]) -> dict[str, str]:
    return {k: v for k, v in mappings[0].items() if all(m.get(k) == v for m in mappings)}


def payload(*alerts: Mapping[str, object], key: str = '{}:{alertname="HeartbeatLate"}', **more: object) -> bytes:
    firing = any(one["status"] == "firing" for one in alerts)
    labels = [one["labels"] for one in alerts if isinstance(one["labels"], dict)]
    annotations = [one["annotations"] for one in alerts if isinstance(one["annotations"], dict)]
    told: dict[str, object] = {
        "version": "4",
        "groupKey": key,
        "truncatedAlerts": 0,
        "status": "firing" if firing else "resolved",
        "receiver": "heartline",
        "groupLabels": {"alertname": "HeartbeatLate"},
        "commonLabels": common(labels),
        "commonAnnotations": common(annotations),
        "externalURL": AT,
        "alerts": list(alerts),
    }
    return json.dumps(told | more).encode()


def group(*alerts: Mapping[str, object], key: str = '{}:{alertname="HeartbeatLate"}', **more: object) -> Group:
    return parse(payload(*alerts, key=key, **more))
