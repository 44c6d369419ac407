"""The stand-in for Discord answers, limits and remembers over a real connection."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from stack import discord


class Clock:
    """A clock that stands still until it is set."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_a_message_is_answered_204_and_remembered_with_its_time(client: aiohttp.ClientSession) -> None:
    async with discord.listening(clock=Clock()) as stand_in:
        answer = await client.post(stand_in.url, json={"content": "hello"})
    assert answer.status == 204
    assert [(message.arrived, message.content) for message in stand_in.messages] == [(1000.0, "hello")]


async def test_who_waits_gets_the_message_back(client: aiohttp.ClientSession) -> None:
    async with discord.listening() as stand_in:
        answer = await client.post(stand_in.url + "?wait=true", json={"content": "hello"})
        assert (answer.status, (await answer.json())["content"]) == (200, "hello")


async def test_an_edit_is_remembered_as_one_and_only_what_was_posted_can_be_edited(
    client: aiohttp.ClientSession,
) -> None:
    async with discord.listening() as stand_in:
        posted = await (await client.post(stand_in.url + "?wait=true", json={"content": "fires"})).json()
        edited = await client.patch(f"{stand_in.url}/messages/{posted['id']}", json={"content": "is over"})
        assert (edited.status, (await edited.json())["id"]) == (200, posted["id"])
        assert (await client.patch(f"{stand_in.url}/messages/9", json={"content": "x"})).status == 404
    assert [message.content for message in stand_in.messages] == ["fires", "is over"]
    assert [message.content for message in stand_in.edits] == ["is over"]


async def test_the_sixth_request_in_two_seconds_is_told_how_long_to_wait(client: aiohttp.ClientSession) -> None:
    clock = Clock()
    async with discord.listening(clock=clock) as stand_in:
        for _ in range(5):
            assert (await client.post(stand_in.url, json={"content": "x"})).status == 204
        clock.now += 0.5
        refused = await client.post(stand_in.url, json={"content": "x"})
        assert (refused.status, (await refused.json())["retry_after"]) == (429, 1.5)
        assert refused.headers["X-RateLimit-Remaining"] == "0"
        assert refused.headers["X-RateLimit-Reset-After"] == "1.500"
        clock.now += 1.5
        assert (await client.post(stand_in.url, json={"content": "x"})).status == 204
    assert (len(stand_in.messages), stand_in.refusals) == (6, [429])


async def test_without_its_limit_it_takes_any_number(client: aiohttp.ClientSession) -> None:
    async with discord.listening(rate_limited=False) as stand_in:
        for _ in range(20):
            assert (await client.post(stand_in.url, json={"content": "x"})).status == 204


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("", b"{", 400, 50109),
        ("", b"\xff", 400, 50109),
        ("", b"{}", 400, 50006),
        ("x", b'{"content": "x"}', 404, 10015),
    ],
)
async def test_bad_requests_are_refused_and_not_remembered(
    client: aiohttp.ClientSession, path: str, body: bytes, status: int, code: int
) -> None:
    async with discord.listening() as stand_in:
        headers = {"Content-Type": "application/json"}
        answer = await client.post(stand_in.url + path, data=body, headers=headers)
        assert (answer.status, (await answer.json())["code"]) == (status, code)
    assert stand_in.messages == []


async def test_waiting_ends_with_the_wanted_message_and_not_an_earlier_one(client: aiohttp.ClientSession) -> None:
    async with discord.listening() as stand_in:
        await client.post(stand_in.url, json={"content": "first"})
        waiting = asyncio.create_task(stand_in.wait_for(lambda m: True, 5, after=1))
        await client.post(stand_in.url, json={"content": "second"})
        assert (await waiting).content == "second"
        with pytest.raises(TimeoutError):
            await stand_in.wait_for(lambda m: m.content == "third", 0.01)
