"""Writes a module as the YAML it could have been read from, defaults included and secrets left out."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import yaml

from exporter.probes.modules import (
    DnsModule,
    Exchange,
    HeaderRule,
    HttpModule,
    IcmpModule,
    IpChoice,
    Module,
    RecordRules,
    Secret,
    SecretFile,
    TcpModule,
    ThroughputModule,
    TlsConfig,
    TlsModule,
)
from exporter.probes.patterns import Pattern
from exporter.probes.shown import HIDDEN, SECRET_HEADER, TELLTALE, shown_line
from toolkit.strict import format_duration

# Fields that go by another name in the file; "" stands for the keys of the value itself.
KEYS: Mapping[type, Mapping[str, str]] = {
    HttpModule: {
        "body_matches": "fail_if_body_matches_regexp",
        "body_not_matches": "fail_if_body_not_matches_regexp",
        "header_matches": "fail_if_header_matches",
        "header_not_matches": "fail_if_header_not_matches",
        "ip": "",
        "tls": "tls_config",
    },
    TcpModule: {"use_tls": "tls", "ip": "", "tls": "tls_config"},
    DnsModule: {
        "transport": "transport_protocol",
        "over_tls": "dns_over_tls",
        "answer": "validate_answer_rrs",
        "authority": "validate_authority_rrs",
        "additional": "validate_additional_rrs",
        "ip": "",
        "tls": "tls_config",
    },
    RecordRules: {
        "if_matches": "fail_if_matches_regexp",
        "if_all_match": "fail_if_all_match_regexp",
        "if_not_matches": "fail_if_not_matches_regexp",
        "if_none_matches": "fail_if_none_matches_regexp",
    },
    IcmpModule: {"ip": ""},
    TlsModule: {"ip": "", "tls": "tls_config"},
    ThroughputModule: {"ip": "", "tls": "tls_config"},
    HeaderRule: {"pattern": "regexp"},
    IpChoice: {"preferred": "preferred_ip_protocol", "fallback": "ip_protocol_fallback", "source": "source_ip_address"},
    Exchange: {},
    TlsConfig: {},
}
APART = frozenset({"headers", "body", "username", "password", "authorization_type", "credentials"})
EMPTY: tuple[object, ...] = (None, "", b"", (), frozenset(), {})


def shown_module(module: Module) -> str:
    """The module in force, to be read by a person."""
    values: dict[str, object] = {"prober": module.prober}
    if module.timeout is not None:
        values["timeout"] = format_duration(module.timeout)
    values |= {"attempts": module.attempts, "attempt_delay": format_duration(module.attempt_delay)}
    part = getattr(module, module.prober, None)
    if part is not None:
        values[module.prober] = _fields(part)
    text = yaml.safe_dump({"modules": {module.name: values}}, sort_keys=False, allow_unicode=True, width=1000)
    return text + "".join(f"# not supported here: {key}\n" for key in module.unsupported)


def _fields(value: Any) -> dict[str, object]:
    """A part of a module by the keys of the file; what is empty is left out."""
    keys = KEYS[type(value)]
    found: dict[str, object] = {}
    for field in fields(value):
        if isinstance(value, HttpModule) and field.name in APART:
            continue
        key, plain = keys.get(field.name, field.name), _plain(getattr(value, field.name), field.name)
        if key == "" and isinstance(plain, dict):
            found |= plain
        elif plain not in EMPTY and plain != []:
            found[key] = plain
    return found | (_private(value) if isinstance(value, HttpModule) else {})


def _plain(value: object, name: str) -> object:
    """A field's value as YAML has it."""
    match value:
        case Pattern(text):
            return text
        case frozenset():
            return sorted(value)
        case bytes():
            return _wire(value)
        case tuple() if name == "labels":
            return [{"name": label, "value": text} for label, text in value]
        case tuple():
            return [_plain(item, name) for item in value]
        case float() if name == "interval":
            return format_duration(value)
        case int() if name == "preferred":
            return f"ip{value}"
    return _fields(value) if is_dataclass(value) else value


def _wire(data: bytes) -> str | bytes:
    """Bytes to send or expect: as text where they are one, else as !!binary."""
    if TELLTALE.search(data.decode(errors="replace")):
        return shown_line(data)
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def _private(http: HttpModule) -> dict[str, object]:
    """Headers, body and credentials, with no secret in them."""
    found: dict[str, object] = {"headers": {name: _header(name, value) for name, value in http.headers}}
    # A body may be anything, a login form for one.
    found["body"] = f"<{len(http.body)} characters>" if http.body else None
    if http.username is not None:
        found["basic_auth"] = {"username": _masked(http.username), "password": _masked(http.password or "")}
    if http.credentials is not None:
        found["authorization"] = {"type": http.authorization_type, "credentials": _masked(http.credentials)}
    return {key: value for key, value in found.items() if value not in EMPTY}


def _header(name: str, value: str | Secret | SecretFile) -> str:
    return HIDDEN if isinstance(value, str) and SECRET_HEADER.search(name) else _masked(value)


def _masked(value: str | Secret | SecretFile) -> str:
    match value:
        case Secret():
            return HIDDEN
        case SecretFile(path):
            return f"<file {path}>"
        case str():
            return value
