"""Under which name do dashboards count the hosts that are watched?"""

import os
from collections.abc import Iterator
from importlib.metadata import version

from toolkit.families import Family, table

LABELS = ("branch", "goarch", "goos", "goversion", "revision", "tags", "version")
VERSION = version("heartline")


def families() -> Iterator[Family]:
    """The USE dashboards of node-mixin count node_exporter_build_info; its tags say who really answers."""
    row = ("", os.uname().machine, "linux", "", "", "heartline", VERSION)
    help = "A metric with a constant '1' value, under node_exporter's name for the dashboards that count it."
    yield table("node_exporter_build_info", "gauge", help, LABELS, [(row, 1)])
