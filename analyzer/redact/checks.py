"""What a pattern cannot count: check digits, and how much a text looks drawn by lot."""

import re
from collections.abc import Callable, Mapping
from itertools import pairwise

RUN = re.compile("[A-Za-z0-9]+")
WORD = re.compile("[A-Z]?[a-z]{3,}")
KINDS = ("0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def luhn(text: str) -> bool:
    """Is the last digit the one that the others demand? (ISO/IEC 7812)"""
    digits = [int(c) for c in text if c.isdigit()]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return len(digits) >= 12 and (sum(digits[::-2]) + sum(doubled)) % 10 == 0


def iban(text: str) -> bool:
    """Do the two check digits fit? (ISO 13616)"""
    bare = "".join(text.split()).upper()
    if not bare.isascii() or not bare.isalnum() or len(bare) < 15:
        return False
    return int("".join(str(int(c, 36)) for c in bare[4:] + bare[:4])) % 97 == 1


def random(text: str) -> bool:
    """Small letters, capitals and digits in no order: of neighbours in a token, 62 % are of different kinds.

    Of names that people make, such as getUserById2FromDatabase, most letters stand in words; of a token's a fifth do.
    """
    if sum(map(len, WORD.findall(text))) > 0.5 * len(text):
        return False
    return _drawn(text, least=18, of_each=(2, 2, 2), mixed=0.33)


def strange(text: str) -> bool:
    """Letters and digits, or small letters and capitals, in no order; what a name has called secret needs no more."""
    if sum(map(len, WORD.findall(text))) > 0.6 * len(text):
        return False
    return _drawn(text, least=10, of_each=(2, 0, 0), mixed=0.2) or _drawn(text, least=10, of_each=(0, 3, 3), mixed=0.3)


def mixed(text: str) -> bool:
    """Both letters and digits, several of each."""
    return sum(c.isdigit() for c in text) >= 3 and sum(c.isalpha() for c in text) >= 3


def _drawn(text: str, least: int, of_each: tuple[int, int, int], mixed: float) -> bool:
    runs = RUN.findall(text)
    if sum(map(len, runs)) < least or max(map(len, runs)) < 8:
        return False
    if any(sum(c in kind for c in text) < some for kind, some in zip(KINDS, of_each, strict=True)):
        return False
    pairs = [(a, b) for run in runs for a, b in pairwise(run)]
    return sum(_kind(a) != _kind(b) for a, b in pairs) >= mixed * len(pairs)


def _kind(letter: str) -> int:
    return next(number for number, kind in enumerate(KINDS) if letter in kind)


CHECKS: Mapping[str, Callable[[str], bool]] = {
    "luhn": luhn,
    "iban": iban,
    "random": random,
    "strange": strange,
    "mixed": mixed,
}
