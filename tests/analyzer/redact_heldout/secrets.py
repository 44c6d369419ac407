"""Lines that hold secrets and private data, of well over 120 kinds; seeded, and made when they are asked for."""

from collections.abc import Callable, Iterator

from tests.analyzer.redact_heldout.configurations import CONFIGURATIONS
from tests.analyzer.redact_heldout.log_shapes import SHAPES
from tests.analyzer.redact_heldout.material import (
    ALNUM,
    B64,
    HEX,
    Case,
    Chance,
    card,
    filled,
    iban,
    mail,
    password,
    some,
)
from tests.analyzer.redact_heldout.vendor_keys import VENDOR_KEYS

PRIVATE: dict[str, tuple[Callable[[Chance], str], str]] = {
    "visa": (lambda chance: card(chance, "4", 16), "<I> payment: card § declined"),
    "visa, spaces": (lambda chance: card(chance, "4", 16, " "), '{"msg":"charge failed","pan":"§"}'),
    "mastercard, dashes": (lambda chance: card(chance, "53", 16, "-"), "<T> pos[<N>]: read § ok"),
    "amex": (lambda chance: card(chance, "37", 15), "cardNumber=§&cvv=***"),
    "discover": (lambda chance: card(chance, "6011", 16), "<I> refund to § queued"),
    "iban, german": (lambda chance: iban(chance, "DE", 22), "<I> sepa: debit from § rejected"),
    "iban, spaces": (lambda chance: iban(chance, "DE", 22, gap=" "), '{"iban":"§","amount":<N>}'),
    "iban, british": (lambda chance: iban(chance, "GB", 22, bank="NWBK"), "<I> payout § failed AC04"),
    "iban, dutch": (lambda chance: iban(chance, "NL", 18, bank="ABNA"), "mandate of § expired"),
    "mail, postfix": (mail, "<T> postfix/qmgr[<N>]: 4F2A: from=<§>, size=<N>, nrcpt=1 (queue active)"),
    "mail, login": (mail, "<I> WARN login failed for § from <A>"),
    "mail, json": (mail, '{"event":"signup","email":"§","plan":"free"}'),
    "mail, query": (lambda chance: mail(chance).replace("@", "%40"), "GET /unsubscribe?email=§ 200"),
}
PEMS = ("RSA ", "EC ", "DSA ", "OPENSSH ", "", "ENCRYPTED ")


def cases(chance: Chance, each: int) -> list[Case]:
    """So many of every kind."""
    made = [_single(kind, *table[kind], chance) for table in TABLES for kind in table for _ in range(each)]
    return made + [case for make in MULTI for _ in range(each) for case in make(chance)]


def kinds() -> int:
    return len({case.kind for case in cases(Chance(0), 1)})


def _single(kind: str, make: Callable[[Chance], str], text: str, chance: Chance) -> Case:
    secret = make(chance)
    return Case(kind, (filled(text, chance).replace("§", secret),), (secret,))


def _body(chance: Chance, lines: int) -> list[str]:
    return [some(chance, B64, 64) for _ in range(lines)] + [some(chance, B64, 30) + "=="]


def pem(chance: Chance) -> Iterator[Case]:
    """Private keys over several lines, as a program prints a file, bare, indented, and behind a log's prefix."""
    for what in PEMS:
        body = _body(chance, chance.randint(4, 20))
        begin, end = (f"-----{word} {what}PRIVATE KEY-----" for word in ("BEGIN", "END"))
        for shape, prefix in (("bare", ""), ("indented", "      "), ("prefixed", "<T> app[<N>]: ")):
            lines = [filled(prefix, chance) + line for line in (begin, *body, end)]
            yield Case(f"pem {what}{shape}", ("before", *lines, "after"), tuple(body))


def pem_in_one_line(chance: Chance) -> Iterator[Case]:
    body = _body(chance, 8)
    begin, end = (f"-----{word} PRIVATE KEY-----" for word in ("BEGIN", "END"))
    escaped = "\\n".join((begin, *body, end))
    yield Case("pem in json", (f'{{"type":"service_account","private_key":"{escaped}\\n"}}',), tuple(body))
    yield Case("pem in env", (f'TLS_KEY="{escaped}"',), tuple(body))


def pem_without_end(chance: Chance) -> Iterator[Case]:
    body = _body(chance, 10)[:-1]
    begin = "-----{} RSA PRIVATE KEY-----".format("BEGIN")
    yield Case("pem cut off", (begin, *body), tuple(body))


def pem_with_headers(chance: Chance) -> Iterator[Case]:
    body = _body(chance, 10)
    begin, end = (f"-----{word} RSA PRIVATE KEY-----" for word in ("BEGIN", "END"))
    head = ("Proc-Type: 4,ENCRYPTED", f"DEK-Info: AES-128-CBC,{some(chance, HEX, 32).upper()}", "")
    yield Case("pem with headers", (begin, *head, *body, end), tuple(body))


def pgp(chance: Chance) -> Iterator[Case]:
    body = _body(chance, 12)
    begin, end = (f"-----{word} PGP PRIVATE KEY BLOCK-----" for word in ("BEGIN", "END"))
    yield Case("pgp key", (begin, "Version: GnuPG v2", "", *body, f"={some(chance, B64, 4)}", end), tuple(body))


def openvpn(chance: Chance) -> Iterator[Case]:
    body = [some(chance, HEX, 32) for _ in range(16)]
    begin, end = (f"-----{word} OpenVPN Static key V1-----" for word in ("BEGIN", "END"))
    yield Case("openvpn static key", ("<tls-auth>", begin, *body, end, "</tls-auth>"), tuple(body))


def putty(chance: Chance) -> Iterator[Case]:
    body = _body(chance, 3)
    head = ("PuTTY-User-Key-File-3: ssh-ed25519", "Encryption: none", "Private-Lines: 4")
    yield Case("putty key", (*head, *body, f"Private-MAC: {some(chance, HEX, 64)}"), tuple(body))


def trace(chance: Chance) -> Iterator[Case]:
    """Secrets in the middle of stack traces."""
    own, token = password(chance), some(chance, ALNUM, 32)
    java = (
        "java.lang.IllegalStateException: cannot connect",
        "\tat com.example.Db.open(Db.java:41)",
        f"Caused by: java.sql.SQLException: Access denied (jdbc:mariadb://db/shop?user=app&password={own})",
        "\t... 12 more",
    )
    python = (
        "Traceback (most recent call last):",
        '  File "/srv/app/client.py", line 9, in call',
        f'    session.get(url, headers={{"X-Api-Key": "{token}"}})',
        "requests.exceptions.ConnectionError: refused",
    )
    yield Case("java trace", java, (own,))
    yield Case("python trace", python, (token,))


TABLES = (VENDOR_KEYS, SHAPES, CONFIGURATIONS, PRIVATE)
MULTI = (pem, pem_in_one_line, pem_without_end, pem_with_headers, pgp, openvpn, putty, trace)
