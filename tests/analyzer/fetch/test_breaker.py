"""The breaker of one host."""

from analyzer.fetch.breaker import Backoff, Breaker

STEADY = Backoff(first=60, factor=2, most=600, jitter=0)


def waits(breaker: Breaker, failures: int, permanent: bool = False) -> list[float]:
    found = []
    for _ in range(failures):
        breaker.failed(1000.0, permanent)
        found.append(breaker.wait(1000.0))
    return found


def test_a_host_that_never_failed_is_tried_at_once() -> None:
    assert Breaker(lambda: 0.5).wait(0.0) == 0


def test_each_failure_doubles_the_wait_up_to_the_most() -> None:
    assert waits(Breaker(lambda: 0.5, STEADY), 6) == [60, 120, 240, 480, 600, 600]


def test_the_wait_is_over_when_its_time_has_passed() -> None:
    breaker = Breaker(lambda: 0.5, STEADY)
    breaker.failed(1000.0, False)
    assert [breaker.wait(now) for now in (1000.0, 1059.0, 1060.0, 2000.0)] == [60, 1, 0, 0]


def test_what_only_a_person_mends_waits_longest_from_the_first_time() -> None:
    assert waits(Breaker(lambda: 0.5, STEADY), 2, permanent=True) == [600, 600]


def test_a_success_forgets_all_failures() -> None:
    breaker = Breaker(lambda: 0.5, STEADY)
    waits(breaker, 5)
    breaker.succeeded()
    assert breaker.wait(1000.0) == 0
    assert waits(breaker, 1) == [60]


def test_jitter_spreads_hosts_that_fail_together_and_never_makes_them_later() -> None:
    spread = Backoff(first=100, factor=2, most=100, jitter=0.2)
    randoms = iter((0.0, 0.5, 1.0))
    assert [waits(Breaker(lambda: next(randoms), spread), 1)[0] for _ in range(3)] == [100, 90, 80]


def test_a_host_that_is_dead_for_years_overflows_nothing() -> None:
    assert waits(Breaker(lambda: 0.0, STEADY), 5000)[-1] == 600
