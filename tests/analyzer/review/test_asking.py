"""How one model is asked: as it understands, with patience for one mishap, and never past budget or deadline."""

import pytest

from analyzer.review.breaker import OPEN_AFTER, SECONDS, Breaker
from analyzer.review.budget import Budget, Price
from analyzer.review.outcome import Result
from tests.analyzer.modelserver import (
    FAULTS,
    GOOD,
    cut,
    error,
    fence_only,
    fenced,
    only,
    says,
    serving,
    status,
    thinking,
)
from tests.analyzer.review.partners import LINES, Desk, Memory, by_rule, model


def results(review: object) -> list[Result]:
    return [attempt.result for attempt in review.attempts]  # type: ignore[attr-defined]  # a Review


@pytest.mark.parametrize(
    ("form", "asked"),
    [("json_schema", 1), ("json_object", 2), ("plain", 3)],
)
async def test_the_form_of_answers_goes_down_to_what_an_endpoint_takes_and_is_remembered(form: str, asked: int) -> None:
    async with serving(only(form, GOOD)) as server, Desk([model(server.url)]) as desk:
        first = await desk.review()
        desk.memory.answers.clear()
        second = await desk.review()
    assert [review.attempts[0].calls for review in (first, second)] == [asked, 1]
    assert len(second.findings) == 1


@pytest.mark.parametrize("words", [fenced, fence_only, thinking], ids=["preface", "fence", "thoughts"])
async def test_an_answer_is_found_where_the_format_was_ignored(words: object) -> None:
    async with serving(says(words)) as server, Desk([model(server.url)]) as desk:  # type: ignore[arg-type]  # of a table
        review = await desk.review()
    assert (review.outcome, len(review.findings)) == ("answered", 1)


async def test_an_endpoint_that_wants_other_parameters_gets_them() -> None:
    refuse_limit = status(400, error("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens'.", "max_tokens"))
    refuse_temperature = status(400, error("Unsupported value: 'temperature' does not support 0.", "temperature"))
    async with serving(refuse_limit, refuse_temperature, GOOD) as server, Desk([model(server.url)]) as desk:
        review = await desk.review()
    body = server.asked[-1].body
    assert review.outcome == "answered"
    assert (body["max_completion_tokens"], "max_tokens" in body, "temperature" in body) == (800, False, False)


async def test_words_that_are_no_answer_are_mended_once() -> None:
    async with serving(says(cut), GOOD) as server, Desk([model(server.url)]) as desk:
        review = await desk.review()
    assert (review.outcome, review.attempts[0].calls) == ("answered", 2)
    roles = [message["role"] for message in server.asked[1].body["messages"]]
    assert roles == ["system", "user", "assistant", "user"]
    assert "not valid JSON" in server.asked[1].body["messages"][-1]["content"]


async def test_words_with_half_a_character_in_them_can_be_sent_back() -> None:
    async with serving(says(lambda asked: "\ud83d"), GOOD) as server, Desk([model(server.url)]) as desk:
        review = await desk.review()
    assert (review.outcome, len(server.asked)) == ("answered", 2)


async def test_a_request_says_nothing_of_this_machine_and_asks_in_the_strictest_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "from-the-environment")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Leak: from-the-environment")
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with serving(GOOD) as server, Desk([model(server.url, headers={"X-Title": "heartline"})]) as desk:
        review = await desk.review()
    asked = server.asked[0]
    names = {name.lower() for name in asked.headers}
    assert review.outcome == "answered"
    wanted = {"host", "content-type", "content-length", "accept", "accept-encoding", "user-agent", "x-title"}
    assert names == wanted
    assert asked.body["response_format"]["json_schema"]["strict"] is True
    assert (asked.body["max_tokens"], asked.body["temperature"], asked.body["model"]) == (800, 0, "m-1")


async def test_the_key_is_sent_and_shown_nowhere() -> None:
    key = "sk-0123456789abcdef"
    async with serving(GOOD) as server, Desk([model(server.url, api_key=key)]) as desk:
        await desk.review()
        assert key not in repr(desk.models)
    assert server.asked[0].headers["Authorization"] == f"Bearer {key}"


async def test_marks_are_new_in_each_call_and_what_the_rules_found_is_shown() -> None:
    async with serving(GOOD) as server, Desk([model(server.url)]) as desk:
        await desk.review(found=[by_rule()])
        desk.memory.answers.clear()
        await desk.review(found=[by_rule()])
    one, other = server.asked
    assert len({a.mark(name) for a in (one, other) for name in ("begin", "end")}) == 4
    assert {"found": {**one.values[1]["found"], "severity": "critical", "count": 115}} == one.values[1]
    assert one.body["messages"][0] == other.body["messages"][0]


async def test_the_owners_words_stand_in_the_prompt() -> None:
    async with serving(GOOD) as server, Desk([model(server.url)], prompt="The tape drive is loud on Sundays.") as desk:
        await desk.review()
    assert "The tape drive is loud on Sundays." in server.asked[0].body["messages"][0]["content"]


async def test_a_host_that_stays_here_is_not_shown_to_a_remote_model() -> None:
    async with serving(GOOD) as far, serving(FAULTS["500"]) as near:
        models = [model(far.url, trust="remote"), model(near.url, "near", trust="local")]
        async with Desk(models, trust="local") as desk:
            review = await desk.review()
    assert [(a.model, a.result) for a in review.attempts] == [("near", "server_error")]
    assert far.asked == []


async def test_a_host_that_stays_here_is_read_by_a_local_model_listed_after_a_remote_one() -> None:
    async with serving(GOOD) as far, serving(GOOD) as near:
        models = [model(far.url, trust="remote"), model(near.url, "near", trust="local")]
        async with Desk(models, trust="local") as desk:
            review = await desk.review()
        async with Desk(models[:1], trust="local") as desk:
            none = await desk.review()
    assert (review.model, len(far.asked), none.outcome) == ("near", 0, "no_model")


async def test_unchanged_logs_cost_no_call_and_are_checked_again() -> None:
    async with serving(GOOD) as server, Desk([model(server.url)]) as desk:
        first = await desk.review()
        second = await desk.review()
        (key,) = desk.memory.answers
        desk.memory.answers[key] = desk.memory.answers[key].replace(
            "backup", "billing"
        )  # somebody tampered with the store
        third = await desk.review()
    assert (first.outcome, second.outcome, len(server.asked)) == ("answered", "cached", 1)
    assert second.findings == first.findings
    assert (third.outcome, third.findings, third.rejected) == ("cached", (), {"invented_quote": 1})


async def test_another_prompt_model_or_line_is_another_question() -> None:
    shared = Memory()
    async with serving(GOOD) as server:
        for desk in (
            Desk([model(server.url)]),
            Desk([model(server.url)], prompt="More."),
            Desk([model(server.url, model="m-2")]),
            Desk([model(server.url, max_tokens=900)]),
        ):
            desk.memory = shared
            async with desk:
                await desk.review()
        async with Desk([model(server.url)], memory=shared) as desk:
            await desk.review(LINES[:4])
            await desk.review(found=[by_rule()])
    assert len(shared.answers) == len(server.asked) == 6


async def test_the_answer_of_the_second_model_is_remembered_while_the_first_is_dead() -> None:
    async with (
        serving(FAULTS["500"]) as bad,
        serving(GOOD) as good,
        Desk([model(bad.url), model(good.url, "second")]) as desk,
    ):
        await desk.review()
        review = await desk.review()
    assert (review.outcome, review.model, len(bad.asked), len(good.asked)) == ("cached", "second", 2, 1)


async def test_nothing_new_is_not_asked_about() -> None:
    async with serving(GOOD) as server, Desk([model(server.url)]) as desk:
        review = await desk.review([])
    assert (review.outcome, server.asked) == ("nothing_new", [])


async def test_an_excerpt_is_cut_to_what_a_model_holds() -> None:
    lines = [f"kernel: word{n} {'and so on ' * 10}" for n in range(200)]
    async with serving(GOOD) as server, Desk([model(server.url, context_tokens=5000, timeout=5.0)]) as desk:
        review = await desk.review(lines)
    assert review.outcome == "answered"
    assert server.asked[0].tokens * 1.5 + 800 <= 5000
    assert 10 < len(server.asked[0].told) < 200


async def test_a_model_that_cannot_hold_the_prompt_is_passed_over() -> None:
    async with (
        serving(GOOD) as small,
        serving(GOOD) as large,
        Desk([model(small.url, context_tokens=2048), model(large.url, "large")]) as desk,
    ):
        review = await desk.review()
    assert (results(review), small.asked) == (["too_small", "answered"], [])


async def test_usage_is_written_down_with_its_price() -> None:
    price = Price(input=2.0, output=10.0, currency="EUR")
    async with serving(GOOD) as server, Desk([model(server.url, price=price)]) as desk:
        review = await desk.review()
    (attempt,), (call,) = review.attempts, desk.memory.calls
    assert (attempt.tokens_in, attempt.tokens_out) == (server.asked[0].tokens, 50) == call[1:3]
    assert attempt.cost == pytest.approx((attempt.tokens_in * 2 + 500) / 1e6)
    assert desk.memory.money == {"2025-11-21": {"EUR": attempt.cost}}


@pytest.mark.parametrize(
    "budget",
    [Budget(run_tokens=1000), Budget(day_tokens=1000), Budget(run_money=0.001), Budget(day_money=0.001)],
    ids=["tokens a run", "tokens a day", "money a run", "money a day"],
)
async def test_over_the_budget_nobody_is_asked(budget: Budget) -> None:
    price = Price(input=2.0, output=10.0)
    async with serving(GOOD) as server, Desk([model(server.url, price=price)], budget=budget) as desk:
        review = await desk.review()
    assert (review.outcome, results(review), server.asked) == ("budget_exhausted", ["budget_exhausted"], [])


async def test_when_the_money_is_spent_a_model_that_costs_nothing_answers() -> None:
    async with serving(GOOD) as server:
        models = [model(server.url, price=Price(50.0, 50.0)), model(server.url, "own")]
        async with Desk(models, budget=Budget(day_money=0.01)) as desk:
            review = await desk.review()
    assert (review.model, results(review)) == ("own", ["budget_exhausted", "answered"])


async def test_what_was_spent_before_counts_for_the_day() -> None:
    async with serving(GOOD) as server, Desk([model(server.url)], budget=Budget(day_tokens=5000)) as desk:
        outcomes = []
        for _ in range(4):
            desk.memory.answers.clear()
            outcomes.append((await desk.review()).outcome)
    assert outcomes[0] == "answered"
    assert outcomes[-1] == "budget_exhausted"
    assert desk.memory.tokens["2025-11-21"] <= 5000


async def test_a_call_that_was_cut_off_is_taken_to_have_cost_what_was_sent() -> None:
    async with serving(FAULTS["hang"]) as server, Desk([model(server.url, timeout=0.1)]) as desk:
        review = await desk.review()
    assert review.attempts[0].tokens_in > 500


async def test_after_three_failures_a_model_is_left_alone() -> None:
    async with (
        serving(FAULTS["reset"]) as bad,
        serving(GOOD) as good,
        Desk([model(bad.url), model(good.url, "second")]) as desk,
    ):
        seen = []
        for _ in range(OPEN_AFTER + 1):
            desk.memory.answers.clear()
            seen.append(results(await desk.review())[0])
    assert seen == ["connection"] * OPEN_AFTER + ["breaker_open"]


async def test_a_wrong_key_is_said_and_not_tried_again() -> None:
    async with serving(FAULTS["401"]) as server, Desk([model(server.url)]) as desk:
        seen = [results(await desk.review()) for _ in range(2)]
        assert desk.sit().misconfigured() == ["first"]
    assert (seen, len(server.asked)) == ([["misconfigured"], ["breaker_open"]], 1)


async def test_words_of_one_hosts_lines_do_not_close_a_model_to_the_other_hosts() -> None:
    async with serving(FAULTS["refusal"]) as server, Desk([model(server.url)]) as desk:
        seen = [results(await desk.review())[0] for _ in range(OPEN_AFTER + 1)]
    assert set(seen) == {"refusal"}


def test_a_breaker_lets_one_call_try_again() -> None:
    breaker = Breaker()
    for _ in range(OPEN_AFTER):
        assert breaker.take(0.0)
        breaker.failed(0.0)
    assert [breaker.take(SECONDS - 1), breaker.take(SECONDS), breaker.take(SECONDS)] == [False, True, False]
    breaker.failed(SECONDS)
    assert not breaker.take(SECONDS + 1)
    assert breaker.take(2 * SECONDS)
    breaker.succeeded()
    assert breaker.take(2 * SECONDS)


async def test_past_the_deadline_nobody_is_asked() -> None:
    async with serving(GOOD) as server, Desk([model(server.url)]) as desk:
        review = await desk.review(seconds=-1.0)
    assert (review.outcome, results(review), server.asked) == ("failed", ["deadline"], [])


async def test_a_model_that_hangs_leaves_time_for_those_after_it() -> None:
    async with (
        serving(FAULTS["hang"]) as bad,
        serving(GOOD) as good,
        Desk([model(bad.url, timeout=60.0), model(good.url, "second")]) as desk,
    ):
        review = await desk.review(seconds=1.0)
    assert results(review) == ["timeout", "answered"]
