"""What the files of both programs say alike: where one is reached, which proxies are believed, keys nobody guesses."""

from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path

from toolkit.limits import Network
from toolkit.strict import Section

KEY_LENGTH = 16  # characters; anything shorter can be guessed


def external_url(top: Section) -> str | None:
    """Where others reach the program, without a slash at the end."""
    url = top.text("external_url", None)
    if url is not None and not url.startswith(("http://", "https://")):
        raise top.error("external_url", "expected a URL that begins with http:// or https://")
    return url.rstrip("/") if url else None


def trusted_proxies(top: Section) -> tuple[Network, ...]:
    """Those whose word of a client's address counts."""
    return networks(top, "trusted_proxies", "address or network")


def networks(section: Section, key: str, what: str = "network") -> tuple[Network, ...]:
    """A list of them, which an error calls `what`; empty where the key is missing."""
    return tuple(_network(section, key, what, text) for text in section.texts(key))


def _network(section: Section, key: str, what: str, text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError as e:
        raise section.error(key, f"{text!r} is no {what} such as 10.0.0.0/8") from e


def key(section: Section, name: str, environ: Mapping[str, str], variable: str | None = None) -> str | None:
    """A secret that opens something, from wherever `Section.secret` takes it; None without one."""
    secret = section.secret(name, environ, Path.read_text, variable)
    if secret is not None and (len(secret) < KEY_LENGTH or not secret.isprintable() or not secret.isascii()):
        raise section.error(name, f"expected at least {KEY_LENGTH} printable ASCII characters")
    return secret
