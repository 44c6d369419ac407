"""Asks one model once. The only place that knows the openai client; its errors end here."""

from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from ssl import SSLError
from typing import cast

import openai
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionMessageParam

from analyzer.review import bounded
from analyzer.review.declare import Model
from analyzer.review.outcome import Result
from analyzer.review.protocol import Completion, Dialect, Message, Unanswered, completion, parameters

AGAIN = frozenset({408, 409, 429})
ADAPTABLE = frozenset({400, 422})  # may be about a parameter that the endpoint does not know


class Endpoint:
    """The Backend of a model."""

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
        try:
            raw = await self._client.chat.completions.with_raw_response.create(
                model=self.model.model,
                messages=cast(
                    list[ChatCompletionMessageParam], [{"role": m.role, "content": m.text} for m in messages]
                ),
                extra_headers=cast(dict[str, str], {} if self.model.api_key else {"Authorization": openai.Omit()}),
                extra_body=parameters(self.model, dialect),
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
