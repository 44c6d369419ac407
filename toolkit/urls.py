"""Addresses on the web as people write them: is it one, and how is it shown without its password?"""

from urllib.parse import urlsplit, urlunsplit


def is_web(text: str) -> bool:
    """Is it a URL of http or https, with a host, and without blanks and what nobody sees?"""
    try:
        parts = urlsplit(text)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a bracket that does not end, a port that is no number
        return False
    return whole and text.isprintable() and " " not in text


def without_password(url: str) -> str:
    """A URL as it may be shown: without user and password, query and fragment."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
