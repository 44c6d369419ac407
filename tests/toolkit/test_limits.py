"""Who is asking, and may that one ask again yet?"""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.limits import Limit, client_address, subscriber

PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


def test_a_burst_is_let_in_and_then_one_per_interval() -> None:
    limit = Limit(rate=0.5, burst=3, keys=10)
    assert [limit.allow("a", 100.0) for _ in range(4)] == [0.0, 0.0, 0.0, 2.0]
    assert limit.allow("a", 101.5) == 0.5
    assert [limit.allow("a", 102.0), limit.allow("a", 102.0)] == [0.0, 2.0]


def test_being_refused_costs_nothing() -> None:
    limit = Limit(rate=1, burst=1, keys=10)
    limit.allow("a", 0.0)
    assert [limit.allow("a", 0.5) for _ in range(100)] == [0.5] * 100
    assert limit.allow("a", 1.0) == 0.0


def test_asking_how_long_to_wait_spends_nothing() -> None:
    limit = Limit(rate=1, burst=1, keys=10)
    assert [limit.wait("a", 0.0), limit.wait("a", 0.0), limit.allow("a", 0.0), limit.wait("a", 0.25)] == [0, 0, 0, 0.75]


def test_one_key_does_not_use_up_anothers_tokens() -> None:
    limit = Limit(rate=1, burst=1, keys=10)
    assert [limit.allow("a", 0.0), limit.allow("a", 0.0), limit.allow("b", 0.0)] == [0.0, 1.0, 0.0]


def test_many_addresses_do_not_grow_the_memory() -> None:
    limit = Limit(rate=1, burst=1, keys=100)
    for i in range(10_000):
        limit.allow(f"address {i}", 0.0)
    assert len(limit) == 100
    assert limit.allow("address 9999", 0.0) == 1.0


def test_idle_keys_are_forgotten() -> None:
    limit = Limit(rate=1, burst=5, keys=100)
    for i in range(100):
        limit.allow(f"address {i}", 0.0)
    for i in range(100):
        limit.allow("other", 100.0 + i)
    assert len(limit) <= 1


def test_a_key_in_use_outlives_newer_ones() -> None:
    limit = Limit(rate=0.001, burst=1, keys=3)
    for i in range(20):
        limit.allow("attacker", float(i))
        limit.allow(f"passer-by {i}", float(i))
    assert limit.allow("attacker", 20.0) == 980.0


@pytest.mark.parametrize(("rate", "burst", "keys"), [(0, 1, 1), (1, 0.5, 1), (1, 1, 0)])
def test_a_limit_that_lets_nothing_in_is_refused(rate: float, burst: float, keys: int) -> None:
    with pytest.raises(ValueError, match="a limit needs"):
        Limit(rate, burst, keys)


@given(st.floats(0.01, 1000), st.integers(1, 50), st.floats(0, 1e9))
def test_who_waits_as_told_is_let_in(rate: float, burst: int, now: float) -> None:
    limit = Limit(rate, burst, 10)
    for _ in range(burst):
        limit.allow("a", now)
    wait = limit.allow("a", now)
    assert wait > 0
    assert limit.allow("a", now + wait + 1e-6) == 0.0


@given(st.integers(1, 20), st.lists(st.floats(0, 100), max_size=300))
def test_never_more_than_burst_and_rate_allow(burst: int, instants: list[float]) -> None:
    limit = Limit(rate=2, burst=burst, keys=1)
    let_in = sum(limit.allow("a", now) == 0.0 for now in sorted(instants))
    assert let_in <= burst + 2 * 100


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.1", None, "192.0.2.1"),
        ("192.0.2.1", "198.51.100.7", "192.0.2.1"),
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "203.0.113.9, 198.51.100.7, 10.2.3.4", "198.51.100.7"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "198.51.100.7, unknown, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", ",,,", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.7:4711", "198.51.100.7"),
        ("10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"),
        ("10.0.0.1", "2001:DB8:0::1", "2001:db8::1"),
        ("10.0.0.1", "fe80::1%eth0\r\nX: y", "fe80::1"),
        ("10.0.0.1", "::ffff:198.51.100.7", "198.51.100.7"),
        ("::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("::ffff:192.0.2.1", None, "192.0.2.1"),
        ("fd00::1", "198.51.100.7", "198.51.100.7"),
        ("fe80::1%2", None, "fe80::1"),
        ("", "198.51.100.7", "unix"),
        ("@abstract", "198.51.100.7", "@abstract"),
    ],
)
def test_the_client_is_the_rightmost_address_that_no_trusted_proxy_has(
    peer: str, forwarded: str | None, client: str
) -> None:
    assert client_address(peer, forwarded, PROXIES) == client


@given(st.text(max_size=80))
def test_whatever_an_untrusted_peer_claims_it_stays_itself(forwarded: str) -> None:
    assert client_address("192.0.2.1", forwarded, PROXIES) == "192.0.2.1"


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("unix", "unix"),
    ],
)
def test_an_ipv6_address_is_limited_by_its_64(address: str, key: str) -> None:
    assert subscriber(address) == key
