"""What a digest tells of the analyzer's own store."""

from dataclasses import replace

from analyzer.digest.gather import MOST, gather
from analyzer.digest.report import Outside
from analyzer.record import Baseline, SourceRun
from analyzer.store import Store
from tests.analyzer.digest.made import DAY, END, PERIOD
from tests.analyzer.found import finding, run

NOTHING = Outside("", heartbeats=1)
BEGIN = END - DAY


def test_new_open_and_resolved_are_told_apart_and_a_score_with_its_change(store: Store) -> None:
    old, gone, fresh = finding("old"), finding("gone"), finding("fresh", severity="critical", category="storage")
    store.record(run(old, gone, at=BEGIN - 100))
    for n in range(1, 4):
        store.record(run(old, fresh, at=BEGIN + 1000 * n), resolve_after=3)
    told = gather(store, ["web01"], PERIOD, NOTHING, END)
    assert [known.fingerprint for known in told.fresh.found] == [fresh.fingerprint]
    assert [known.fingerprint for known in told.lasting.found] == [old.fingerprint]
    assert [known.fingerprint for known in told.over.found] == [gone.fingerprint]
    (host,) = told.hosts
    assert (host.before, host.score, host.fresh, host.over) == (85, 50, 1, 1)
    assert host.open == {"critical": 1, "warning": 1, "info": 0}
    assert host.since < PERIOD.begin


def test_what_happened_before_or_after_the_period_is_of_another_digest(store: Store) -> None:
    store.record(run(finding("before"), at=BEGIN - 5000))
    store.record(run(at=BEGIN - 4000), resolve_after=1)
    store.record(run(finding("after"), at=END + 10))
    told = gather(store, ["web01"], PERIOD, NOTHING, END + 20)
    assert (told.fresh.count, told.lasting.count, told.over.count) == (0, 0, 0)


def test_changes_have_a_section_of_their_own(store: Store) -> None:
    change = finding("c", origin="baseline", source="baseline", rule="packages", category="change", severity="info")
    look = Baseline({"packages": {}}, ("packages",), {"packages": 12, "users": 0})
    store.record(run(change, at=BEGIN + 10, baseline=look))
    told = gather(store, ["web01"], PERIOD, NOTHING, END)
    assert told.fresh.count == 0
    assert told.changed == 12
    (changes,) = told.changes
    assert changes.kinds == {"packages": 12}
    assert [known.fingerprint for known in changes.worst] == [change.fingerprint]


def test_a_host_that_was_first_seen_in_the_period_is_compared_with_its_first_run(store: Store) -> None:
    store.record(run(at=BEGIN + 50))
    store.record(run(finding(), at=BEGIN + 100))
    (host,) = gather(store, ["web01"], PERIOD, NOTHING, END).hosts
    assert (host.before, host.since, host.score) == (100, BEGIN + 50, 90)


def test_a_host_that_was_never_reviewed_or_not_read_comes_first_and_makes_no_quiet_day(store: Store) -> None:
    store.record(run(at=BEGIN + 50))
    store.record(run(at=BEGIN + 60, host="nas", sources=(SourceRun("auth", False, "refused"),)))
    told = gather(store, ["web01", "nas", "never"], PERIOD, NOTHING, END)
    assert [host.name for host in told.hosts] == ["nas", "never", "web01"]
    assert told.unread == 2
    assert told.gravest == "warning"


def test_of_many_findings_the_worst_are_told_and_all_are_counted(store: Store) -> None:
    grave = finding("grave", severity="critical", host="web02")
    store.record(run(*(finding(f"k{n}") for n in range(80)), at=BEGIN + 5))
    store.record(run(grave, at=BEGIN + 5, host="web02"))
    told = gather(store, ["web01", "web02"], PERIOD, NOTHING, END)
    assert told.fresh.count == 81
    assert len(told.fresh.found) == MOST
    assert told.fresh.found[0].fingerprint == grave.fingerprint


def test_each_utc_day_of_spending_is_told_in_one_digest_alone(store: Store) -> None:
    for day, cost in (("2026-11-19", 1.0), ("2026-11-20", 2.0), ("2026-11-21", 4.0)):
        store.spend(day, "gpt", 100, 10, cost, "USD")
    today = gather(store, [], PERIOD, NOTHING, END)
    assert [(one.model, one.cost, one.tokens_in) for one in today.spent] == [("gpt", 2.0, 100)]
    assert today.spent_days == ("2026-11-20", "2026-11-20")
    week = replace(PERIOD, begin=END - 7 * DAY)
    assert [one.cost for one in gather(store, [], week, NOTHING, END).spent] == [3.0]
