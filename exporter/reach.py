"""Is a host near, or on the other side of the internet?"""

from ipaddress import ip_address

LOCAL = (".local", ".lan", ".home", ".internal", ".intranet", ".corp", ".home.arpa", ".localdomain", ".localhost")


def via(host: str) -> str:
    """`internet` when a host is on its other side, "" when it is near, by its address or name."""
    host = host.lower().rstrip(".")
    try:
        ip = ip_address(host)
    except ValueError:
        return "" if "." not in host or host.endswith(LOCAL) else "internet"
    return "internet" if ip.is_global and not ip.is_multicast else ""
