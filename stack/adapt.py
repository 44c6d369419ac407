"""Make a copy of a configuration file that other addresses, or a secret, are written into; the shipped one stays."""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import yaml

from stack import watchdog
from stack.layout import ROOT

# What the shipped alertmanager.yml carries where the webhook belongs: port 9 answers to nobody.
PLACEHOLDER = "http://127.0.0.1:9/discord-webhook-is-not-set"
# And where it looks for the relay's secret: beside itself, or by the whole path.
RELAY_SECRETS = ("../data/relay_secret", str(ROOT / "data" / "relay_secret"))


def adapt(text: str, folder: Path, replaced: Mapping[str, str], settings: Mapping[str, str] | None = None) -> str:
    """Replace parts of the values in `text` (YAML) and make paths of other files, relative to `folder`, absolute.

    `settings` are whole values, put wherever the file has such a key.
    Values keep the very spelling they have: a time such as 18:00 stays a time, although YAML 1.1 reads a number.
    """
    tree = yaml.compose(text, Loader=yaml.SafeLoader)
    if tree is None:
        return text
    _walk(tree, lambda key, value: _changed(key, value, folder, replaced, settings or {}))
    return yaml.serialize(tree, Dumper=yaml.SafeDumper, allow_unicode=True, width=10_000)


def alertmanager(file: Path, replaced: Mapping[str, str], webhook: str, called: str) -> str:
    """A copy of alertmanager.yml with the secret URLs, Discord's and the outside watchdog's; either may be empty."""
    text = file.read_text()
    text = watchdog.calling(text, called) if called else text
    return adapt(text, file.parent, {**replaced, **({PLACEHOLDER: webhook} if webhook else {})})


def write(text: str, file: Path) -> None:
    """Write a file that only its owner may read, from its first byte on."""
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)


def _walk(node: yaml.Node, change: Callable[[str, str], str], key: str = "") -> None:
    """Call `change` with each value and the key that it, or the list it is in, stands under."""
    if isinstance(node, yaml.CollectionNode):
        # In flow style 18:00 would be written as !!int '18:00', which the programs do not read as a time.
        node.flow_style = False
    if isinstance(node, yaml.ScalarNode):
        node.value = change(key, node.value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _walk(item, change, key)
    elif isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            _walk(value, change, name.value)


def _changed(key: str, value: str, folder: Path, replaced: Mapping[str, str], settings: Mapping[str, str]) -> str:
    if key in settings:
        return settings[key]
    value = _replace(value, replaced)
    # The whole path once more: a copy of a copy names it so.
    return _replace(_absolute(value, folder), replaced) if _names_files(key) else value


def _names_files(key: str) -> bool:
    return key in ("rule_files", "scrape_config_files", "files", "templates") or key.endswith("_file")


def _absolute(path: str, folder: Path) -> str:
    return os.path.normpath(folder / path) if path else path


def _replace(value: str, replaced: Mapping[str, str]) -> str:
    """All in one pass, so that two ports may be swapped; 127.0.0.1:9797 is no part of 127.0.0.1:97970."""
    pattern = "|".join(map(re.escape, replaced))
    return re.sub(rf"(?:{pattern})(?!\d)", lambda match: replaced[match[0]], value) if replaced else value
