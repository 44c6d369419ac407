"""New, open, resolved and back: what a run makes of the findings of the runs before it."""

import random
from collections.abc import Sequence
from typing import Any

import pytest

from analyzer.finding import Finding
from analyzer.lifecycle import EVIDENCE_CHARACTERS, EVIDENCE_LINES, Known, Looked, merged, step
from tests.analyzer.found import finding, line

READ = Looked(sources={"auth"}, listed={"auth", "journal"})
NOT_READ = Looked(sources={"journal"}, listed={"auth", "journal"})
GONE = Looked(sources={"journal"}, listed={"journal"})
NOTHING_READ = Looked(sources=(), listed={"journal"})
KINDS = Looked(sources=(), listed=(), kinds={"users"})


class Story:
    """The findings of one host from run to run, one a second."""

    def __init__(self) -> None:
        self.known: dict[str, Known] = {}
        self.at = 0.0

    def run(self, *found: Finding, looked: Looked = READ) -> list[Known]:
        self.at += 1
        changed = step(self.known.values(), found, looked, self.at)
        self.known |= {one.fingerprint: one for one in changed}
        return changed

    def only(self) -> Known:
        (one,) = self.known.values()
        return one


@pytest.fixture
def story() -> Story:
    return Story()


def change(**more: Any) -> Finding:
    return finding(origin="baseline", source="baseline", rule="users", category="change", **more)


def modelled(**more: Any) -> Finding:
    return finding(origin="model", rule="model", **more)


def states(story: Story, *runs: Sequence[Finding]) -> list[str]:
    told: list[str] = []
    for found in runs:
        story.run(*found)
        told.append(story.only().state)
    return told


def test_a_finding_is_new_once_then_open_then_resolved_after_three_looks_without_it(story: Story) -> None:
    there, away = [finding()], list[Finding]()
    told = states(story, there, there, away, away, there, away, away, away, away)
    assert told == ["new", "open", "open", "open", "open", "open", "open", "resolved", "resolved"]
    assert (story.only().first_seen, story.only().last_seen, story.only().resolved) == (1, 5, 8)
    assert (story.only().times, story.only().lines) == (3, 3)


def test_what_is_not_seen_a_second_time_is_not_new_any_more(story: Story) -> None:
    assert states(story, [finding()], []) == ["new", "open"]


def test_a_finding_that_comes_back_is_new_again_and_keeps_its_history(story: Story) -> None:
    assert states(story, [finding()], [], [], [], [finding(count=4)]) == ["new", "open", "open", "resolved", "new"]
    back = story.only()
    assert (back.first_seen, back.opened, back.resolved, back.reopened) == (1, 5, None, 1)
    assert (back.times, back.lines, back.absent) == (2, 5, 0)


@pytest.mark.parametrize("looked", [NOT_READ, NOTHING_READ, Looked((), ())])
def test_a_run_that_did_not_read_the_source_changes_nothing(story: Story, looked: Looked) -> None:
    story.run(finding())
    for _ in range(10):
        assert story.run(looked=looked) == []


def test_failed_looks_between_others_neither_count_nor_start_anew(story: Story) -> None:
    story.run(finding())
    for looked in (READ, NOT_READ, READ, NOT_READ):
        story.run(looked=looked)
    assert (story.only().state, story.only().absent) == ("open", 2)
    story.run()
    assert story.only().state == "resolved"


def test_what_a_source_said_that_the_host_has_no_more_is_over_after_as_many_runs(story: Story) -> None:
    story.run(finding())
    story.run(looked=GONE)
    story.run(looked=GONE)
    assert story.only().state == "open"
    story.run(looked=GONE)
    assert story.only().state == "resolved"


def test_the_highest_severity_holds_until_the_finding_is_resolved(story: Story) -> None:
    told: list[str] = []
    for severity in ("warning", "critical", "info"):
        story.run(finding(severity=severity))
        told.append(story.only().finding.severity)
    assert told == ["warning", "critical", "critical"]
    for _ in range(3):
        story.run()
    assert story.only().finding.severity == "critical"
    story.run(finding(severity="info"))
    assert story.only().finding.severity == "info"


def test_a_change_is_over_with_the_next_look_at_its_kind_that_does_not_tell_it(story: Story) -> None:
    story.run(change(), looked=KINDS)
    assert story.run(looked=READ) == []
    assert story.run(looked=Looked((), (), {"packages"})) == []
    story.run(looked=KINDS)
    assert story.only().state == "resolved"


def test_a_change_that_a_package_explains_later_is_less_grave_from_then_on(story: Story) -> None:
    story.run(change(severity="critical"), looked=KINDS)
    story.run(change(severity="info"), looked=KINDS)
    assert story.only().finding.severity == "info"


def cited(*ids: str, came: Sequence[str]) -> Looked:
    return Looked({"auth"}, {"auth"}, templates=came, cited={modelled().fingerprint: ids})


def test_a_model_that_falls_silent_resolves_nothing_while_the_lines_keep_coming(story: Story) -> None:
    story.run(modelled(), looked=cited("t1", "t2", came=["t1", "t2"]))
    for _ in range(10):
        story.run(looked=cited(came=["t2", "t9"]))
    assert (story.only().state, story.only().last_seen, story.only().absent) == ("open", 1, 0)
    for _ in range(3):
        story.run(looked=cited(came=["t9"]))
    assert story.only().state == "resolved"


def test_what_a_rule_found_no_model_words_anew_raises_or_keeps_open(story: Story) -> None:
    story.run(finding())
    story.run(modelled(severity="critical", text="All is well."))
    assert story.only().finding == finding()
    story.run(modelled())
    story.run(modelled())
    assert story.only().state == "resolved"


def test_what_a_model_found_first_becomes_the_rules_own_with_its_severity(story: Story) -> None:
    story.run(modelled(severity="critical"), looked=cited("t1", came=["t1"]))
    story.run(finding(severity="info"), modelled(severity="critical"))
    assert (story.only().finding.origin, story.only().finding.severity, story.only().state) == ("rule", "info", "open")


def test_findings_with_one_fingerprint_become_one_with_all_their_lines() -> None:
    one, other = (
        finding(evidence=(line(1), line(2))),
        finding(severity="critical", evidence=(line(2), line(3)), count=2),
    )
    (joined,) = merged([one, other])
    assert (joined.severity, joined.count, joined.evidence) == ("critical", 3, (line(1), line(2), line(3)))


def test_a_rules_finding_comes_before_a_models_in_whatever_order() -> None:
    for found in ([finding(), modelled()], [modelled(), finding()]):
        assert merged(found) == [finding()]


def test_evidence_is_the_first_and_the_latest_and_bounded(story: Story) -> None:
    many = tuple(line(number, "x" * 10_000) for number in range(1, 100))
    story.run(finding(evidence=many))
    story.run(finding(evidence=(line(7, "later"),)))
    assert story.only().finding.evidence == (line(7, "later"),)
    first = story.only().first_evidence
    assert [e.line for e in first] == list(range(1, EVIDENCE_LINES + 1))
    assert {len(e.text) for e in first} == {EVIDENCE_CHARACTERS}


def test_only_what_changed_comes_back(story: Story) -> None:
    story.run(finding("a"), finding("b", source="journal"))
    assert [one.fingerprint for one in story.run(finding("a"))] == [finding("a").fingerprint]


@pytest.mark.parametrize("seed", range(50))
def test_whatever_happens_severity_never_falls_and_nothing_ends_without_three_looks(seed: int) -> None:
    draw, story = random.Random(seed), Story()
    absent = 0
    for _ in range(100):
        before = story.known.get(finding().fingerprint)
        there, looked = draw.random() < 0.3, draw.choice([READ, READ, NOT_READ])
        found = [finding(severity=draw.choice(["info", "warning", "critical"]))] if there else []
        story.run(*found, modelled(severity=draw.choice(["info", "critical"])) if before else finding(), looked=looked)
        absent = 0 if there or before is None else absent + (looked is READ)
        after = story.only()
        assert (after.state == "resolved") == (absent >= 3)
        if before and before.state != "resolved":
            order = ("info", "warning", "critical")
            assert order.index(after.finding.severity) >= order.index(before.finding.severity)
