"""What the day or the week brought, told on one page: once per period, also after a restart or an outage.

period -> gather (the store) and outside (Prometheus) -> report -> page, text or brief -> send
"""
