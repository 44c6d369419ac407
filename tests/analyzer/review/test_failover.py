"""Whatever a model's endpoint does, the next one answers within the deadline, and no rule's finding is touched."""

import socket
import ssl
from copy import deepcopy
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509

from analyzer.review.outcome import Result
from tests.analyzer.modelserver import FAULTS, GOOD, RATE_LIMIT, serving, status
from tests.analyzer.review.partners import Desk, by_rule, model
from tests.tlspartners import AUTHORITY, issue

RESULTS: dict[str, Result] = {
    "hang": "timeout",
    "slow drip": "timeout",
    "flood": "not_an_answer",
    "flood with 500": "not_an_answer",
    "reset": "connection",
    "429 for ever": "rate_limited",
    "429 for an hour": "rate_limited",
    "500": "server_error",
    "503 in HTML": "server_error",
    "401": "misconfigured",
    "404": "misconfigured",
    "307": "redirected",
    "HTML with 200": "not_an_answer",
    "cut body": "not_an_answer",
    "deep body": "not_an_answer",
    "empty choices": "empty",
    "no words": "empty",
    "refusal": "refusal",
    "content filter": "refusal",
    "length": "length",
    "cut JSON": "invalid",
    "prose": "invalid",
    "wrong shape": "invalid",
    "usage far below": "truncated",
    "lost beginning": "truncated",
    "no format at all": "misconfigured",
}


def refused_url() -> str:
    """A port of this machine that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}/v1"


def unresolvable_url() -> str:
    """A name longer than DNS allows: the resolver refuses it itself, and asks nobody."""
    return f"http://{'a.' * 130}invalid/v1"


@pytest.mark.parametrize("fault", FAULTS)
async def test_the_next_model_answers_after(fault: str) -> None:
    async with (
        serving(FAULTS[fault]) as bad,
        serving(GOOD) as good,
        Desk([model(bad.url), model(good.url, "second")]) as desk,
    ):
        review = await desk.review()
    assert [(a.model, a.result) for a in review.attempts] == [("first", RESULTS[fault]), ("second", "answered")]
    assert (review.outcome, review.model) == ("answered", "second")
    assert [finding.title for finding in review.findings] == ["Model: storage trouble"]


@pytest.mark.parametrize("url", [refused_url(), unresolvable_url()], ids=["refused port", "no such name"])
async def test_the_next_model_answers_when_the_first_cannot_be_reached(url: str) -> None:
    async with serving(GOOD) as good, Desk([model(url), model(good.url, "second")]) as desk:
        review = await desk.review()
    assert [a.result for a in review.attempts] == ["connection", "answered"]
    assert len(review.findings) == 1


async def test_a_model_whose_certificate_nobody_vouches_for_is_told_nothing(tmp_path: Path) -> None:
    issue("model", AUTHORITY, (x509.IPAddress(ip_address("127.0.0.1")),)).write(tmp_path, "model")
    AUTHORITY.write(tmp_path, "ca")
    own = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    own.load_cert_chain(tmp_path / "model.pem", tmp_path / "model.key")
    async with serving(GOOD, tls=own) as server:
        async with Desk([model(server.url, timeout=5.0)]) as desk:
            refused = await desk.review()
        assert ([a.result for a in refused.attempts], server.asked) == (["tls"], [])
        async with Desk([model(server.url, timeout=5.0, ca_file=tmp_path / "ca.pem")]) as desk:
            assert (await desk.review()).outcome == "answered"


async def test_with_all_models_dead_the_rules_findings_are_what_they_were() -> None:
    found = [by_rule()]
    before = deepcopy(found)
    async with (
        serving(FAULTS["hang"]) as hanging,
        serving(FAULTS["500"]) as failing,
        Desk([model(refused_url()), model(hanging.url, "second"), model(failing.url, "third")]) as desk,
    ):
        review = await desk.review(found=found)
    assert (review.outcome, review.findings, review.summary) == ("failed", (), "")
    assert found == before


async def test_one_429_is_waited_out_as_the_endpoint_asks() -> None:
    async with (
        serving(status(429, RATE_LIMIT, {"Retry-After": "0"}), GOOD) as server,
        Desk([model(server.url)]) as desk,
    ):
        review = await desk.review()
    assert [(a.result, a.calls) for a in review.attempts] == [("answered", 2)]
