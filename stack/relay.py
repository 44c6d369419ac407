"""How do Alertmanager and the relay come to share a secret, and whom does the relay tell?"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from stack import adapt, secret
from stack.layout import ROOT

VARIABLE = "ANALYZER_RELAY_SECRET"
DISCORD = "discord"  # what the analyzer calls the webhook of its environment


@dataclass(frozen=True)
class Relay:
    """`secret` is the file that Alertmanager reads it from, `environ` what the analyzer is told beside its own file."""

    secret: Path
    environ: Mapping[str, str] = field(repr=False)
    services: Sequence[str]


def relay(analyzer: Path, data: Path, values: Mapping[str, str], webhook: str) -> Relay:
    """From the analyzer's file and the settings; what neither has is made once and kept in `data`."""
    tree = _tree(analyzer)
    own = tree.get("relay")
    named = own if isinstance(own, dict) else {}
    path = named.get("secret_file") or values.get(f"{VARIABLE}_FILE")
    inline = named.get("secret") or values.get(VARIABLE)
    kept = (data / "relay_secret").resolve()
    environ = {secret.NAME: webhook} if webhook else {}
    if inline and not path:
        adapt.write(str(inline), kept)
    elif not path:
        environ[f"{VARIABLE}_FILE"] = str(_made(kept))
    return Relay((ROOT / path).resolve() if path else kept, environ, services(tree, webhook))


def services(tree: Mapping[str, object], webhook: str) -> list[str]:
    """The names of those that hear of alerts."""
    listed = tree.get("notify")
    entries = listed if isinstance(listed, list) else []
    names = [str(entry.get("name")) for entry in entries if isinstance(entry, dict)]
    return names + [DISCORD] * bool(webhook and DISCORD not in names)


def _tree(file: Path) -> Mapping[str, object]:
    """What the file holds; nothing where it is not as it should be, which its own program says better."""
    try:
        tree = yaml.safe_load(file.read_text())
    except (yaml.YAMLError, OSError, UnicodeDecodeError):
        return {}
    return tree if isinstance(tree, dict) else {}


def _made(file: Path) -> Path:
    if not file.exists():
        adapt.write(secrets.token_urlsafe(32), file)
    return file
