"""`analyzer notify test [NAME]`: does a message arrive?"""

from collections.abc import Callable, Sequence

from analyzer.notify.message import compose
from analyzer.notify.payload import Alert, Group
from analyzer.notify.service import Service, Undelivered

LABELS = {"alertname": "HeartlineTest", "severity": "info", "host": "heartline"}
ANNOTATIONS = {
    "summary": "This is a test.",
    "description": "If you can read this, alerts reach you here. Nothing is wrong and nothing is to be done.",
}


async def test(services: Sequence[Service], name: str | None, now: float, show: Callable[[str], None]) -> int:
    """Send one to the service `name`, or to each; a line for each, 0 when all accepted it."""
    chosen = [service for service in services if name in (None, service.name)]
    if not chosen:
        known = ", ".join(service.name for service in services)
        show(f"there is no service {name!r}: the configuration has {known}" if known else "no service is configured")
        return 1
    failed = 0
    for service in chosen:
        trouble = await _trouble(service, now)
        failed += bool(trouble)
        show(f"FAIL {service.name}: {trouble}" if trouble else f"ok   {service.name}: accepted")
    return 1 if failed else 0


async def _trouble(service: Service, now: float) -> str:
    alert = Alert("0" * 16, "firing", LABELS, ANNOTATIONS, now, 0.0, "")
    group = Group("test", "firing", "test", LABELS, LABELS, ANNOTATIONS, "", 0, (alert,))
    try:
        await service.tell(compose(group), "post", ())
    except Undelivered as e:
        return str(e)
    return ""
