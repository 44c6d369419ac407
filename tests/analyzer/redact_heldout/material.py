"""Makes up random values of given shapes, and the lines around them: nothing here was ever anybody's secret."""

import base64
import random
import string
from collections.abc import Callable
from dataclasses import dataclass

Chance = random.Random
Make = Callable[[Chance], str]

DIGITS, UPPER, LOWER = string.digits, string.ascii_uppercase, string.ascii_lowercase
ALNUM = string.ascii_letters + DIGITS
HEX = "0123456789abcdef"
B64 = ALNUM + "+/"
URL64 = ALNUM + "-_"
BASE32 = UPPER + "234567"
WORDS = ("Winter", "Sommer", "dragon", "Falcon", "kitchen", "Matrix", "purple", "Berlin", "monkey", "Orchid", "garage")
USERS = ("alice", "bob", "deploy", "backup", "svc_app", "reporting", "jenkins", "root")
HOSTS = ("web01", "db-2", "ci-runner-7", "nas", "mail", "edge3")


@dataclass(frozen=True, slots=True)
class Case:
    """Lines of a log, and what of them must not be left."""

    kind: str
    lines: tuple[str, ...]
    secrets: tuple[str, ...]


def some(chance: Chance, alphabet: str, length: int) -> str:
    return "".join(chance.choices(alphabet, k=length))


def of(alphabet: str, length: int, prefix: str = "", suffix: str = "") -> Make:
    return lambda chance: prefix + some(chance, alphabet, length) + suffix


def parts(*makes: Make | str) -> Make:
    return lambda chance: "".join(make if isinstance(make, str) else make(chance) for make in makes)


def uuid(chance: Chance) -> str:
    return "-".join(some(chance, HEX, length) for length in (8, 4, 4, 4, 12))


def b64(size: int, prefix: str = "") -> Make:
    """Padded base64 of so many bytes."""
    return lambda chance: prefix + base64.b64encode(chance.randbytes(size)).decode()


def b64url(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def password(chance: Chance) -> str:
    """As people choose them; without characters that mean something in URLs, shells or quotes."""
    word = chance.choice(WORDS) + some(chance, DIGITS, chance.randint(2, 4)) + chance.choice("!_-+*.~^")
    return word + some(chance, ALNUM, chance.randint(0, 3)) if chance.random() < 0.5 else generated(chance)


def generated(chance: Chance) -> str:
    """As a password manager chooses them, letters and digits."""
    body = some(chance, ALNUM, chance.randint(9, 20))
    return some(chance, UPPER, 1) + body + some(chance, DIGITS, 2)


def strong(chance: Chance) -> str:
    """With all the characters that fit between double quotes."""
    body = chance.choices(ALNUM + "!#$%&()*+,-./:;<=>?@[]^_{|}~", k=chance.randint(10, 20))
    return some(chance, UPPER, 1) + "".join(body) + some(chance, DIGITS, 1)


def phrase(chance: Chance) -> str:
    return " ".join(chance.sample(WORDS, 4)).lower()


def jwt(chance: Chance) -> str:
    head = b64url('{"alg":"HS256","typ":"JWT"}')
    body = b64url(f'{{"sub":"{some(chance, DIGITS, 9)}","iat":17{some(chance, DIGITS, 8)}}}')
    return f"{head}.{body}.{some(chance, URL64, 43)}"


def basic(chance: Chance) -> str:
    return base64.b64encode(f"{chance.choice(USERS)}:{password(chance)}".encode()).decode()


def card(chance: Chance, prefix: str, length: int, gap: str = "") -> str:
    """A number whose check digit is right, in groups of four."""
    body = prefix + some(chance, DIGITS, length - len(prefix) - 1)
    total = sum(int(d) if n % 2 else sum(divmod(2 * int(d), 10)) for n, d in enumerate(reversed(body)))
    whole = body + str(-total % 10)
    return gap.join(whole[at : at + 4] for at in range(0, length, 4))


def iban(chance: Chance, country: str, length: int, bank: str = "", gap: str = "") -> str:
    body = bank + some(chance, DIGITS, length - 4 - len(bank))
    number = "".join(str(int(letter, 36)) for letter in body + country + "00")
    whole = f"{country}{98 - int(number) % 97:02}{body}"
    return gap.join(whole[at : at + 4] for at in range(0, len(whole), 4))


def mail(chance: Chance) -> str:
    name = f"{some(chance, LOWER, 1)}.{some(chance, LOWER, 7)}{some(chance, DIGITS, 2)}"
    return f"{name}@{some(chance, LOWER, 6)}.{chance.choice(['com', 'de', 'co.uk', 'org', 'io'])}"


def address(chance: Chance) -> str:
    return ".".join(str(chance.randrange(1, 255)) for _ in range(4))


def clock(chance: Chance) -> str:
    return f"{chance.randrange(24):02}:{chance.randrange(60):02}:{chance.randrange(60):02}"


FILL: dict[str, Make] = {
    "<T>": lambda chance: f"Nov {chance.randrange(1, 31):2} {clock(chance)} {chance.choice(HOSTS)}",
    "<I>": lambda chance: f"2026-11-{chance.randrange(1, 31):02}T{clock(chance)}.{chance.randrange(1000):03}Z",
    "<D>": lambda chance: f"2026-11-{chance.randrange(1, 31):02} {clock(chance)},{chance.randrange(1000):03}",
    "<A>": address,
    "<N>": lambda chance: str(chance.randrange(100, 65000)),
    "<U>": lambda chance: chance.choice(USERS),
    "<X>": of(HEX, 16),
}
"""What stands in a line beside its secret: times, addresses, numbers, users, hexadecimal ids."""


def filled(text: str, chance: Chance) -> str:
    for mark, make in FILL.items():
        while mark in text:
            text = text.replace(mark, make(chance), 1)
    return text
