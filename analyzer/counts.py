"""What the program has counted since it started; Prometheus copes with their going back to zero."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from analyzer.review.outcome import REASONS, RESULTS, Review

DIRECTIONS = ("in", "out")
Key = TypeVar("Key", str, tuple[str, str])


@dataclass(slots=True)
class Counts:
    """Changed by the event loop's thread alone. What is known in advance is there with zero."""

    lines: Counter[tuple[str, str]] = field(default_factory=Counter)  # by host and source
    bytes: Counter[tuple[str, str]] = field(default_factory=Counter)
    gaps: Counter[tuple[str, str]] = field(default_factory=Counter)
    requests: Counter[tuple[str, str]] = field(default_factory=Counter)  # by model and outcome
    tokens: Counter[tuple[str, str]] = field(default_factory=Counter)  # by model and direction
    cost: dict[tuple[str, str], float] = field(default_factory=dict)  # by model and currency
    rejected: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(REASONS, 0)))
    redactions: Counter[str] = field(default_factory=Counter)  # by rule
    redactor_failures: Counter[str] = field(default_factory=Counter)  # by host

    def expect(
        self, sources: Mapping[str, Iterable[str]], currencies: Mapping[str, str], rules: Collection[str]
    ) -> None:
        """Count these hosts' sources, these models with what they are paid in, these rules; forget all others."""
        pairs = [(host, source) for host, names in sources.items() for source in names]
        self.lines, self.bytes, self.gaps = _of(self.lines, pairs), _of(self.bytes, pairs), _of(self.gaps, pairs)
        self.redactor_failures = _of(self.redactor_failures, sources)
        self.requests = _of(self.requests, [(model, result) for model in currencies for result in RESULTS])
        self.tokens = _of(self.tokens, [(model, direction) for model in currencies for direction in DIRECTIONS])
        self.cost = {pair: self.cost.get(pair, 0.0) for pair in currencies.items() if pair[1]}
        self.redactions = _of(self.redactions, rules)

    def fetched(self, host: str, source: str, lines: int, bytes: int, gaps: int) -> None:
        """Lines came from a source, and took so many bytes there; `gaps`: places where some are missing for good."""
        key = (host, source)
        self.lines[key] += lines
        self.bytes[key] += bytes
        self.gaps[key] += gaps

    def redacted(self, counts: Mapping[str, int]) -> None:
        """Secrets were replaced, so many by each rule."""
        self.redactions.update(counts)

    def reviewed(self, review: Review) -> None:
        """Models were asked, or passed over."""
        for attempt in review.attempts:
            self.requests[attempt.model, attempt.result] += 1
            self.tokens[attempt.model, "in"] += attempt.tokens_in
            self.tokens[attempt.model, "out"] += attempt.tokens_out
            if attempt.currency:
                key = (attempt.model, attempt.currency)
                self.cost[key] = self.cost.get(key, 0.0) + attempt.cost
        self.rejected.update(review.rejected or {})


def _of(counter: Counter[Key], keys: Iterable[Key]) -> Counter[Key]:
    return Counter({key: counter[key] for key in keys})
