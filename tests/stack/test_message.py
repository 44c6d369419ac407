"""The stand-in for Discord refuses what Discord refuses."""

import pytest

from stack.message import Message, Rejected, parse


def embed(**parts: object) -> dict[str, object]:
    return {"embeds": [{"title": "t", **parts}]}


@pytest.mark.parametrize(
    "payload",
    [
        {"content": "x" * 2000},
        embed(title="x" * 256),
        embed(description="x" * 4096),
        embed(fields=[{"name": "n" * 256, "value": "v" * 200}] * 12),
        {"embeds": [{"title": "t"}] * 10},
        embed(description="x" * 4096, footer={"text": "x" * 1903}),
    ],
)
def test_a_message_at_a_limit_is_taken(payload: object) -> None:
    assert isinstance(parse(payload, 1.0), Message)


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        ({"content": "x" * 2001}, {"content": ["Must be 2000 or fewer in length."]}),
        (embed(title="x" * 257), {"embeds": ["0"]}),
        (embed(description="x" * 4097), {"embeds": ["0"]}),
        (embed(footer={"text": "x" * 2049}), {"embeds": ["0"]}),
        (embed(fields=[{"name": "n", "value": "v"}] * 26), {"embeds": ["0"]}),
        (embed(fields=[{"name": "n", "value": "v" * 1025}]), {"embeds": ["0"]}),
        (embed(fields=[{"name": "n", "value": ""}]), {"embeds": ["0"]}),
        ({"embeds": [{"title": "t"}, {}]}, {"embeds": ["1"]}),
        ({"embeds": [{"title": "t"}] * 11}, {"embeds": ["Must be 10 or fewer in length."]}),
        ({"embeds": [{"description": "x" * 3001}] * 2}, {"embeds": ["Embed size exceeds maximum size of 6000"]}),
        ({}, {"message": "Cannot send an empty message", "code": 50006}),
        ([], {"message": "Invalid Form Body", "code": 50035}),
    ],
)
def test_a_message_beyond_a_limit_is_refused_with_its_reason(payload: object, answer: object) -> None:
    with pytest.raises(Rejected) as refused:
        parse(payload, 1.0)
    assert refused.value.answer == answer


def test_the_text_of_a_message_is_what_a_reader_sees() -> None:
    message = parse(embed(description="d", fields=[{"name": "n", "value": "v"}]), 1.0)
    assert message.text == "t\nd\nn: v"
