"""The store alone: runs are kept whole, places move with their findings, and one program writes at a time."""

import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from analyzer.database import STEPS
from analyzer.finding import Finding
from analyzer.lifecycle import Known, State
from analyzer.record import Baseline, SourceRun
from analyzer.review.ports import Cache, Ledger, Spending
from analyzer.store import FILE, StorageError, StorageInUse, Store
from analyzer.store_spent import ANSWER_BYTES, ANSWER_SECONDS
from analyzer.store_write import MOST_FINDINGS
from tests.analyzer.found import HOST, finding, line, run

ROOT = Path(__file__).resolve().parents[2]


def change(key: str = "a", rule: str = "users") -> Finding:
    return finding(key, origin="baseline", source="baseline", rule=rule, category="change")


def kept(store: Store) -> list[Known]:
    return store.findings(states=("new", "open", "resolved"))


def test_a_run_comes_back_as_it_was(store: Store) -> None:
    found = finding(evidence=(line(3, "caf\N{LATIN SMALL LETTER E WITH ACUTE} \udcff \x00"),), text="x" * 100)
    source = SourceRun("auth", True, "", 10, 1000, 1, True, {"offset": 7}, {"known": [1]})
    recorded = store.record(
        run(found, sources=(source,), summary="So it is.", model="m", outcome="answered", tokens_in=5, cost=0.5)
    )
    assert (recorded.number, recorded.score, recorded.left_out) == (1, 90, 0)
    (known,) = kept(store)
    assert (known,) == recorded.new
    assert known == store.finding(found.fingerprint)
    assert known.finding == found
    assert store.cursors(HOST) == {"auth": {"offset": 7}}
    assert store.memories(HOST) == {"auth": {"known": [1]}}
    (ran,) = store.runs(HOST, 10)
    assert (ran.summary, ran.model, ran.outcome, ran.tokens_in, ran.cost) == ("So it is.", "m", "answered", 5, 0.5)
    assert (ran.started, ran.finished, ran.score, ran.found, ran.new, ran.resolved) == (999, 1000, 90, 1, 1, 0)
    assert ran.sources["auth"] == {"up": True, "error": "", "lines": 10, "bytes": 1000, "gaps": 1, "cut": True}


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as store:
        store.record(run(finding(), sources=(SourceRun("auth", True, cursor={"at": 1}),)))
        before = store.hosts(), store.runs(HOST, 10), kept(store)
    with closing(Store(tmp_path)) as store:
        assert (store.hosts(), store.runs(HOST, 10), kept(store)) == before


def test_a_source_that_tells_no_place_stays_where_it_was(store: Store) -> None:
    store.record(run(sources=(SourceRun("auth", True, cursor={"at": 1}, memory=[1]),), at=10))
    store.record(run(sources=(SourceRun("auth", False, "refused"),), at=20))
    assert store.cursors(HOST) == {"auth": {"at": 1}}
    assert store.memories(HOST) == {"auth": [1]}
    state = store.hosts()[HOST].sources["auth"]
    assert (state.up, state.error, state.success) == (False, "refused", 10)


def test_a_source_that_left_the_configuration_keeps_its_place_and_is_not_shown(store: Store) -> None:
    store.record(run(sources=(SourceRun("auth", True, cursor={"at": 1}),)))
    store.record(run(sources=(SourceRun("journal", True),)))
    assert set(store.hosts()[HOST].sources) == {"journal"}
    assert store.cursors(HOST) == {"auth": {"at": 1}}


def test_the_lifecycle_runs_over_stored_findings(store: Store) -> None:
    told = []
    for at, found in enumerate([[finding()], [], [], [], [finding()]], 1):
        recorded = store.record(run(*found, at=float(at)))
        told.append((len(recorded.new), len(recorded.resolved), recorded.score))
    assert told == [(1, 0, 90), (0, 0, 90), (0, 0, 90), (0, 1, 100), (1, 0, 90)]
    assert kept(store)[0].reopened == 1


def test_a_source_that_was_cut_short_proves_no_absence(store: Store) -> None:
    store.record(run(finding()))
    for _ in range(5):
        assert store.record(run(sources=(SourceRun("auth", True, cut=True),))).resolved == ()
    assert [len(store.record(run(), resolve_after=2).resolved) for _ in range(2)] == [0, 1]


def test_a_model_finding_is_held_by_its_templates(store: Store) -> None:
    found = finding(origin="model", rule="model")
    came = (SourceRun("auth", True, templates=("t1",)),)
    store.record(run(found, sources=came, cited={found.fingerprint: ("t1",)}))
    for _ in range(5):
        assert store.record(run(sources=came)).resolved == ()
    assert [len(store.record(run()).resolved) for _ in range(3)] == [0, 0, 1]


def test_what_a_model_finds_does_not_touch_the_score(store: Store) -> None:
    assert store.record(run(finding("m", origin="model", rule="model", severity="critical"))).score == 100
    assert store.hosts()[HOST].counts == {("critical", "auth"): 1}


def test_a_host_of_which_nothing_was_ever_read_has_no_score(store: Store) -> None:
    away = (SourceRun("auth", False, "no route"),)
    assert store.record(run(sources=away)).score is None
    assert store.hosts()[HOST].score is None
    assert store.record(run()).score == 100
    assert store.record(run(sources=away)).score == 100


def test_hosts_do_not_mix(store: Store) -> None:
    store.record(run(finding(), sources=(SourceRun("auth", True, cursor={"at": 1}),)))
    for _ in range(5):
        store.record(run(finding(host="other"), host="other"))
    assert store.hosts()[HOST].counts == {("warning", "auth"): 1}
    assert [known.finding.host for known in store.findings(host="other")] == ["other"]
    assert store.cursors("other") == {}
    assert len(store.runs(HOST, 10)) == 1


def test_the_first_snapshot_is_accepted_and_later_ones_are_not(store: Store) -> None:
    assert store.snapshot(HOST) is store.accepted(HOST) is None
    store.record(run(baseline=Baseline({"users": ["a"]}, {"users"}, {"users": 0})))
    store.record(run(change(), baseline=Baseline({"users": ["a", "b"]}, {"users"}, {"users": 1}), at=2000))
    assert store.snapshot(HOST) == {"users": ["a", "b"]}
    assert store.accepted(HOST) == {"users": ["a"]}
    assert store.changes(HOST) == store.hosts()[HOST].changes == {"users": 1}


def test_accepting_ends_the_changes_and_nothing_else(store: Store) -> None:
    assert not store.accept(HOST, 1)
    store.record(run(baseline=Baseline(["a"], {"users"})))
    store.record(run(change(), finding(), baseline=Baseline(["b"], {"users"}, {"users": 1}), at=2000))
    assert store.accept(HOST, 3000)
    assert store.accepted(HOST) == ["b"]
    assert store.changes(HOST) == {"users": 0}
    assert [known.finding.rule for known in store.findings()] == ["ssh-failed"]
    assert store.hosts()[HOST].score == 90


def test_a_run_that_compared_with_what_was_accepted_before_tells_no_changes(store: Store) -> None:
    store.record(run(baseline=Baseline(["a"], {"users"})))
    store.record(run(change(), baseline=Baseline(["b"], {"users"}, {"users": 1}), at=2000))
    store.accept(HOST, 3000)
    late = run(change(), finding(), baseline=Baseline(["c"], {"users"}, {"users": 1}), started=2990, at=3010)
    assert [known.finding.rule for known in store.record(late).new] == ["ssh-failed"]
    assert store.changes(HOST) == {"users": 0}
    assert store.accepted(HOST) == ["b"]


def test_a_run_may_say_itself_what_it_learnt(store: Store) -> None:
    store.record(run(baseline=Baseline({"users": ["a"]}, {"users"})))
    store.record(
        run(baseline=Baseline({"users": ["b"], "ports": ["1"]}, {"users", "ports"}, accepted={"learnt": 1}), at=2000)
    )
    assert store.accepted(HOST) == {"learnt": 1}


def test_a_program_beside_looks_and_accepts_while_another_one_holds_the_store(store: Store) -> None:
    store.record(run(baseline=Baseline(["a"], {"users"})))
    store.record(run(change(), baseline=Baseline(["b"], {"users"}, {"users": 1}), at=2000))
    with closing(Store(store.path, alone=False)) as beside:
        assert len(beside.findings()) == 1
        assert beside.accept(HOST, 3000)
    assert store.findings() == []


def test_beside_nobody_there_is_nothing_to_look_at(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="nothing has been reviewed yet"):
        Store(tmp_path, alone=False)


def test_a_second_program_is_told_who_holds_the_store(store: Store) -> None:
    with pytest.raises(StorageInUse, match=f"in use by process {os.getpid()}"):
        Store(store.path)


def test_nobody_else_may_read_the_file(store: Store) -> None:
    store.record(run(finding()))
    for file in store.path.iterdir():
        assert file.stat().st_mode & 0o077 == 0, file


def test_a_file_of_a_newer_release_is_left_alone(tmp_path: Path) -> None:
    Store(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        db.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
    with pytest.raises(StorageError, match="newer release"):
        Store(tmp_path)


def test_findings_come_worst_first_in_pages_that_miss_and_repeat_none(store: Store) -> None:
    draw = random.Random(1)
    for at in range(30):
        severity = draw.choice(["info", "warning", "critical"])
        store.record(run(finding(str(at), severity=severity), at=float(draw.randrange(5))))
    everything = store.findings(limit=100)
    ranks = [known.finding.severity for known in everything]
    assert ranks == sorted(ranks, key=["critical", "warning", "info"].index)
    paged: list[Known] = []
    place = None
    while page := store.findings(limit=7, after=place):
        paged += page
        last = page[-1]
        place = (["info", "warning", "critical"].index(last.finding.severity), last.first_seen, last.fingerprint)
    assert paged == everything
    assert len(store.findings(severity="critical")) == ranks.count("critical")


def test_of_one_host_so_many_findings_are_kept(store: Store) -> None:
    store.record(run(finding("grave", severity="critical"), at=1))
    many = [finding(str(number), severity="info") for number in range(MOST_FINDINGS)]
    recorded = store.record(run(*many, finding("another", severity="warning"), at=2))
    assert recorded.left_out == store.runs(HOST, 1)[0].left_out == 2
    assert len(recorded.new) == MOST_FINDINGS - 1
    counts = store.hosts()[HOST].counts
    assert counts == {("critical", "auth"): 1, ("warning", "auth"): 1, ("info", "auth"): MOST_FINDINGS - 2}


def test_a_flood_of_one_kind_displaces_nothing_of_another_and_raises_no_score(store: Store) -> None:
    early = [finding(f"disk{n}", severity="warning", category="storage") for n in range(3)]
    note = finding("note", severity="info", category="time")
    before = store.record(run(*early, note, at=1)).score
    flood = [finding(str(number), severity="critical") for number in range(2 * MOST_FINDINGS)]
    recorded = store.record(run(*flood, at=2))
    assert before is not None
    assert recorded.score is not None
    assert recorded.score <= before
    counts = store.hosts()[HOST].counts
    assert (counts["warning", "storage"], counts["info", "time"]) == (3, 1)
    assert sum(counts.values()) == MOST_FINDINGS
    assert store.record(run(*flood, at=3)).new == ()


def test_what_models_find_displaces_nothing_of_the_rules(store: Store) -> None:
    said = [finding(f"m{n}", origin="model", rule="model", severity="critical") for n in range(MOST_FINDINGS)]
    store.record(run(*said, at=1))
    store.record(run(*[finding(str(n), severity="info") for n in range(MOST_FINDINGS)], at=2))
    assert store.hosts()[HOST].counts == {("info", "auth"): MOST_FINDINGS}


def test_what_is_resolved_makes_room_first_and_the_oldest_of_it(store: Store) -> None:
    store.record(run(*[finding(f"old{n}") for n in range(2)], at=1), resolve_after=1)
    store.record(run(finding("later"), at=2), resolve_after=1)
    store.record(run(at=3), resolve_after=1)
    store.record(run(*[finding(str(n), severity="info") for n in range(MOST_FINDINGS - 1)], at=4), resolve_after=1)
    states: list[State] = ["resolved"]
    assert [known.fingerprint for known in store.findings(states=states)] == [finding("later").fingerprint]


def test_what_ended_long_ago_is_forgotten_in_slices_and_what_is_open_never(store: Store) -> None:
    store.record(run(*[finding(str(number)) for number in range(10)], finding("open"), at=10))
    for at in (20, 30, 40):
        store.record(run(finding("open"), at=float(at)))
    assert store.forget(before=5) == 0
    slices = []
    while gone := store.forget(before=35, most_runs=2, limit=4):
        slices.append(gone)
    assert sum(slices) == 10 + 3
    assert max(slices) <= 8
    assert [known.fingerprint for known in kept(store)] == [finding("open").fingerprint]
    assert [ran.finished for ran in store.runs(HOST, 10)] == [40]


def test_a_host_that_nobody_looks_at_any_more_is_forgotten_whole(store: Store) -> None:
    store.record(run(finding(), baseline=Baseline(["a"], {"users"}, {"users": 0}), at=10))
    store.record(run(finding(host="other"), host="other", at=100))
    while store.forget(before=50):
        pass
    assert set(store.hosts()) == {"other"}
    assert [known.finding.host for known in kept(store)] == ["other"]
    assert store.snapshot(HOST) is None
    assert store.cursors(HOST) == {}


def test_spending_adds_up_by_day_and_currency_and_survives(tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as store:
        ledger: Ledger = store
        assert ledger.spent("2026-11-21") == Spending()
        for model, currency in (("a", "USD"), ("a", "USD"), ("b", "EUR")):
            store.spend("2026-11-21", model, 100, 10, 0.25, currency)
        store.spend("2026-11-22", "a", 1, 1, 1.0, "USD")
    with closing(Store(tmp_path)) as store:
        assert store.spent("2026-11-21") == Spending(330, {"USD": 0.5, "EUR": 0.25})
        assert store.forget(before=1795305600 + 3600) == 2  # the 22nd, at one
        assert store.spent("2026-11-21") == Spending()
        assert store.spent("2026-11-22").tokens == 2


def test_answers_are_kept_for_a_while_and_not_from_the_future(store: Store) -> None:
    cache: Cache = store
    cache.put("k", "answer \udcff", 1000.0)
    assert store.get("k", 1000.0 + ANSWER_SECONDS - 1) == "answer ?"
    assert store.get("k", 1000.0 + ANSWER_SECONDS) is None
    assert store.get("k", 999.0) is None
    assert store.get("other", 1000.0) is None
    store.put("k", "later", 2000.0)
    assert store.get("k", 2000.0) == "later"


def test_the_oldest_answers_make_room(store: Store) -> None:
    third = "x" * (ANSWER_BYTES // 3)
    for number in range(5):
        store.put(str(number), third, float(number))
    assert [bool(store.get(str(number), 10.0)) for number in range(5)] == [False, False, True, True, True]
    store.put("huge", "x" * (ANSWER_BYTES + 1), 10.0)
    assert store.get("huge", 10.0) is None


def test_many_threads_may_record_and_read_at_once(store: Store) -> None:
    def review(host: str) -> None:
        for at in range(5):
            store.record(run(finding(host=host), host=host, at=float(at)))
            store.hosts()

    threads = [threading.Thread(target=review, args=(f"host{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {known.times for known in kept(store)} == {5}
    assert len(kept(store)) == 8


def test_on_a_full_disk_nothing_is_kept_by_half_and_it_goes_on_when_there_is_room(store: Store) -> None:
    store.record(run(finding("before"), sources=(SourceRun("auth", True, cursor={"at": 1}),)))
    before = kept(store), store.runs(HOST, 10)
    many = run(
        *[finding(str(number), text="x" * 2000) for number in range(500)],
        sources=(SourceRun("auth", True, cursor={"at": 2}),),
    )
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
        with pytest.raises(StorageError, match="disk"):
            store.record(many)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    assert (kept(store), store.runs(HOST, 10)) == before
    assert store.cursors(HOST) == {"auth": {"at": 1}}
    assert len(store.record(many).new) == 500
    assert store.cursors(HOST) == {"auth": {"at": 2}}


# What the program does around its store, in short: read on from the cursor, find, record. Each line of the log names
# one of seven attackers, so a line read twice or never shows in the number of lines behind their findings.
REVIEWER = """
import sys
from pathlib import Path
from analyzer.store import Store
from analyzer.record import Run, SourceRun
from tests.analyzer.found import finding
store, log, at = Store(Path(sys.argv[1])), Path(sys.argv[2]), 0.0
while True:
    start = store.cursors("web01").get("auth", {"line": 0})["line"]
    lines = log.read_text().splitlines()[start : start + 3]
    if not lines:
        break
    at += 1
    found = [finding(who) for who in lines]
    cursor = {"line": start + len(lines)}
    store.record(Run("web01", at, at, (SourceRun("auth", True, lines=len(lines), cursor=cursor),), tuple(found)))
    print(start, flush=True)
print("done", flush=True)
"""
LINES = [f"attacker{number % 7}" for number in range(3000)]


def test_a_reviewer_killed_at_any_instant_loses_no_line_and_finds_nothing_twice(tmp_path: Path) -> None:
    log, storage, draw = tmp_path / "auth.log", tmp_path / "storage", random.Random(3)
    log.write_text("\n".join(LINES))
    command = [sys.executable, "-c", REVIEWER, str(storage), str(log)]
    kills = 0
    while True:
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as reviewer:
            assert reviewer.stdout is not None
            told = reviewer.stdout.readline()
            if told != "done\n" and kills < 12:
                threading.Event().wait(draw.uniform(0, 0.1))
                reviewer.kill()
                kills += 1
                continue
            assert "done\n" in told + reviewer.stdout.read()
            break
    with closing(Store(storage)) as store:
        found = store.findings()
        assert sorted((known.lines, known.finding.text) for known in found) == sorted(
            (LINES.count(who), finding().text) for who in set(LINES)
        )
        runs = store.runs(HOST, 10_000)
        assert sum(int(str(ran.sources["auth"]["lines"])) for ran in runs) == len(LINES)
    assert kills == 12
