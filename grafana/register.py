"""All dashboards, in the order of the questions they answer."""

from grafana import overview
from grafana.dashboard import Dashboard

DASHBOARDS: tuple[Dashboard, ...] = (overview.DASHBOARD,)
