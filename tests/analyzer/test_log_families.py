"""What Prometheus hears of the log review: by contract, bounded, and gone with what is gone."""

from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from analyzer.counts import Counts
from analyzer.finding import SEVERITIES
from analyzer.log_families import SHOWN, Watched, collect
from analyzer.record import Baseline, SourceRun
from analyzer.review.outcome import RESULTS, Attempt, Review
from analyzer.store import Store
from tests.analyzer.found import HOST, finding, line, run
from toolkit.families import render

WATCHED = {HOST: Watched(1800.0, ("auth", "journal"))}
CONTRACT = {
    "log_review_health_score": {"host"},
    "log_review_findings": {"host", "severity", "category"},
    "log_review_finding_info": {"host", "source", "severity", "category", "fingerprint", "title"},
    "log_review_last_success_timestamp_seconds": {"host", "source"},
    "log_review_up": {"host", "source"},
    "log_review_lines_total": {"host", "source"},
    "log_review_bytes_total": {"host", "source"},
    "log_review_gaps_total": {"host", "source"},
    "log_review_baseline_changes": {"host", "kind"},
    "log_review_model_requests_total": {"model", "outcome"},
    "log_review_model_tokens_total": {"model", "direction"},
    "log_review_model_cost_total": {"model", "currency"},
    "log_review_rejected_findings_total": {"reason"},
    "log_review_redactions_total": {"rule"},
    # beyond the contract
    "log_review_interval_seconds": {"host"},
    "log_review_redactor_failures_total": {"host"},
}


@pytest.fixture
def counts() -> Counts:
    counts = Counts()
    counts.expect({HOST: WATCHED[HOST].sources}, {"small": "USD"}, ("password",))
    return counts


def told(store: Store, counts: Counts, watched: dict[str, Watched] = WATCHED) -> dict[str, float]:
    """All samples, by their text."""
    text = render(collect(store.hosts(), counts, watched), openmetrics=False).decode()
    lines = [sample.rpartition(" ") for sample in text.splitlines() if not sample.startswith("#")]
    assert len({name for name, _, _ in lines}) == len(lines)
    return {name: float(value) for name, _, value in lines}


def of(samples: dict[str, float], name: str) -> dict[str, float]:
    return {sample: value for sample, value in samples.items() if sample.partition("{")[0] == f"log_review_{name}"}


def test_names_and_labels_are_those_of_the_contract(store: Store, counts: Counts) -> None:
    sources = (SourceRun("auth", True), SourceRun("journal", True))
    store.record(run(finding(), sources=sources, baseline=Baseline([], {"users"}, {"users": 0})))
    families = list(collect(store.hosts(), counts, WATCHED))
    assert {f.name: {name for name, _ in f.samples[0].labels} for f in families} == CONTRACT
    assert {f.name for f in families if f.type == "counter"} == {name for name in CONTRACT if name.endswith("_total")}
    for family in families:
        assert {tuple(name for name, _ in s.labels) for s in family.samples} == {
            tuple(name for name, _ in family.samples[0].labels)
        }


def test_before_the_first_run_zero_is_told_of_what_is_known_and_nothing_of_what_is_not(
    store: Store, counts: Counts
) -> None:
    samples = told(store, counts)
    assert of(samples, "last_success_timestamp_seconds") == {
        f'log_review_last_success_timestamp_seconds{{host="{HOST}",source="auth"}}': 0,
        f'log_review_last_success_timestamp_seconds{{host="{HOST}",source="journal"}}': 0,
    }
    for unknown in ("health_score", "findings", "finding_info", "up", "baseline_changes"):
        assert of(samples, unknown) == {}
    assert set(of(samples, "lines_total").values()) == {0}
    assert len(of(samples, "model_requests_total")) == len(RESULTS)
    assert of(samples, "model_cost_total") == {'log_review_model_cost_total{model="small",currency="USD"}': 0}
    assert of(samples, "redactions_total") == {'log_review_redactions_total{rule="password"}': 0}
    assert of(samples, "interval_seconds") == {f'log_review_interval_seconds{{host="{HOST}"}}': 1800}


def test_sources_score_and_findings_are_told_right_after_a_restart(tmp_path: Path, counts: Counts) -> None:
    with closing(Store(tmp_path)) as store:
        store.record(run(sources=(SourceRun("auth", True), SourceRun("journal", True)), at=1000))
        store.record(run(finding(), sources=(SourceRun("auth", True), SourceRun("journal", False, "no")), at=2000))
    with closing(Store(tmp_path)) as store:
        samples = told(store, counts)
    auth, journal = (f'{{host="{HOST}",source="{name}"}}' for name in ("auth", "journal"))
    assert samples[f"log_review_up{auth}"] == 1
    assert samples[f"log_review_up{journal}"] == 0
    assert samples[f"log_review_last_success_timestamp_seconds{auth}"] == 2000
    assert samples[f"log_review_last_success_timestamp_seconds{journal}"] == 1000
    assert samples[f'log_review_health_score{{host="{HOST}"}}'] == 90
    assert samples[f'log_review_findings{{host="{HOST}",severity="warning",category="auth"}}'] == 1


def test_a_category_that_a_host_ever_had_stays_with_zero_and_others_are_not_told(store: Store, counts: Counts) -> None:
    store.record(run(finding(severity="critical"), at=1))
    for at in (2, 3, 4):
        store.record(run(at=float(at)))
    assert of(told(store, counts), "findings") == {
        f'log_review_findings{{host="{HOST}",severity="{severity}",category="{category}"}}': 0
        for severity in SEVERITIES
        for category in ("auth", "other")
    }


def test_of_a_host_the_worst_findings_are_told_one_by_one_and_no_more(store: Store, counts: Counts) -> None:
    for at in range(1, 3 * SHOWN):
        store.record(run(finding(str(at), severity="warning"), at=float(at)), resolve_after=10**6)
    store.record(run(finding("grave", severity="critical"), at=0.5), resolve_after=10**6)
    infos = of(told(store, counts), "finding_info")
    assert len(infos) == SHOWN
    latest = [finding("grave").fingerprint] + [finding(str(at)).fingerprint for at in range(2 * SHOWN + 1, 3 * SHOWN)]
    assert all(any(f'fingerprint="{fingerprint}"' in info for info in infos) for fingerprint in latest)


def test_a_resolved_finding_is_not_told_any_more(store: Store, counts: Counts) -> None:
    store.record(run(finding()))
    assert len(of(told(store, counts), "finding_info")) == 1
    for _ in range(3):
        store.record(run())
    assert of(told(store, counts), "finding_info") == {}


def test_what_a_model_found_is_told_and_leaves_the_score_alone(store: Store, counts: Counts) -> None:
    store.record(run(finding(origin="model", rule="model", severity="critical")))
    samples = told(store, counts)
    assert samples[f'log_review_health_score{{host="{HOST}"}}'] == 100
    assert samples[f'log_review_findings{{host="{HOST}",severity="critical",category="auth"}}'] == 1


def test_no_word_of_a_log_is_told(store: Store, counts: Counts) -> None:
    word = "Hunter2"
    found = finding(text=word, recommendation=word, evidence=(line(1, word),))
    store.record(run(found, summary=word, sources=(SourceRun("auth", False, word, cursor={"at": word}),)))
    assert not any(word in sample for sample in told(store, counts))


def test_hosts_and_sources_that_left_the_configuration_vanish(store: Store, counts: Counts) -> None:
    sources = (SourceRun("auth", True), SourceRun("journal", True))
    store.record(run(finding(), sources=sources, baseline=Baseline([], {"users"}, {"users": 2})))
    counts.fetched(HOST, "journal", 10, 100, 1)
    fewer = {HOST: Watched(60.0, ("auth",))}
    counts.expect({HOST: ("auth",)}, {"small": "USD"}, ("password",))
    assert not any('source="journal"' in sample for sample in told(store, counts, fewer))
    counts.expect({}, {}, ())
    assert {sample.partition("{")[0] for sample in told(store, counts, {})} == {"log_review_rejected_findings_total"}


def test_changes_are_told_by_kind_until_they_are_accepted(store: Store, counts: Counts) -> None:
    store.record(run(baseline=Baseline([], {"users", "ports"}, {"users": 2, "ports": 0})))
    users, ports = (f'log_review_baseline_changes{{host="{HOST}",kind="{kind}"}}' for kind in ("users", "ports"))
    assert of(told(store, counts), "baseline_changes") == {users: 2, ports: 0}
    store.accept(HOST, 5000)
    assert of(told(store, counts), "baseline_changes") == {users: 0, ports: 0}


def test_counters_count_and_keep_their_value_over_a_reload(store: Store, counts: Counts) -> None:
    counts.fetched(HOST, "auth", 10, 1000, 1)
    counts.fetched(HOST, "auth", 5, 500, 0)
    counts.redacted({"password": 3})
    answer = Attempt("small", "answered", 1000, 50, 0.25, "USD", 1)
    counts.reviewed(Review("answered", attempts=(answer, answer), rejected=Counter({"number": 2})))
    counts.reviewed(Review("failed", attempts=(Attempt("small", "timeout"),)))
    counts.expect({HOST: ("auth", "new")}, {"small": "USD", "other": ""}, ("password", "token"))
    samples = told(store, counts)
    assert of(samples, "lines_total") == {
        f'log_review_lines_total{{host="{HOST}",source="auth"}}': 15,
        f'log_review_lines_total{{host="{HOST}",source="new"}}': 0,
    }
    assert samples[f'log_review_bytes_total{{host="{HOST}",source="auth"}}'] == 1500
    assert samples[f'log_review_gaps_total{{host="{HOST}",source="auth"}}'] == 1
    assert samples['log_review_model_requests_total{model="small",outcome="answered"}'] == 2
    assert samples['log_review_model_requests_total{model="small",outcome="timeout"}'] == 1
    assert samples['log_review_model_requests_total{model="other",outcome="timeout"}'] == 0
    assert samples['log_review_model_tokens_total{model="small",direction="in"}'] == 2000
    assert samples['log_review_model_tokens_total{model="small",direction="out"}'] == 100
    assert of(samples, "model_cost_total") == {'log_review_model_cost_total{model="small",currency="USD"}': 0.5}
    assert samples['log_review_rejected_findings_total{reason="number"}'] == 2
    assert samples['log_review_redactions_total{rule="password"}'] == 3
    assert samples['log_review_redactions_total{rule="token"}'] == 0
