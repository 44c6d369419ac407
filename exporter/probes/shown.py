"""What a person may see of targets, lines and modules: everything but secrets."""

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import cast

import yaml

from exporter.probes.modules import Module, Secret, SecretFile
from exporter.probes.patterns import Pattern
from exporter.strict import format_duration

HIDDEN = "<secret>"
LONGEST = 300
# Words behind which a line of a dialogue carries a password or key.
TELLTALE = re.compile(r"(?i)\b(auth\w*|pass\w*|login|logon|token|secret|key|bearer|basic|oauth\w*|credentials?)\b")
SECRET_HEADER = re.compile(r"(?i)auth|token|key|secret|cookie|passw|credential|session|signature")


def shown_target(text: str) -> str:
    """A target without the password it may carry, cut at 300 characters."""
    scheme, separator, rest = text.partition("://")
    if not separator:
        scheme, rest = "", text
    authority, slash, path = rest.partition("/")
    user, at, host = authority.rpartition("@")
    if at:
        user = user.partition(":")[0] + f":{HIDDEN}"
    return f"{scheme}{separator}{user}{at}{host}{slash}{path}"[:LONGEST]


def shown_line(data: bytes) -> str:
    """A line of a dialogue, printable, without what stands behind a word like PASS or AUTH."""
    text = data[:LONGEST].decode(errors="backslashreplace")
    found = TELLTALE.search(text)
    if found and text[found.end() :].strip():
        text = f"{text[: found.end()]} {HIDDEN}"
    return text.encode("unicode_escape").decode()


def shown_header(name: str, value: str) -> str:
    """A header line whose value is left out where the name says that it is a secret."""
    return f"{name}: {HIDDEN if SECRET_HEADER.search(name) else value[:LONGEST]}"


def shown_module(module: Module) -> str:
    """The module in force as YAML, defaults included, secrets left out."""
    values: dict[str, object] = {"prober": module.prober, "attempts": module.attempts}
    if module.timeout is not None:
        values["timeout"] = format_duration(module.timeout)
    values["attempt_delay"] = format_duration(module.attempt_delay)
    values[module.prober] = _plain(getattr(module, module.prober, {}))
    if module.unsupported:
        values["unsupported"] = list(module.unsupported)
    return yaml.safe_dump({"modules": {module.name: values}}, sort_keys=False, allow_unicode=True)


def _plain(value: object) -> object:
    """A value of a module as YAML can write it."""
    match value:
        case Secret():
            return HIDDEN
        case SecretFile(path):
            return f"<file {path}>"
        case Pattern(text):
            return text
        case bytes():
            return shown_line(value)
        case frozenset():
            return sorted(value)
        case tuple():
            return _pairs(value) if _is_headers(value) else [_plain(item) for item in value]
    if is_dataclass(value):
        return _plain_fields(value)
    return value


def _plain_fields(value: object) -> Mapping[str, object]:
    named = {item.name: getattr(value, item.name) for item in fields(cast(type, value))}
    if named.get("body"):
        # A body may be anything, a login form for one.
        named["body"] = f"<{len(named['body'])} characters>"
    return {name: _plain(item) for name, item in named.items() if item not in (None, "", b"", ())}


def _is_headers(value: tuple[object, ...]) -> bool:
    return bool(value) and all(isinstance(item, tuple) and len(item) == 2 for item in value)


def _pairs(value: tuple[tuple[str, object], ...]) -> Mapping[str, object]:
    return {name: HIDDEN if SECRET_HEADER.search(name) else _plain(item) for name, item in value}
