"""What the relay asks of whatever it delivers to."""

from typing import Literal, Protocol

from analyzer.notify.incident import Step
from analyzer.notify.message import Message

Outcome = Literal["delivered", "limited", "failed", "refused", "unreachable"]


class Undelivered(Exception):
    """It was not accepted; the text says why and holds no secret.

    `unsure`: it may have been accepted after all, the answer never came. `broken`: the same again ends the same.
    """

    def __init__(self, why: str, outcome: Outcome, unsure: bool = False, broken: bool = False) -> None:
        super().__init__(why)
        self.outcome, self.unsure, self.broken = outcome, unsure, broken


class Service(Protocol):
    """One place that messages go to. `severities`: those it hears of, all where there is none."""

    @property
    def name(self) -> str: ...

    @property
    def severities(self) -> frozenset[str]: ...

    def wait(self) -> float:
        """Seconds until it may be told something; 0.0: now."""
        ...

    async def tell(self, message: Message, step: Step, messages: tuple[str, ...]) -> tuple[str, ...]:
        """Take the step; the ids of the incident's messages after it. Raises `Undelivered`."""
        ...
