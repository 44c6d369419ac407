"""How a review went: closed lists of words, since they become labels, and the values that carry them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from analyzer.finding import Finding

# Of one model in one review.
Result = Literal[
    "answered",
    "cached",
    "connection",  # refused, reset, no such name
    "tls",
    "timeout",
    "rate_limited",
    "server_error",
    "misconfigured",  # 400, 401, 403, 404, 422: somebody has to change the file
    "redirected",
    "not_an_answer",  # 200 without a completion in it: HTML, cut JSON, too long
    "empty",  # no choices, no words
    "refusal",
    "length",  # it ran out of tokens
    "truncated",  # it did not see all that was sent
    "invalid",  # words that are no answer of our schema, after one repair
    "breaker_open",
    "too_small",  # its context does not hold the prompt
    "budget_exhausted",
    "deadline",
    "redaction",  # its words could not be redacted
]
RESULTS: tuple[Result, ...] = get_args(Result)

# Of the whole review; deterministic findings are whole in every case.
Outcome = Literal["answered", "cached", "nothing_new", "no_model", "budget_exhausted", "failed"]

# Why something a model said reaches nobody.
Reason = Literal[
    "schema",
    "no_evidence",
    "unknown_template",
    "wrong_line",
    "short_quote",
    "invented_quote",
    "number",
    "address",
    "name",
    "url",
    "markup",
    "command",
    "reassurance",  # it plays findings down
    "instruction",  # it speaks to or about the reviewer
    "covered",  # a rule found it already
    "duplicate",
    "too_many",
]
REASONS: tuple[Reason, ...] = get_args(Reason)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One model that was asked, or passed over; tokens and cost are of all its calls."""

    model: str
    result: Result
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0
    currency: str = ""
    calls: int = 0


@dataclass(frozen=True, slots=True)
class Review:
    """What a model added. It can only add: findings of rules are not even part of it."""

    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    summary: str = ""  # plain text of at most two sentences, redacted and checked; shown escaped
    model: str = ""  # whose answer it is
    attempts: tuple[Attempt, ...] = ()
    rejected: Counter[Reason] = field(default_factory=Counter)
    cited: Mapping[str, frozenset[str]] = field(default_factory=dict)  # ids of templates by a finding's fingerprint

    @property
    def tokens_in(self) -> int:
        return sum(attempt.tokens_in for attempt in self.attempts)

    @property
    def tokens_out(self) -> int:
        return sum(attempt.tokens_out for attempt in self.attempts)
