"""Has a model review an excerpt: the first in order that may, can and does; what it says is checked, never trusted."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from analyzer.excerpt.template import Excerpt
from analyzer.excerpt.tokens import tokens
from analyzer.finding import Finding
from analyzer.review import answer as answers
from analyzer.review import evidence, prompt, schema
from analyzer.review.answer import Answer, Unusable
from analyzer.review.ask import MOST_READ, Call, Question, Standing, answer, most
from analyzer.review.breaker import Breaker
from analyzer.review.budget import Bill, Budget, Held, OverBudget, Purse
from analyzer.review.declare import Model, Trust
from analyzer.review.outcome import Attempt, Outcome, Result, Review
from analyzer.review.ports import Cache, Ledger, Means
from analyzer.review.prompt import Marks
from analyzer.review.protocol import Dialect, Message, Unanswered

ExcerptFor = Callable[[int], Excerpt]
"""The excerpt of one run in at most so many tokens."""

LEAST_EXCERPT = 200  # tokens; with less there is nothing to review
# What a model's own words led to says nothing of the model for other hosts: a line of one of them may have caused it.
WORDS: frozenset[Result] = frozenset({"empty", "refusal", "length", "truncated", "invalid", "deadline", "redaction"})


@dataclass(frozen=True, slots=True)
class HostFacts:
    """`trust` is the most exposed kind of model that may read this host's lines; `prompt` its owner's words."""

    name: str
    prompt: str
    trust: Trust


@dataclass(frozen=True, slots=True)
class Asking:
    """A question to one model, with the excerpt that it was built of and the key of its answer."""

    question: Question
    excerpt: Excerpt
    key: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What is the same for all reviews: `text` is review.md, `redactor` the version of the rules that redact."""

    budget: Budget
    excerpt_tokens: int
    text: str
    redactor: str
    redact: Callable[[str], str]
    cannot_redact: type[Exception] = ValueError  # what `redact` raises; then nobody hears what the model said


@dataclass(slots=True)
class Reviewing:
    """The models of a configuration; `close` when another one has taken its place."""

    standings: tuple[Standing, ...]
    terms: Terms
    ledger: Ledger
    cache: Cache
    means: Means
    held: Held = field(default_factory=Held)

    @classmethod
    def of(cls, models: Sequence[Model], terms: Terms, ledger: Ledger, cache: Cache, means: Means) -> "Reviewing":
        standings = tuple(_standing(model) for model in models)
        return cls(standings, terms, ledger, cache, means)

    async def review(
        self, host: HostFacts, excerpt_for: ExcerptFor, found: Sequence[Finding], deadline: float
    ) -> Review:
        """What a model adds to what rules found; `deadline` is monotonic. No model's fault is an error here."""
        standings = [s for s in self.standings if may_read(s.backend.model.trust, host.trust)]
        if not standings:
            return Review("no_model")
        if not excerpt_for(self.terms.excerpt_tokens).shown:
            return Review("nothing_new")
        asked = [(s, self._asking(s.backend.model, host, excerpt_for, found)) for s in standings]
        remembered = self._remembered(asked, host, found)
        return remembered or await self._failover(asked, host, found, deadline)

    def misconfigured(self) -> list[str]:
        """Names of the models that refused what they were asked: somebody has to change the file."""
        return [s.backend.model.name for s in self.standings if s.breaker.misconfigured]

    async def close(self) -> None:
        for standing in self.standings:
            await standing.backend.close()

    def _remembered(
        self, asked: Sequence[tuple[Standing, Asking | None]], host: HostFacts, found: Sequence[Finding]
    ) -> Review | None:
        """An answer to the same question of any of the models: unchanged logs cost no call."""
        for standing, asking in asked:
            text = self.cache.get(asking.key, self.means.clock()) if asking else None
            if asking and text is not None:
                try:
                    told = answers.of(json.loads(text))
                except (Unusable, ValueError):
                    continue
                attempt = Attempt(standing.backend.model.name, "cached")
                return self._believed(told, asking, host, found, (attempt,))
        return None

    async def _failover(
        self,
        asked: Sequence[tuple[Standing, Asking | None]],
        host: HostFacts,
        found: Sequence[Finding],
        deadline: float,
    ) -> Review:
        purse = Purse(self.terms.budget, self.ledger, self.held)
        attempts: list[Attempt] = []
        for number, (standing, asking) in enumerate(asked):
            model, now = standing.backend.model, self.means.monotonic()
            bill = purse.bill(model.name, model.price)
            # A fair share of what is left: one that hangs must not take the time of those after it.
            until = now + (deadline - now) / (len(asked) - number)
            call = Call(purse, bill, until, self.means)
            told = await self._asked(standing, asking, call)
            if isinstance(told, Answer) and asking:
                self.cache.put(asking.key, answers.dumped(told), self.means.clock())
                return self._believed(told, asking, host, found, (*attempts, _attempt(bill, "answered")))
            attempts.append(_attempt(bill, told if not isinstance(told, Answer) else "answered"))
        spent = any(attempt.result == "budget_exhausted" for attempt in attempts)
        return Review("budget_exhausted" if spent else "failed", attempts=tuple(attempts))

    async def _asked(self, standing: Standing, asking: Asking | None, call: Call) -> Answer | Result:
        """A redacted answer, or why there is none."""
        if asking is None:
            return "too_small"
        if not standing.breaker.take(self.means.monotonic()):
            return "breaker_open"
        try:
            async with asyncio.timeout(max(call.until - self.means.monotonic(), 0)):
                await standing.turns.acquire()
            try:
                told = self._redacted(await answer(standing, asking.question, call), asking, standing.backend.model)
            finally:
                standing.turns.release()
        except self.terms.cannot_redact:
            return "redaction"
        except OverBudget:
            return "budget_exhausted"
        except TimeoutError:
            return "deadline"
        except Unanswered as e:
            if e.result not in WORDS:
                standing.breaker.failed(self.means.monotonic(), misconfigured=e.result == "misconfigured")
            return e.result
        else:
            standing.breaker.succeeded()
            return told
        finally:
            standing.breaker.leave()

    def _asking(
        self, model: Model, host: HostFacts, excerpt_for: ExcerptFor, found: Sequence[Finding]
    ) -> Asking | None:
        """The question with as much of the excerpt as the model's context holds; None where that is too little."""
        terms, marks = self.terms, Marks.of(self.means.random)
        system, room = prompt.system(terms.text, host.name, host.prompt), model.context_tokens - model.max_tokens
        budget = terms.excerpt_tokens
        while budget >= LEAST_EXCERPT:
            excerpt = excerpt_for(budget)
            data = prompt.data(excerpt, found)
            user = prompt.user(data, marks)
            estimate = tokens(system) + tokens(user)
            if most(estimate) <= room:
                messages = (Message("system", system), Message("user", user))
                return Asking(Question(messages, marks, estimate), excerpt, self._key(model, system, data))
            budget = min(budget, excerpt.tokens) - max(int((most(estimate) - room) / MOST_READ), budget // 20)
        return None

    def _key(self, model: Model, system: str, data: str) -> str:
        """`system` holds review.md, the schema and the host's own prompt."""
        parts = (schema.VERSION, system, model.base_url, model.model, model.max_tokens, self.terms.redactor, data)
        return prompt.key(*parts)

    def _redacted(self, told: Answer, asking: Asking, model: Model) -> Answer:
        """Clean of secrets before anybody keeps or sees it."""
        sent, key = [" ".join(shown.text.split()) for shown in asking.excerpt.shown.values()], model.api_key

        def clean(words: str) -> str:
            # Whoever has the key may send it back.
            return self.terms.redact(prompt.plain(words if key is None else words.replace(key, "<SECRET>")))

        def quote(words: str) -> str:
            # Of what was sent, which is clean; and cut out of its line, a mask may look like a secret.
            return words if any(" ".join(words.split()) in line for line in sent) else clean(words)

        said = tuple(
            replace(
                said,
                text=clean(said.text),
                recommendation=clean(said.recommendation),
                evidence=tuple(replace(c, quote=quote(c.quote)) for c in said.evidence),
            )
            for said in told.findings
        )
        return replace(told, findings=said, summary=clean(told.summary))

    def _believed(
        self,
        told: Answer,
        asking: Asking,
        host: HostFacts,
        found: Sequence[Finding],
        attempts: tuple[Attempt, ...],
    ) -> Review:
        checked = evidence.check(told, asking.excerpt, host.name, found)
        outcome: Outcome = "cached" if attempts[-1].result == "cached" else "answered"
        model = attempts[-1].model
        return Review(outcome, checked.findings, checked.summary, model, attempts, checked.rejected, checked.cited)


def _standing(model: Model) -> Standing:
    # Here and not above: without a model, which is how most begin, nobody pays for its client.
    from analyzer.review.backend import Endpoint

    return Standing(Endpoint(model), Breaker(), asyncio.Semaphore(model.at_once), Dialect())


def may_read(model: Trust, host: Trust) -> bool:
    """May this kind of model read the lines of a host that allows models up to `host`?"""
    return model == "local" or host == "remote"


def _attempt(bill: Bill, result: Result) -> Attempt:
    return Attempt(bill.model, result, bill.tokens_in, bill.tokens_out, bill.cost, bill.price.currency, bill.calls)
