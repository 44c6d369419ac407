"""Whose turn it is."""

import asyncio

from analyzer.notify.turns import Turns, patience


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


async def test_they_come_in_the_order_of_their_arrival_and_one_that_failed_keeps_its_place() -> None:
    clock = Clock()
    turns = Turns(clock)
    for key in "abc":
        turns.put(key)
    assert await turns.next() == "a"
    turns.failed("a", broken=False)
    assert await turns.next() == "b"
    turns.told("b", more=False)
    clock.now += 0.5
    assert await turns.next() == "a"


async def test_what_is_put_while_it_is_being_told_has_another_turn() -> None:
    turns = Turns(Clock())
    turns.put("a")
    key = await turns.next()
    turns.put("a")
    turns.told(key, more=False)
    assert len(turns) == 1
    key = await turns.next()
    turns.told(key, more=False)
    assert len(turns) == 0


async def test_after_two_failures_in_a_row_everybody_waits_a_while() -> None:
    clock = Clock()
    turns = Turns(clock)
    for key in "abc":
        turns.put(key)
    for _ in range(2):
        turns.failed(await turns.next(), broken=False)
    assert not await reached(turns)
    clock.now += 0.5
    assert await turns.next() == "a"


async def reached(turns: Turns) -> bool:
    waiting = asyncio.create_task(turns.next())
    done, _ = await asyncio.wait([waiting], timeout=0)
    waiting.cancel()
    return bool(done)


def test_an_outage_lasts_a_tenth_longer_at_most() -> None:
    assert [patience(failing, 30.0) for failing in (0, 4, 60, 3600)] == [0.5, 0.5, 6.0, 30.0]
