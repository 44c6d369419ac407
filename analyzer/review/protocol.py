"""OpenAI's chat completions as values: what is asked, in which dialect, and what may come back."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from analyzer.review import schema
from analyzer.review.declare import Model
from analyzer.review.outcome import Result

Form = Literal["json_schema", "json_object", "plain"]
FORMS: tuple[Form, ...] = ("json_schema", "json_object", "plain")


@dataclass(frozen=True, slots=True)
class Message:
    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Dialect:
    """What of the protocol an endpoint understands, as found out so far."""

    form: Form = "json_schema"
    limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    temperature: bool = True

    def without(self, parameter: str) -> "Dialect | None":
        """The next one to try when a parameter was refused; None: there is nothing less to ask for."""
        if parameter == "max_tokens" and self.limit == "max_tokens":
            return replace(self, limit="max_completion_tokens")
        if parameter == "temperature" and self.temperature:
            return replace(self, temperature=False)
        if self.form == "plain":
            return None
        return replace(self, form=FORMS[FORMS.index(self.form) + 1])


@dataclass(frozen=True, slots=True)
class Completion:
    """A model's words, whole; tokens as it counts them, None where it does not say."""

    text: str
    tokens_in: int | None
    tokens_out: int | None


class Unanswered(Exception):
    """There are no words. `again`: the same may go well in `after` seconds; `parameter`: what the endpoint refused.

    `tokens_in`, `tokens_out`: what it took all the same, None where nobody knows.
    """

    def __init__(
        self,
        result: Result,
        again: bool = False,
        after: float | None = None,
        parameter: str | None = None,
        tokens: tuple[int | None, int | None] = (None, None),
    ) -> None:
        super().__init__(result)
        self.result = result
        self.again = again
        self.after = after
        self.parameter = parameter
        self.tokens_in, self.tokens_out = tokens


class Backend(Protocol):
    """One model. Its client is loaded only where there is one: it takes 35 MB."""

    @property
    def model(self) -> Model: ...

    async def ask(self, messages: Sequence[Message], dialect: Dialect, now: float) -> Completion:
        """One call, Unanswered without words; `now` in seconds since the epoch, for answers that name a time."""

    async def close(self) -> None:
        """When the configuration that declared it is gone."""


def completion(body: str) -> Completion:
    """The words in the body of an answer of 200; Unanswered where they are not all there."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as e:
        raise Unanswered("not_an_answer") from e
    if not isinstance(told, dict) or not isinstance(told.get("choices"), list):
        raise Unanswered("not_an_answer")
    usage = told.get("usage")
    tokens = (_count(usage, "prompt_tokens"), _count(usage, "completion_tokens"))
    choice = told["choices"][0] if told["choices"] else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        raise Unanswered("empty", tokens=tokens)
    return Completion(_words(choice, message, tokens), *tokens)


def _words(choice: dict[str, Any], message: dict[str, Any], tokens: tuple[int | None, int | None]) -> str:
    reason, text = choice.get("finish_reason"), message.get("content")
    if message.get("refusal") or reason == "content_filter":
        raise Unanswered("refusal", tokens=tokens)
    if reason == "length":
        raise Unanswered("length", tokens=tokens)
    if not isinstance(text, str) or not text.strip():
        raise Unanswered("empty", tokens=tokens)
    if reason != "stop":
        raise Unanswered("not_an_answer", tokens=tokens)
    return text


def _count(usage: object, key: str) -> int | None:
    count = usage.get(key) if isinstance(usage, dict) else None
    # 0: there are servers that do not count what they remember from the call before.
    return count if isinstance(count, int) and not isinstance(count, bool) and 0 < count < 10**9 else None


def parameters(model: Model, dialect: Dialect) -> dict[str, object]:
    told: dict[str, object] = {dialect.limit: model.max_tokens}
    if dialect.temperature:
        told["temperature"] = 0
    if dialect.form != "plain":
        told["response_format"] = schema.FORMATS[dialect.form]
    return told
