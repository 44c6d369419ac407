"""What reviews may take: tokens and money, for each run and each day, asked before a call and settled after it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import inf

from analyzer.review.ports import Ledger


@dataclass(frozen=True, slots=True)
class Price:
    """Of a million tokens, in units of the currency."""

    input: float = 0.0
    output: float = 0.0
    currency: str = "USD"

    def of(self, tokens_in: int, tokens_out: int) -> float:
        return (tokens_in * self.input + tokens_out * self.output) / 1e6


@dataclass(frozen=True, slots=True)
class Budget:
    """A run is one review of one host; tokens in and out count alike."""

    run_tokens: float = inf
    day_tokens: float = inf
    run_money: float = inf
    day_money: float = inf
    currency: str = "USD"


@dataclass(slots=True)
class Bill:
    """What one model has cost in one review so far."""

    model: str
    price: Price
    tokens_in: int = 0
    tokens_out: int = 0
    calls: int = 0

    @property
    def cost(self) -> float:
        return self.price.of(self.tokens_in, self.tokens_out)


class OverBudget(Exception):
    """The next call could cost more than is left."""


@dataclass(slots=True)
class Held:
    """What is set aside for calls under way: hosts are reviewed at once, and must not all spend the last cent."""

    tokens: int = 0
    money: float = 0.0


@dataclass(slots=True)
class Purse:
    """The budget of one run; `held` is shared by all runs."""

    budget: Budget
    ledger: Ledger
    held: Held
    bills: list[Bill] = field(default_factory=list)

    def bill(self, model: str, price: Price) -> Bill:
        """A new bill of this run."""
        self.bills.append(Bill(model, price))
        return self.bills[-1]

    @contextmanager
    def call(self, bill: Bill, tokens_in: int, tokens_out: int, now: float) -> Iterator[None]:
        """Set the most that a call can cost aside while it is under way; OverBudget where that is not left."""
        tokens, money = tokens_in + tokens_out, bill.price.of(tokens_in, tokens_out)
        if not self._has_room(bill.price, tokens, money, now):
            raise OverBudget
        self.held.tokens += tokens
        self.held.money += money
        bill.calls += 1
        try:
            yield
        finally:
            self.held.tokens -= tokens
            self.held.money -= money

    def settle(self, bill: Bill, tokens_in: int, tokens_out: int, now: float) -> None:
        """Write down what a call took."""
        bill.tokens_in += tokens_in
        bill.tokens_out += tokens_out
        cost = bill.price.of(tokens_in, tokens_out)
        self.ledger.spend(day(now), bill.model, tokens_in, tokens_out, cost, bill.price.currency)

    def _has_room(self, price: Price, tokens: int, money: float, now: float) -> bool:
        budget, spent = self.budget, self.ledger.spent(day(now))
        run_tokens = sum(bill.tokens_in + bill.tokens_out for bill in self.bills)
        if run_tokens + tokens > budget.run_tokens or spent.tokens + self.held.tokens + tokens > budget.day_tokens:
            return False
        if not money or min(budget.run_money, budget.day_money) == inf:
            return True
        if price.currency != budget.currency:
            return False  # nobody can say how much of the budget that is
        run_money = sum(bill.cost for bill in self.bills)
        day_money = spent.money.get(budget.currency, 0.0) + self.held.money
        return run_money + money <= budget.run_money and day_money + money <= budget.day_money


def day(now: float) -> str:
    """The UTC day of a time in seconds since the epoch: 2026-11-21."""
    return datetime.fromtimestamp(now, UTC).date().isoformat()
