"""Numbers that prove themselves: cards and bank accounts carry check digits."""

from collections.abc import Callable, Mapping


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


CHECKS: Mapping[str, Callable[[str], bool]] = {"luhn": luhn, "iban": iban}
