"""An exposition as values that can be compared."""

from dataclasses import dataclass
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

Series = tuple[str, frozenset[tuple[str, str]]]


@dataclass(frozen=True)
class Exposition:
    values: dict[Series, float]
    types: dict[str, str]
    helps: dict[str, str]

    def names(self) -> set[str]:
        return set(self.types)

    def collectors(self, success: float) -> set[str]:
        """The collectors that report this success."""
        found = {
            labels: value for (name, labels), value in self.values.items() if name == "node_scrape_collector_success"
        }
        return {dict(labels)["collector"] for labels, value in found.items() if value == success}


def read(text: str) -> Exposition:
    """The samples of a text exposition, with the type and help of the family each name belongs to."""
    parse: Any = text_string_to_metric_families
    values, types, helps = {}, {}, {}
    for family in parse(text):
        for sample in family.samples:
            values[sample.name, frozenset(sample.labels.items())] = float(sample.value)  # as Prometheus takes it
            types[sample.name], helps[sample.name] = family.type, family.documentation
    return Exposition(values, types, helps)
