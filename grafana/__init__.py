"""Dashboards as Python, built to the JSON that Grafana reads: `python -m grafana.build`."""
