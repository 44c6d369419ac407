"""Reads what a person declares of redaction."""

from dataclasses import dataclass
from pathlib import Path

from toolkit.strict import Section


@dataclass(frozen=True, slots=True)
class Redaction:
    """More files of rules; `addresses`: are IP addresses private as well?"""

    files: tuple[Path, ...] = ()
    addresses: bool = False


def redaction(section: Section | None, folder: Path) -> Redaction:
    """`redact:` of the file; relative names are relative to `folder`."""
    if section is None:
        return Redaction()
    found = Redaction(tuple(folder / name for name in section.texts("rules")), section.flag("addresses", False))
    section.end()
    return found
