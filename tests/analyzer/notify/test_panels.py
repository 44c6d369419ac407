"""Messages lead to the panel of their alert, where there is a Grafana."""

from pathlib import Path

import pytest

from analyzer.notify.panels import linked
from analyzer.notify.payload import parse
from analyzer.notify.relay import Settings
from tests.analyzer.discordserver import listening
from tests.analyzer.notify.groups import alert, payload
from tests.analyzer.notify.running import QUICK, discord, running

# The server keeps the web configuration's headers in its requests under a plain name.
pytestmark = pytest.mark.filterwarnings("ignore:It is recommended to use web.RequestKey")

GRAFANA = "http://grafana.example:3000"


async def test_a_message_leads_to_the_panel_of_its_alert_with_its_time(tmp_path: Path) -> None:
    settings = Settings(hold=QUICK.hold, grafana=GRAFANA)
    async with listening() as far, running(tmp_path, discord(far.url()), settings=settings) as at:
        await at.post(payload(alert("backup-nas", "nas")))
    (event,) = far.events
    assert f"[Panel]({GRAFANA}/d/heartline-heartbeat?viewPanel=" in event.message.text
    assert "&var-host=nas&var-heartbeat=backup-nas&from=" in event.message.text


def test_a_panel_of_a_persons_own_stays_and_without_grafana_nothing_is_added() -> None:
    group = parse(payload(alert("ssh", "nas")))
    assert linked(group, "") == group
    own = parse(payload({**alert("ssh", "nas"), "annotations": {"panel_url": "http://own.example/"}}))
    assert linked(own, GRAFANA).alerts[0].annotations["panel_url"] == "http://own.example/"


def test_alerts_of_different_hosts_have_a_panel_each_and_none_together() -> None:
    both = linked(parse(payload(alert("ssh", "nas"), alert("ssh", "db"))), GRAFANA)
    assert len({one.annotations["panel_url"] for one in both.alerts}) == 2
    assert "panel_url" not in both.common_annotations
    assert "panel_url" in linked(parse(payload(alert("ssh", "nas"))), GRAFANA).common_annotations
