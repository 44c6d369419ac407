"""Does the memory's hardware report errors?"""

import re
from collections.abc import Iterator

from exporter.host.root import Root, attribute, names, optional
from toolkit.families import Family, table

Rows = list[tuple[tuple[str, ...], int]]
CHANNEL = re.compile(r"ch(\d+)_([cu]e)_count")
KINDS = {"ce": "correctable", "ue": "uncorrectable"}


def parse_label(text: str | None) -> str:
    """A module's `dimm_label` in the form the channel is labelled with; `unknown` where there is none."""
    if text is None:
        return "unknown"
    return text.replace("#", "").replace("csrow", "_csrow").replace("channel", "_channel")


def collect(root: Root) -> Iterator[Family]:
    base = f"{root.sys}/devices/system/edac/mc"
    controllers = _numbered(base, "mc")
    for kind, word in KINDS.items():
        totals: Rows = []
        rows: Rows = []
        channels: Rows = []
        for controller, path in controllers.items():
            totals.append(((controller,), int(attribute(f"{path}/{kind}_count"))))
            rows.append(((controller, "unknown"), int(attribute(f"{path}/{kind}_noinfo_count"))))
            for row, row_path in _numbered(path, "csrow").items():
                rows.append(((controller, row), int(attribute(f"{row_path}/{kind}_count"))))
                channels += [((controller, row, *labels), count) for labels, count in _channels(row_path, kind)]
        name = f"node_edac_{{}}{word}_errors_total"
        yield table(name.format(""), "counter", f"Total {word} memory errors.", ("controller",), totals)
        row_help = f"Total {word} memory errors for this csrow."
        yield table(name.format("csrow_"), "counter", row_help, ("controller", "csrow"), rows)
        channel_help = f"Total {word} memory errors for this channel."
        labels = ("controller", "csrow", "channel", "dimm_label")
        yield table(name.format("channel_"), "counter", channel_help, labels, channels)


def _numbered(base: str, prefix: str) -> dict[str, str]:
    """The numbers of the directories with that prefix, with their paths; none where EDAC is not loaded."""
    try:
        found = [name for name in names(base) if re.fullmatch(rf"{prefix}\d+", name)]
    except FileNotFoundError:
        return {}
    return {name.removeprefix(prefix): f"{base}/{name}" for name in found}


def _channels(path: str, kind: str) -> Iterator[tuple[tuple[str, str], int]]:
    for name in names(path):
        match = CHANNEL.fullmatch(name)
        if match and match[2] == kind:
            label = parse_label(optional(f"{path}/ch{match[1]}_dimm_label"))
            yield (match[1], label), int(attribute(f"{path}/{name}"))
