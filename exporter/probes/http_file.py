"""Reads the http part of a module."""

import re

from exporter.probes.module_parts import either, ip_choice, located, part, patterns, tls_config
from exporter.probes.modules import HeaderRule, HttpModule, Secret, SecretFile, TlsConfig
from exporter.probes.patterns import pattern
from toolkit.strict import ConfigError, Section

COMPRESSIONS = ("gzip", "deflate", "br", "identity", "")
# As blackbox_exporter reads them: KB and KiB are both 1024 bytes.
UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
SIZE = re.compile(r"([0-9]{1,6})\s*([KMGT]?)i?B?")
METHOD = re.compile(r"[A-Za-z]{1,20}")
HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

Headers = tuple[tuple[str, str | Secret | SecretFile], ...]


def http_module(section: Section) -> tuple[HttpModule, list[str]]:
    """The http part, and the keys in it that cannot be carried out here."""
    missing = not_here(section)
    username, password = basic_auth(section)
    kind, credentials = authorization(section)
    found = HttpModule(
        valid_status_codes=codes(section),
        valid_http_versions=frozenset(section.texts("valid_http_versions")),
        method=located(section, "method", section.text("method", "GET") or "GET", method),
        headers=headers(section),
        body=section.text("body", ""),
        body_file=section.text("body_file", None) or None,
        body_size_limit=located(section, "body_size_limit", section.text("body_size_limit", "0"), size),
        compression=section.choice("compression", COMPRESSIONS, ""),
        follow_redirects=section.flag("follow_redirects", not section.flag("no_follow_redirects", False)),
        fail_if_ssl=section.flag("fail_if_ssl", False),
        fail_if_not_ssl=section.flag("fail_if_not_ssl", False),
        body_matches=patterns(section, "fail_if_body_matches_regexp"),
        body_not_matches=patterns(section, "fail_if_body_not_matches_regexp"),
        header_matches=header_rules(section, "fail_if_header_matches"),
        header_not_matches=header_rules(section, "fail_if_header_not_matches"),
        username=username,
        password=password,
        authorization_type=kind,
        credentials=credentials,
        ip=ip_choice(section),
        tls=part(section, "tls_config", tls_config, TlsConfig()),
    )
    section.end()
    if found.body and found.body_file:
        raise section.error("body", "body and body_file exclude each other")
    return found, missing


def basic_auth(section: Section) -> tuple[str | SecretFile | None, Secret | SecretFile | None]:
    """User and password, None without basic_auth."""
    auth = section.section("basic_auth")
    if auth is None:
        return None, None
    path, password = auth.text("username_file", None), either(auth, "password")
    username = SecretFile(path) if path else auth.text("username", "")
    auth.end()
    return username, password


def codes(section: Section) -> frozenset[int]:
    key = "valid_status_codes"
    return frozenset(located(section, key, text, status) for text in section.texts(key))


def not_here(section: Section) -> list[str]:
    """Keys of blackbox_exporter that would change the verdict and cannot be carried out here."""
    missing = []
    for key in ("fail_if_body_json_matches_cel", "fail_if_body_json_not_matches_cel", "proxy_url"):
        missing += [key] if section.text(key, None) else []
    for key in ("proxy_from_environment", "enable_http3"):
        missing += [key] if section.flag(key, False) else []
    missing += ["oauth2"] if section.section("oauth2") else []
    missing += ["compression br"] if section.text("compression", "") == "br" else []
    # These say how to do what is not done here anyway.
    section.text("no_proxy", None)
    section.section("proxy_connect_header")
    section.flag("skip_resolve_phase_with_proxy", False)
    section.flag("enable_http2", True)
    return [f"http.{key}" for key in missing]


def authorization(section: Section) -> tuple[str, Secret | SecretFile | None]:
    """The type and credentials of `authorization`, or of the older `bearer_token`."""
    bearer = either(section, "bearer_token")
    found = section.section("authorization")
    if found is None:
        return "Bearer", bearer
    kind, credentials = found.text("type", "Bearer"), either(found, "credentials")
    found.end()
    if bearer or section.has("basic_auth"):
        raise section.error("authorization", "basic_auth, authorization and bearer_token exclude each other")
    return kind, credentials


def headers(section: Section) -> Headers:
    """`headers`, then `http_headers`; of several values of one header the last counts."""
    found: list[tuple[str, str | Secret | SecretFile]] = list(section.text_map("headers").items())
    for name, entry in section.sections_by_name("http_headers").items():
        values: list[str | Secret | SecretFile] = [*entry.texts("values")]
        values += [Secret(text) for text in entry.texts("secrets")]
        values += [SecretFile(path) for path in entry.texts("files")]
        entry.end()
        found += [(name, value) for value in values[-1:]]
    for name, value in found:
        if not HEADER.fullmatch(name) or (isinstance(value, str) and re.search(r"[\r\n\0]", value)):
            raise section.error("headers", f"{name!r} is no HTTP header")
    return tuple(found)


def header_rules(section: Section, key: str) -> tuple[HeaderRule, ...]:
    found = []
    for entry in section.sections(key):
        compiled = located(entry, "regexp", entry.text("regexp"), pattern)
        found.append(HeaderRule(entry.text("header"), compiled, entry.flag("allow_missing", False)))
        entry.end()
    return tuple(found)


def status(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{2}", text):
        raise ConfigError(f"expected a status code like 200, found {text!r}")
    return int(text)


def method(text: str) -> str:
    if not METHOD.fullmatch(text):
        raise ConfigError(f"expected a method like GET, found {text!r}")
    return text.upper()


def size(text: str) -> int:
    """Bytes of a size like 10MB, 512KiB or 4096."""
    found = SIZE.fullmatch(text)
    if not found:
        raise ConfigError(f"expected a size like 10MB, found {text!r}")
    return int(found[1]) * UNITS[found[2]]
