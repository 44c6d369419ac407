"""Basic authentication: who is let in, and what it costs."""

import asyncio
import base64
import threading
from collections import Counter
from collections.abc import Callable, Iterator

import bcrypt
import pytest

from toolkit.gate import NOBODY, Gate, Verdict, nobody

ALICE = bcrypt.hashpw("pässwörd ☂".encode(), bcrypt.gensalt(4)).decode()
BOB = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()
USERS = {"alice": ALICE, "bob": BOB}


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class Counted:
    """bcrypt, counting; `gate` holds every check until it is set."""

    def __init__(self) -> None:
        self.hashes: list[bytes] = []
        self.passwords: list[bytes] = []
        self.threads: set[int] = set()
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, password: bytes, hashed: bytes) -> bool:
        self.gate.wait(10)
        self.hashes.append(hashed)
        self.passwords.append(password)
        self.threads.add(threading.get_ident())
        return bcrypt.checkpw(password, hashed)


Opened = Callable[..., Gate]


@pytest.fixture
def opened() -> Iterator[Opened]:
    gates: list[Gate] = []

    def make(check: Counted, users: dict[str, str] = USERS, **limits: int) -> Gate:
        gates.append(Gate(lambda: users, b"k" * 32, check, **limits))
        return gates[-1]

    yield make
    for gate in gates:
        gate.close()


async def test_the_right_password_is_let_in_and_others_are_not(opened: Opened) -> None:
    gate = opened(Counted())
    assert await gate.admit(basic("bob", "secret"))
    assert not await gate.admit(basic("bob", "Secret"))
    assert not await gate.admit(basic("bob", ""))
    assert not await gate.admit(basic("alice", "secret"))
    assert not await gate.admit(basic("carol", "secret"))


async def test_a_password_may_hold_any_character(opened: Opened) -> None:
    gate = opened(Counted())
    assert await gate.admit(basic("alice", "pässwörd ☂"))
    assert not await gate.admit(basic("alice", "password"))


async def test_a_long_password_is_cut_where_bcrypt_stops_reading(opened: Opened) -> None:
    gate = opened(Counted(), {"carol": bcrypt.hashpw(b"x" * 72, bcrypt.gensalt(4)).decode()})
    assert await gate.admit(basic("carol", "x" * 200))


@pytest.mark.parametrize("prefix", ["$2a$", "$2b$", "$2y$"])
async def test_hashes_of_every_tool_are_understood(opened: Opened, prefix: str) -> None:
    assert await opened(Counted(), {"bob": prefix + BOB[4:]}).admit(basic("bob", "secret"))


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Basic",
        "Basic ",
        "Basic !!!!",
        "Basic Ym9i",
        "Basic Ym9iOnNlY3JldA",
        "Bearer Ym9iOnNlY3JldA==",
        "Ym9iOnNlY3JldA==",
        "Basic Ym9iOnNlY3JldA== x",
        "Basic ☂",
        "Basic \udcff",
        "Basic " + base64.b64encode(b"\xff\xfe:secret").decode(),
        "Basic " + "A" * 100_000,
    ],
)
async def test_a_malformed_header_lets_nobody_in(opened: Opened, header: str | None) -> None:
    assert not await opened(Counted()).admit(header)


async def test_the_schemes_name_may_be_written_in_any_case(opened: Opened) -> None:
    assert await opened(Counted()).admit("basic  Ym9iOnNlY3JldA==")


async def test_without_users_everybody_is_let_in_unchecked(opened: Opened) -> None:
    check = Counted()
    assert await opened(check, {}).admit(None)
    assert check.hashes == []


async def test_a_password_is_hashed_once_whether_right_or_wrong(opened: Opened) -> None:
    check = Counted()
    gate = opened(check)
    for password in ("secret", "wrong") * 5:
        assert bool(await gate.admit(basic("bob", password))) is (password == "secret")
    assert len(check.hashes) == 2


async def test_an_unknown_user_costs_a_hash_as_dear_as_the_dearest(opened: Opened) -> None:
    check = Counted()
    users = {"bob": BOB, "carol": bcrypt.hashpw(b"x", bcrypt.gensalt(5)).decode()}
    assert not await opened(check, users).admit(basic("mallory", "x"))
    assert check.hashes == [f"$2b$05${NOBODY}".encode()]
    assert len(nobody(users)) == len(BOB)


async def test_hashing_happens_off_the_event_loop_and_one_at_a_time(opened: Opened) -> None:
    check = Counted()
    gate = opened(check)
    await asyncio.gather(*(gate.admit(basic("bob", f"{i}")) for i in range(10)))
    assert len(check.threads) == 1
    assert threading.get_ident() not in check.threads


async def test_of_a_flood_of_wrong_passwords_only_the_waiting_ones_are_hashed(opened: Opened) -> None:
    check = Counted()
    gate = opened(check, waiting=3)
    await gate.admit(basic("bob", "secret"))
    check.gate.clear()
    flood = [asyncio.create_task(gate.admit(basic("bob", f"{i}"))) for i in range(100)]
    # Known credentials pass while the flood waits, and the loop is free.
    assert await gate.admit(basic("bob", "secret"))
    check.gate.set()
    assert Counter(await asyncio.gather(*flood)) == {Verdict.REFUSED: 3, Verdict.BUSY: 97}
    assert len(check.hashes) == 1 + 3
    # Busy is no verdict: the same credentials are checked when there is time.
    assert await gate.admit(basic("bob", "99")) is Verdict.REFUSED


async def test_the_same_credentials_at_the_same_time_are_hashed_once(opened: Opened) -> None:
    check = Counted()
    gate = opened(check, waiting=1)
    assert all(await asyncio.gather(*(gate.admit(basic("bob", "secret")) for _ in range(50))))
    assert len(check.hashes) == 1


async def test_a_client_that_hangs_up_does_not_take_the_verdict_from_others(opened: Opened) -> None:
    check = Counted()
    check.gate.clear()
    gate = opened(check)
    gone, stays = (asyncio.create_task(gate.admit(basic("bob", "secret"))) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    check.gate.set()
    assert await stays


async def test_a_check_that_breaks_is_no_verdict_and_is_made_again(opened: Opened) -> None:
    check = Counted()
    gate = opened(check, {"bob": "$2b$04$broken"})
    for _ in range(2):
        with pytest.raises(ValueError, match="Invalid salt"):
            await gate.admit(basic("bob", "secret"))
    assert len(check.hashes) == 2


async def test_wrong_passwords_do_not_push_right_ones_out_of_memory(opened: Opened) -> None:
    check = Counted()
    gate = opened(check, remembered=2)
    await gate.admit(basic("bob", "secret"))
    for i in range(10):
        await gate.admit(basic("bob", f"{i}"))
    assert await gate.admit(basic("bob", "secret"))
    assert len(check.hashes) == 11
    assert not await gate.admit(basic("bob", "0"))
    assert len(check.hashes) == 12


async def test_a_changed_password_ends_the_old_one_at_once(opened: Opened) -> None:
    users = {"bob": BOB}
    gate = opened(Counted(), users)
    assert await gate.admit(basic("bob", "secret"))
    users["bob"] = bcrypt.hashpw(b"new", bcrypt.gensalt(4)).decode()
    assert not await gate.admit(basic("bob", "secret"))
    assert await gate.admit(basic("bob", "new"))


async def test_a_removed_user_is_out_at_once(opened: Opened) -> None:
    users = dict(USERS)
    gate = opened(Counted(), users)
    assert await gate.admit(basic("bob", "secret"))
    del users["bob"]
    assert not await gate.admit(basic("bob", "secret"))
