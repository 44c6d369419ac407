"""The outside watchdog's URL finds its place in alertmanager.yml, and nowhere else."""

from pathlib import Path

import pytest
import yaml

from stack import adapt
from stack.layout import Configs
from stack.problem import Problem
from stack.watchdog import calling

URL = "https://hc-ping.com/6f1c:x#y"


def test_the_url_is_put_at_the_receiver_that_waits_for_it() -> None:
    text = calling("receivers:\n  - name: relay\n  - name: watchdog # off\nroute: {receiver: relay}\n", URL)
    tree = yaml.safe_load(text)
    assert tree["receivers"][1] == {"name": "watchdog", "webhook_configs": [{"url": URL, "send_resolved": False}]}
    assert (tree["receivers"][0], tree["route"]) == ({"name": "relay"}, {"receiver": "relay"})


def test_the_shipped_file_waits_for_one_and_survives_being_adapted() -> None:
    shipped = Configs().alertmanager
    tree = yaml.safe_load(adapt.adapt(calling(shipped.read_text(), URL), Path("/"), {}))
    assert next(r for r in tree["receivers"] if r["name"] == "watchdog")["webhook_configs"][0]["url"] == URL


@pytest.mark.parametrize(
    "text",
    [
        "receivers: [{name: watchdog}]\n",
        "receivers:\n  - name: watchdog\n    webhook_configs: []\n",
        "receivers:\n  - name: other\n",
        "route: {receiver: x}\n",
    ],
)
def test_a_file_without_room_for_it_is_named_and_the_url_not_repeated(text: str) -> None:
    with pytest.raises(Problem, match="no receiver") as refused:
        calling(text, URL)
    assert "hc-ping" not in str(refused.value)
