"""Of what a lying model says nothing reaches a user."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

from analyzer.review.answer import Answer, Cited, Said, of
from analyzer.review.evidence import TITLES, check
from analyzer.review.outcome import REASONS
from analyzer.review.schema import MODEL_CATEGORIES
from tests.analyzer.modelserver import Asked, Told, finding, honest, says, serving
from tests.analyzer.review.partners import LINES, Desk, by_rule, excerpt, model, redact

AIR = random.Random(3)
Lie = Callable[[Told, int], dict[str, object]]


def cites(told: Told, **other: object) -> dict[str, object]:
    return finding(told, evidence=[{"template": told.template, "line": told.line, "quote": told.text[:40], **other}])


def words(text: str) -> Lie:
    return lambda told, n: finding(told, text=text.format(n=n, a=n % 200 + 20, b=n * 7 % 250, c=100_000 + n * 37))


def advice(text: str) -> Lie:
    return lambda told, n: finding(told, recommendation=text.format(n=n, a=n % 200 + 20, b=n * 7 % 250))


def altered(told: Told, n: int) -> dict[str, object]:
    place = n % 30
    return cites(told, quote=told.text[:place] + ("#" if told.text[place] != "#" else "%") + told.text[place + 1 : 40])


def mixed(told: Told, n: int) -> dict[str, object]:
    true = {"template": told.template, "line": told.line, "quote": told.text[:40]}
    return finding(told, evidence=[true, {**true, "template": f"T{50 + n}"}])


LIES: tuple[Lie, ...] = (
    lambda told, n: cites(told, template=f"T{90 + n}"),
    lambda told, n: cites(told, line=told.line + 1 + n),
    lambda told, n: cites(told, line=-n),
    lambda told, n: cites(told, quote=f"sshd[{n}]: Accepted password for root from 10.1.1.{n} port 22"),
    lambda told, n: cites(told, quote=told.text[:5]),
    lambda told, n: cites(told, quote=""),
    lambda told, n: cites(told, quote=told.text[::-1]),
    lambda told, n: cites(told, quote=told.text + f" and {n} more"),
    lambda told, n: finding(told, evidence=[]),
    altered,
    mixed,
    words("There were {c} failures."),
    words("It failed {c} times in a row."),
    words("The address 10.{a}.{b}.7 tried."),
    words("The address 2001:db8:{a}::{b} tried."),
    words("The mail went to root{n}@corp.example and was read."),
    words("The host db-{n} is down as well."),
    words("The host build-farm is down as well."),
    words("Host app{n}.corp.example is down as well."),
    words("The user mallory logged in."),
    words("The file /srv/data/{n}/x is gone."),
    words("Seventy disks failed."),
    words("The volume vg_{n} is full."),
    words("The card 00:1b:44:11:3a:{a} failed."),
    words("The unit 'postgres' failed."),
    advice("Replace the disk in bay {a}{b}9."),
    advice("Block 172.16.{a}.{b} at the edge."),
    advice("Ask the owner of node-{n}."),
)


def lies(told: list[Told]) -> Iterator[dict[str, object]]:
    for number in range(10):
        for lie in LIES:
            yield lie(AIR.choice(told), number + 1)


async def test_none_of_280_inventions_reaches_a_user() -> None:
    told: list[dict[str, object]] = []

    def lying(asked: Asked) -> dict[str, object]:
        if not told:
            told.extend(lies(asked.told))
        part, told[:] = told[:40], told[40:]
        return {"findings": part, "summary": f"There were {len(told)}77 failures of db{len(told)} in 9876 minutes."}

    rejected: Counter[str] = Counter()
    async with serving(says(lying)) as server, Desk([model(server.url, timeout=5.0)]) as desk:
        for _ in range(7):
            review = await desk.review()
            desk.memory.answers.clear()
            assert (review.outcome, review.findings, review.summary) == ("answered", (), "")
            rejected += review.rejected
    assert sum(rejected.values()) == 10 * len(LIES) + 7  # with a summary each time
    assert set(rejected) <= set(REASONS)
    assert {"unknown_template", "wrong_line", "short_quote", "invented_quote", "no_evidence"} <= set(rejected)


async def test_a_true_finding_among_lies_is_kept() -> None:
    def half(asked: Asked) -> dict[str, object]:
        return {"findings": [*list(lies(asked.told))[:30], finding(asked.told[1])], "summary": "A disk is failing."}

    async with serving(says(half)) as server, Desk([model(server.url, timeout=5.0)]) as desk:
        review = await desk.review()
    (kept,) = review.findings
    assert (kept.origin, kept.rule, kept.title) == ("model", "model", "Model: storage trouble")
    assert kept.evidence[0].text in map(redact, LINES)
    assert review.summary == "A disk is failing."


def said(*templates: str, text: str = "The disk reports errors.") -> Said:
    shown = excerpt().shown
    cited = tuple(Cited(name, shown[name].line, shown[name].text[:30]) for name in templates)
    return Said("storage", "warning", text, "Look at it.", cited)


def test_the_same_finding_is_known_again_whatever_the_words_and_the_order() -> None:
    one = check(Answer((said("T1", "T2"),), "", 0), excerpt(), "web01", [])
    other = check(Answer((said("T2", "T1", text="Something else is broken."),), "", 0), excerpt(), "web01", [])
    assert one.findings[0].fingerprint == other.findings[0].fingerprint
    assert one.cited == {one.findings[0].fingerprint: frozenset(excerpt().shown[n].template for n in ("T1", "T2"))}


def test_said_twice_is_one_finding() -> None:
    checked = check(Answer((said("T1"), said("T1", text="Again.")), "", 0), excerpt(), "web01", [])
    assert (len(checked.findings), checked.rejected) == (1, {"duplicate": 1})


def test_what_a_rule_found_in_the_same_lines_is_not_found_again() -> None:
    shown = excerpt().shown["T1"]
    rule = by_rule(text=shown.text, line=shown.line)
    checked = check(Answer((said("T1"), said("T1", "T2")), "", 0), excerpt(), "web01", [rule])
    assert (len(checked.findings), checked.rejected) == (1, {"covered": 1})


def test_a_quote_may_have_other_spaces_and_the_escapes_of_json() -> None:
    quoted = '"GET /login HTTP/1.1" 401'
    name, shown = next((k, s) for k, s in excerpt().shown.items() if quoted in s.text)
    for quote in (quoted, quoted.replace(" ", "  "), quoted.replace('"', '\\"')):
        told = Said("web", "info", "Logins were refused.", "", (Cited(name, shown.line, quote),))
        assert len(check(Answer((told,), "", 0), excerpt(), "web01", []).findings) == 1


def test_at_most_ten_findings_are_taken() -> None:
    lines = [f"kernel: unit {chr(97 + n)} failed with an error" for n in range(12)]
    many = excerpt(lines)
    told = tuple(Said("kernel", "info", "It failed.", "", (Cited(k, s.line, s.text),)) for k, s in many.shown.items())
    checked = check(Answer(told, "", 0), many, "web01", [])
    assert (len(checked.findings), checked.rejected) == (10, {"too_many": 2})


def test_a_finding_of_another_shape_is_counted_and_the_others_stay() -> None:
    whole = {
        "category": "storage",
        "severity": "info",
        "text": "Bad.",
        "recommendation": "",
        "evidence": [{"template": "T1", "line": excerpt().shown["T1"].line, "quote": excerpt().shown["T1"].text}],
    }
    broken = [{**whole, "category": "change"}, {**whole, "severity": "fatal"}, {**whole, "evidence": None}, 7]
    checked = check(of({"findings": [whole, *broken], "summary": ""}), excerpt(), "web01", [])
    assert (len(checked.findings), checked.rejected) == (1, {"schema": 4})


def test_every_category_of_a_model_has_a_title_of_ours() -> None:
    assert set(TITLES) == set(MODEL_CATEGORIES)


async def test_what_cannot_be_redacted_is_neither_kept_nor_shown() -> None:
    def broken(text: str) -> str:
        raise ValueError("no rules")

    async with serving(says(honest)) as server, Desk([model(server.url)]) as desk:
        reviewing = desk.sit()
        reviewing.terms = replace(reviewing.terms, redact=broken)
        review = await desk.review()
    assert (review.outcome, [a.result for a in review.attempts], review.findings) == ("failed", ["redaction"], ())
    assert desk.memory.answers == {}


async def test_a_secret_in_a_models_words_is_taken_out_before_anybody_keeps_it() -> None:
    def leaky(asked: Asked) -> dict[str, object]:
        told = honest(asked)
        return {**told, "summary": "The disk is failing, password=Tr0ub4dor9 helps.", "findings": told["findings"]}

    async with serving(says(leaky)) as server, Desk([model(server.url)]) as desk:
        review = await desk.review()
    assert "Tr0ub4dor9" not in repr((review, desk.memory.answers))
    assert len(review.findings) == 1
