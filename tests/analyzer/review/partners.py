"""What the tests of a review have in common: lines, an excerpt of them, a store in memory and models on loopback."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from random import Random

from analyzer.excerpt.build import build
from analyzer.excerpt.template import Excerpt, Template
from analyzer.finding import Evidence, Finding, fingerprint
from analyzer.redact.load import load
from analyzer.redact.redactor import Redactor
from analyzer.review import prompt
from analyzer.review.budget import Budget, Price
from analyzer.review.declare import Model
from analyzer.review.outcome import Review
from analyzer.review.ports import Means, Spending
from analyzer.review.review import ExcerptFor, HostFacts, Reviewing, Terms

NOW = 1_763_700_000.0
EXCERPT_TOKENS = 4000
LINES = (
    "kernel: ata3.00: failed command: READ FPDMA QUEUED",
    "kernel: blk_update_request: I/O error, dev sda, sector 1953525",
    'nginx: 198.51.100.7 - - "GET /login HTTP/1.1" 401 574 "-" "curl/7.88"',
    "sshd[812]: Failed password for invalid user admin from 203.0.113.9 port 50122 ssh2",
    "systemd[1]: backup.service: Failed with result 'exit-code'.",
)
REDACTOR = Redactor(load(()), b"of these tests alone, 32 bytes..")


def redact(text: str) -> str:
    return REDACTOR.text(text)


def template(line: int, text: str) -> Template:
    return Template(f"{line:012x}", text, 12 + line, line, text[:160], "warning", True, 0.0)


def templates(lines: Sequence[str] = LINES) -> Mapping[str, Sequence[Template]]:
    return {"syslog": [template(100 + number, redact(line)) for number, line in enumerate(lines)]}


def excerpt(lines: Sequence[str] = LINES) -> Excerpt:
    return build(templates(lines), EXCERPT_TOKENS)


def excerpts(lines: Sequence[str] = LINES) -> ExcerptFor:
    return partial(build, templates(lines))


def by_rule(text: str = LINES[3], line: int = 103) -> Finding:
    """What a rule found."""
    return Finding(
        fingerprint=fingerprint("web01", "syslog", "ssh-brute-force", "203.0.113.9"),
        host="web01",
        source="syslog",
        rule="ssh-brute-force",
        origin="rule",
        severity="critical",
        category="auth",
        title="SSH logins tried by brute force",
        text="Logins were tried from 203.0.113.9.",
        recommendation="Close SSH to the internet.",
        count=115,
        evidence=(Evidence("syslog", line, text),),
    )


@dataclass
class Memory:
    """A ledger and a cache that remember."""

    answers: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, int] = field(default_factory=dict)
    money: dict[str, dict[str, float]] = field(default_factory=dict)
    calls: list[tuple[str, int, int, float]] = field(default_factory=list)

    def get(self, key: str, now: float) -> str | None:
        return self.answers.get(key)

    def put(self, key: str, text: str, now: float) -> None:
        self.answers[key] = text

    def spent(self, day: str) -> Spending:
        return Spending(self.tokens.get(day, 0), self.money.get(day, {}))

    def spend(self, day: str, model: str, tokens_in: int, tokens_out: int, cost: float, currency: str) -> None:
        self.calls.append((model, tokens_in, tokens_out, cost))
        self.tokens[day] = self.tokens.get(day, 0) + tokens_in + tokens_out
        money = self.money.setdefault(day, {})
        money[currency] = money.get(currency, 0.0) + cost


def model(url: str, name: str = "first", **other: object) -> Model:
    plain = Model(
        name=name,
        base_url=url,
        model="m-1",
        trust="local",
        api_key=None,
        context_tokens=16_000,
        max_tokens=800,
        price=Price(),
        timeout=0.3,
        at_once=4,
    )
    return replace(plain, **other)  # type: ignore[arg-type]  # fields by name


@dataclass
class Desk:
    """Reviews with the given models."""

    models: Sequence[Model]
    memory: Memory = field(default_factory=Memory)
    budget: Budget = field(default_factory=Budget)
    prompt: str = ""
    trust: str = "remote"
    random: Random = field(default_factory=lambda: Random(7))
    reviewing: Reviewing | None = None

    def sit(self) -> Reviewing:
        if self.reviewing is None:
            terms = Terms(self.budget, EXCERPT_TOKENS, prompt.own(), "r1", redact)
            means = Means(lambda: NOW, time.monotonic, self.random)
            self.reviewing = Reviewing.of(self.models, terms, self.memory, self.memory, means)
        return self.reviewing

    async def review(self, lines: Sequence[str] = LINES, found: Sequence[Finding] = (), seconds: float = 5.0) -> Review:
        host = HostFacts("web01", self.prompt, "remote" if self.trust == "remote" else "local")
        return await self.sit().review(host, excerpts(lines), found, time.monotonic() + seconds)

    async def __aenter__(self) -> "Desk":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.sit().close()
