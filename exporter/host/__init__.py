"""The host's readings: what node_exporter tells of a machine, under its names."""

from exporter.host.filters import Filters
from exporter.host.gather import Host
from exporter.host.readings import COLLECTORS, DEFAULT_OFF, unknown
from exporter.host.root import Root

__all__ = ["COLLECTORS", "DEFAULT_OFF", "Filters", "Host", "Root", "unknown"]
