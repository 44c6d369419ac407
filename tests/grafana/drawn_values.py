"""What a number or a word looks like in a panel: its unit, its colour, its name; as Grafana has it, nearly."""

import math
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

NAMED: Mapping[str, str] = {
    "green": "#73bf69",
    "blue": "#5794f2",
    "orange": "#ff9830",
    "red": "#f2495c",
    "yellow": "#fade2a",
    "purple": "#b877d9",
    "light-blue": "#8ab8ff",
    "light-yellow": "#fff899",
    "dark-orange": "#fa6400",
    "dark-red": "#c4162a",
    "text": "#ccccdc",
}
PALETTE = ("#73bf69", "#f2cc0c", "#8ab8ff", "#ff780a", "#f2495c", "#5794f2", "#b877d9", "#705da0")


@dataclass(frozen=True)
class Field:
    """The settings of a panel's values, or of one column."""

    settings: Mapping[str, Any]
    overrides: Sequence[Any]

    @classmethod
    def of(cls, panel: Mapping[str, Any], column: str = "") -> "Field":
        config = panel["fieldConfig"]
        settings = dict(config["defaults"])
        for one in config["overrides"]:
            if column and one["matcher"] == {"id": "byName", "options": column}:
                settings |= {each["id"]: each["value"] for each in one["properties"]}
        return cls(settings, config["overrides"])

    def words(self) -> list[Any]:
        """Texts and colours of the values that have some, in their order."""
        known = [m["options"] for m in self.settings.get("mappings", ()) if m["type"] == "value"]
        return sorted((one for each in known for one in each.values() if "text" in one), key=lambda one: one["index"])

    def word(self, value: str) -> tuple[str, str]:
        """What stands for a word, and its colour."""
        for mapping in self.settings.get("mappings", ()):
            if mapping["type"] == "regex":
                return mapping["options"]["result"]["text"], NAMED["blue"]
            if value in mapping["options"]:
                found = mapping["options"][value]
                return found.get("text", value), NAMED.get(found.get("color", ""), NAMED["text"])
        return value, NAMED["text"]

    def colour(self, value: float) -> str:
        text, colour = self.word(f"{value:g}")
        if text != f"{value:g}":
            return colour
        steps = self.settings["thresholds"]["steps"]
        reached = [step["color"] for step in steps if step["value"] is None or value >= step["value"]]
        return NAMED.get(reached[-1], reached[-1])

    def of_series(self, name: str, number: int) -> str:
        return self.named(name) or PALETTE[number % len(PALETTE)]

    def named(self, series: str) -> str:
        """The colour that the series of this name has everywhere; empty when it has none."""
        for one in self.overrides:
            if one["matcher"] == {"id": "byName", "options": series}:
                return NAMED.get(str(one["properties"][0]["value"]["fixedColor"]), "#8e8e8e")
        return ""

    def text(self, value: float) -> str:
        word, _ = self.word(f"{value:g}")
        return word if word != f"{value:g}" else united(value, self.settings.get("unit", "none"))


def united(value: float, unit: str) -> str:
    if math.isnan(value) or math.isinf(value):
        return "–"
    if unit == "percentunit":
        return f"{value * 100:.3g} %"
    if unit == "s":
        return _seconds(value)
    if unit == "dateTimeFromNow":
        ahead = value / 1000 - time.time()
        return f"in {_seconds(ahead)}" if ahead > 0 else f"{_seconds(-ahead)} ago"
    if unit.startswith("dateTime"):
        return f"{datetime.fromtimestamp(value / 1000, UTC):%a %d %b %Y %H:%M} UTC"
    if unit in ("bytes", "Bps"):
        return _scaled(value, 1024, ("", " Ki", " Mi", " Gi", " Ti")) + ("B" if unit == "bytes" else "B/s")
    more = {"celsius": " °C", "cps": " /s", "reqps": " /s", "currencyUSD": " $"}.get(unit, "")
    return _scaled(value, 1000, ("", " K", " M", " G")) + more if unit == "short" else f"{value:.4g}{more}"


def _seconds(value: float) -> str:
    for size, name in ((86400.0, "days"), (3600.0, "hours"), (60.0, "min"), (1.0, "s"), (0.001, "ms")):
        if abs(value) >= size:
            return f"{value / size:.3g} {name}"
    return f"{value:.3g} s"


def _scaled(value: float, base: int, names: Sequence[str]) -> str:
    power = 0
    while abs(value) >= base and power < len(names) - 1:
        value, power = value / base, power + 1
    return f"{value:.3g}{names[power]}"


def legend(panel: Mapping[str, Any], row: Mapping[str, Any], number: int = 0) -> str:
    """The name of a series."""
    form = panel["targets"][number]["legendFormat"]
    labels: Mapping[str, str] = row["metric"]
    if form == "__auto":
        return ", ".join(f"{name}={value}" for name, value in labels.items() if name != "__name__") or panel["title"]
    return re.sub(r"{{\s*(\w+)\s*}}", lambda found: labels.get(found[1], ""), form)
