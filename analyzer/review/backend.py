"""Asks one model once. The only place that knows the openai client; its errors end here."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from ssl import SSLError
from typing import Any, Literal, cast

import openai
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionMessageParam

from analyzer.review import bounded, schema
from analyzer.review.declare import Model
from analyzer.review.outcome import Result

Form = Literal["json_schema", "json_object", "plain"]
FORMS: tuple[Form, ...] = ("json_schema", "json_object", "plain")
AGAIN = frozenset({408, 409, 429})
ADAPTABLE = frozenset({400, 422})  # may be about a parameter that the endpoint does not know


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


class Backend:
    """One model; `close` when the configuration that declared it is gone."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._client = AsyncOpenAI(
            # The client wants a key; where there is none, the header is left out below.
            api_key=model.api_key or "none",
            base_url=model.base_url,
            max_retries=0,
            timeout=model.timeout,
            http_client=bounded.client(model),
        )

    async def ask(self, messages: Sequence[Message], dialect: Dialect, now: float) -> Completion:
        """One call; `now` in seconds since the epoch, for answers that name a time to come back."""
        try:
            raw = await self._client.chat.completions.with_raw_response.create(
                model=self.model.model,
                messages=cast(
                    list[ChatCompletionMessageParam], [{"role": m.role, "content": m.text} for m in messages]
                ),
                extra_headers=cast(dict[str, str], {} if self.model.api_key else {"Authorization": openai.Omit()}),
                extra_body=_parameters(self.model, dialect),
            )
        except openai.APITimeoutError as e:
            raise Unanswered("timeout") from e
        except openai.APIStatusError as e:
            raise _refused(e, now) from e
        except openai.APIConnectionError as e:
            raise _unconnected(e) from e
        return completion(raw.text)

    async def close(self) -> None:
        await self._client.close()


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


def _parameters(model: Model, dialect: Dialect) -> dict[str, object]:
    told: dict[str, object] = {dialect.limit: model.max_tokens}
    if dialect.temperature:
        told["temperature"] = 0
    if dialect.form != "plain":
        told["response_format"] = schema.FORMATS[dialect.form]
    return told


def _refused(e: openai.APIStatusError, now: float) -> Unanswered:
    status = e.status_code
    if status in AGAIN or status >= 500:
        result: Result = "rate_limited" if status == 429 else "server_error"
        return Unanswered(result, again=True, after=_after(e.response.headers.get("retry-after"), now))
    if status < 400:
        return Unanswered("redirected")
    return Unanswered("misconfigured", parameter=_parameter(e) if status in ADAPTABLE else None)


def _parameter(e: openai.APIStatusError) -> str:
    """What a 400 is about; vendors name it in `param` or only in the sentence."""
    told = f"{e.param or ''} {e.message}".lower()
    return next((name for name in ("max_tokens", "temperature") if name in told), "response_format")


def _after(text: str | None, now: float) -> float | None:
    """Seconds of a Retry-After, which is a number or a date."""
    if text is None:
        return None
    try:
        seconds = float(text) if text.isdecimal() else parsedate_to_datetime(text).timestamp() - now
    except (ValueError, OverflowError):
        return None
    return max(seconds, 0.0)


def _unconnected(e: openai.APIConnectionError) -> Unanswered:
    cause: BaseException | None = e
    while cause is not None:
        if isinstance(cause, bounded.TooLong):
            return Unanswered("not_an_answer")
        if isinstance(cause, SSLError):
            return Unanswered("tls")
        cause = cause.__cause__ or cause.__context__
    return Unanswered("connection", again=True)
