"""What is told next, of a group that Alertmanager speaks of again and again."""

from dataclasses import replace

from analyzer.notify.incident import JOIN_SECONDS, MOST_MESSAGES, STALE_SECONDS, Incident, abandoned, heard, step, told
from analyzer.notify.payload import Group
from tests.analyzer.notify.groups import NOW, alert, group

REMIND = 1800.0
LATER = NOW + JOIN_SECONDS


def after(*said: Group) -> Incident:
    """What is kept after each of these was said and told."""
    kept = None
    for number, one in enumerate(said):
        kept = settled(heard(kept, one, NOW + number, REMIND), NOW + number)
    assert kept is not None
    return kept


def settled(incident: Incident, at: float) -> Incident:
    return incident if incident.settled else told(incident, incident, step(incident, at), ("1",), at, True)


def test_something_new_rings_some_ends_are_edits_and_the_last_end_closes() -> None:
    a, b = alert("a"), alert("b")
    assert next_step(None, group(a)) == "post"
    assert next_step(after(group(a)), group(a, b), LATER) == "post"
    over = group(a, alert("b", status="resolved"))
    assert next_step(after(group(a, b)), over) == "edit"
    end = group(alert("a", status="resolved"), alert("b", status="resolved"))
    assert next_step(after(group(a, b), over), end) == "close"


def test_what_follows_at_once_joins_the_message_unless_it_is_graver() -> None:
    a, b = alert("a", severity="warning"), alert("b", severity="warning")
    assert next_step(after(group(a)), group(a, b), NOW + 30) == "join"
    assert next_step(after(group(a)), group(a, alert("c")), NOW + 30) == "post"


def test_joining_is_no_call_so_the_next_call_is_not_put_off_by_it() -> None:
    a, b, c = alert("a"), alert("b"), alert("c")
    joined = settled(heard(after(group(a)), group(a, b), NOW + 100, REMIND), NOW + 100)
    assert next_step(joined, group(a, b, c), LATER) == "post"


def next_step(before: Incident | None, said: Group, at: float = NOW + 9) -> str:
    return step(heard(before, said, at, REMIND), at)


def test_the_same_said_again_changes_nothing_until_it_is_a_reminder() -> None:
    before = after(group(alert()))
    assert heard(before, group(alert()), NOW + REMIND - 1, REMIND).settled
    late = heard(before, group(alert()), NOW + REMIND, REMIND)
    assert (late.settled, step(late, NOW + REMIND)) == (False, "post")
    assert heard(settled(late, NOW + REMIND), group(alert()), NOW + REMIND + 1, REMIND).settled


def test_the_end_said_by_two_alertmanagers_is_told_once() -> None:
    end = group(alert(status="resolved"))
    assert heard(after(group(alert()), end), end, NOW + 9, REMIND).settled


def test_what_fires_again_after_its_end_is_an_incident_of_its_own() -> None:
    before = after(group(alert()), group(alert(status="resolved")))
    again = heard(before, group(alert(starts=NOW + 900)), NOW + 901, REMIND)
    assert (step(again, NOW + 901), again.messages, again.settled) == ("post", (), False)


def test_the_same_said_while_it_waits_does_not_make_it_wait_longer_or_twice() -> None:
    first = heard(None, group(alert()), NOW, REMIND)
    again = heard(first, group(alert()), NOW + 10, REMIND)
    assert (again.revision, again.since, again.heard) == (first.revision, NOW, NOW + 10)


def test_what_ends_before_it_could_be_told_is_told_with_its_end() -> None:
    waiting = heard(None, group(alert("a"), alert("b")), NOW, REMIND)
    both = heard(waiting, group(alert("a", status="resolved"), alert("b")), NOW + 10, REMIND)
    assert step(both, NOW + 10) == "post"
    assert [one.status for one in both.wanted.alerts] == ["resolved", "firing"]


def test_an_alert_that_a_restarted_alertmanager_has_not_heard_of_again_stays() -> None:
    before = after(group(alert("a"), alert("b")))
    kept = heard(before, group(alert("b")), NOW + 60, REMIND)
    assert [one.labels["heartbeat"] for one in kept.wanted.of("firing")] == ["a", "b"]
    assert kept.settled


def test_when_all_is_said_to_be_over_what_was_not_named_is_over_too() -> None:
    before = after(group(alert("a"), alert("b")))
    kept = heard(before, group(alert("b", status="resolved")), NOW + 60, REMIND)
    assert step(kept, NOW + 60) == "close"
    assert {one.labels["heartbeat"]: one.ends for one in kept.wanted.alerts} == {"a": 0.0, "b": NOW + 754}


def test_what_was_over_a_day_ago_is_not_repeated_while_others_fire() -> None:
    both = after(group(alert("a"), alert("b")), group(alert("a", status="resolved"), alert("b")))
    kept = heard(both, group(alert("b"), alert("c")), NOW + STALE_SECONDS + 800, REMIND)
    assert [one.labels["heartbeat"] for one in kept.wanted.alerts] == ["b", "c"]
    assert step(kept, NOW + STALE_SECONDS + 800) == "post"


def test_a_word_that_comes_while_another_is_under_way_is_not_taken_for_told() -> None:
    sent = heard(None, group(alert("a")), NOW, REMIND)
    meanwhile = heard(sent, group(alert("a"), alert("b")), NOW + 1, REMIND)
    kept = told(meanwhile, sent, "post", ("1",), NOW + 2, True)
    assert (kept.settled, step(kept, NOW + 3), kept.messages) == (False, "join", ("1",))


def test_what_alertmanager_never_came_back_for_is_closed() -> None:
    lonely = replace(after(group(alert())), confirmed=False)
    over = abandoned(lonely, NOW + 900)
    assert (step(over, NOW + 900), over.settled) == ("close", False)
    assert "has not spoken of it since" in over.context


def test_the_messages_of_a_long_incident_are_bounded() -> None:
    kept = heard(None, group(alert()), NOW, REMIND)
    assert len(told(kept, kept, "post", tuple(map(str, range(50))), NOW, True).messages) == MOST_MESSAGES
