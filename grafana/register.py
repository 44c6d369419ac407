"""All dashboards, in the order of the questions they answer."""

from grafana import heartbeat, heartbeats, host, hosts, itself, logs, overview, probes
from grafana.dashboard import Dashboard

DASHBOARDS: tuple[Dashboard, ...] = (
    overview.DASHBOARD,
    heartbeats.DASHBOARD,
    heartbeat.DASHBOARD,
    hosts.DASHBOARD,
    host.DASHBOARD,
    probes.DASHBOARD,
    logs.DASHBOARD,
    itself.DASHBOARD,
)
