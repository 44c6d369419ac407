"""Gets an answer out of one model: asks as it understands, once more where that may help, and has it mend its words."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from analyzer.excerpt.tokens import tokens
from analyzer.review import prompt
from analyzer.review.answer import Answer, Truncated, Unusable, parse
from analyzer.review.breaker import Breaker
from analyzer.review.budget import Bill, Purse
from analyzer.review.outcome import Result
from analyzer.review.ports import Means
from analyzer.review.prompt import Marks
from analyzer.review.protocol import Backend, Completion, Dialect, Message, Unanswered

LEAST_READ = 0.5  # of the estimate: a model that counts fewer tokens has not seen all of them
MOST_READ = 1.5  # times the estimate: numbers and hashes take more tokens than words
PAUSE = (0.1, 0.5)  # seconds before the same is asked again
LONGEST_PAUSE = 30.0  # a model that asks for more is left for the next one
LONGEST_MENDED = 4000  # characters of its own words that a model is shown again
# Without an account of its own, a call that ended so is taken to have cost what was sent.
BILLED: frozenset[Result] = frozenset({"timeout", "not_an_answer", "empty", "length", "refusal"})


@dataclass(slots=True)
class Standing:
    """One model, and what is known of it from one review to the next."""

    backend: Backend
    breaker: Breaker
    turns: asyncio.Semaphore
    dialect: Dialect


@dataclass(frozen=True, slots=True)
class Question:
    messages: Sequence[Message]
    marks: Marks
    tokens: int  # estimated


@dataclass(frozen=True, slots=True)
class Call:
    """What bounds the calls of one model in one review; `until` is monotonic."""

    purse: Purse
    bill: Bill
    until: float
    means: Means


def most(tokens: int) -> int:
    """Tokens that a model may count where we estimate so many."""
    return int(tokens * MOST_READ)


async def answer(standing: Standing, question: Question, call: Call) -> Answer:
    """The answer, whole and of our shape; Unanswered says what came instead, OverBudget that no call was made."""
    completion = await _whole(standing, question, call)
    try:
        return _parsed(completion, question)
    except Unusable as e:
        mended = _mended(question, completion, str(e))
    model = standing.backend.model
    if most(mended.tokens) + model.max_tokens > model.context_tokens:
        raise Unanswered("invalid")
    completion = await _whole(standing, mended, call)
    try:
        return _parsed(completion, mended)
    except Unusable as e:
        raise Unanswered("invalid") from e


def _parsed(completion: Completion, question: Question) -> Answer:
    if completion.tokens_in is not None and completion.tokens_in < LEAST_READ * question.tokens:
        raise Unanswered("truncated")
    try:
        return parse(completion.text, question.marks.begin, question.marks.end)
    except Truncated as e:
        raise Unanswered("truncated") from e


def _mended(question: Question, completion: Completion, trouble: str) -> Question:
    # Half a character can be told in JSON, and not be sent.
    words = prompt.plain(completion.text[:LONGEST_MENDED])
    wish = prompt.repair(trouble)
    more = (Message("assistant", words), Message("user", wish))
    return Question((*question.messages, *more), question.marks, question.tokens + tokens(words + wish))


async def _whole(standing: Standing, question: Question, call: Call) -> Completion:
    """One completion, in the richest form that the endpoint takes; what it took is remembered."""
    dialect, patient = standing.dialect, True
    while True:
        try:
            completion = await _once(standing, question, dialect, call)
        except Unanswered as e:
            simpler = dialect.without(e.parameter) if e.parameter else None
            if simpler is None:
                if not (e.again and patient):
                    raise
                patient = False
                await _pause(e, call)
            dialect = simpler or dialect
        else:
            standing.dialect = dialect
            return completion


async def _once(standing: Standing, question: Question, dialect: Dialect, call: Call) -> Completion:
    model, now = standing.backend.model, call.means.clock()
    seconds = min(model.timeout, call.until - call.means.monotonic())
    if seconds <= 0:
        raise Unanswered("deadline")
    with call.purse.call(call.bill, most(question.tokens), model.max_tokens, now):
        try:
            # The client's own timeouts start anew with every byte.
            async with asyncio.timeout(seconds):
                completion = await standing.backend.ask(question.messages, dialect, now)
        except TimeoutError as e:
            _settle(Unanswered("timeout"), question, call, now)
            raise Unanswered("timeout") from e
        except Unanswered as e:
            _settle(e, question, call, now)
            raise
        taken = question.tokens if completion.tokens_in is None else completion.tokens_in
        given = tokens(completion.text) if completion.tokens_out is None else completion.tokens_out
        call.purse.settle(call.bill, taken, given, now)
    return completion


def _settle(e: Unanswered, question: Question, call: Call, now: float) -> None:
    taken = e.tokens_in
    if taken is None and e.result in BILLED:
        taken = question.tokens
    if taken:
        call.purse.settle(call.bill, taken, e.tokens_out or 0, now)


async def _pause(e: Unanswered, call: Call) -> None:
    """Wait as long as the endpoint asks for; where that is too long, the next model is the better choice."""
    seconds = max(e.after or 0.0, call.means.random.uniform(*PAUSE))
    if seconds > LONGEST_PAUSE or call.means.monotonic() + seconds >= call.until:
        raise e
    await asyncio.sleep(seconds)
