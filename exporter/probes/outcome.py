"""What a probe found: success or one of a closed list of reasons, its readings, and its steps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from toolkit.families import Family

REASONS: dict[str, str] = {
    "dns_nxdomain": "the target's name does not exist, or has no address of the wanted kind",
    "dns_timeout": "looking up the target's name took all the time there was",
    "dns_failed": "looking up the target's name failed in another way",
    "connect_refused": "nothing listens there",
    "connect_timeout": "the connection was not made in time",
    "connect_unreachable": "no route, or a router says unreachable",
    "connect_failed": "the connection could not be made, for another reason",
    "tls_expired": "a certificate of the chain is past its date",
    "tls_not_yet_valid": "a certificate of the chain is not valid yet",
    "tls_untrusted": "the chain does not end in a trusted authority, or is self-signed",
    "tls_name": "the certificate is for another name",
    "tls_handshake": "the handshake failed for another reason",
    "tls_timeout": "the handshake was not finished in time",
    "ssl": "TLS where fail_if_ssl forbids it, or none where fail_if_not_ssl demands it",
    "status": "the HTTP status is none of the valid ones",
    "version": "the HTTP version is none of the valid ones",
    "header": "a header rule failed",
    "body": "a body rule failed, or the body is not compressed as demanded",
    "redirects": "more than ten redirects, or one that leads nowhere",
    "size": "the body or a header is longer than allowed",
    "protocol": "what came is not the expected protocol",
    "closed": "the target closed the connection before the answer was whole",
    "expect": "what the target sent never matched, or differed from expect_bytes",
    "rcode": "the DNS response code is none of the valid ones",
    "answer": "a rule on the answer, authority or additional records failed",
    "loss": "more packets were lost than max_loss_ratio allows",
    "timeout": "no whole answer in time",
    "permission": "this process may not open the needed socket",
    "target": "the target cannot be read, e.g. a port is missing",
    "refused_target": "the target, a redirect or an address is not admitted by the configuration",
    "module": "the module cannot be carried out, e.g. one of its files is missing",
}
"""Every `reason` there can be; the list is closed, dashboards may name all of it."""

FINAL = frozenset({"target", "refused_target", "module", "permission"})
"""Reasons that a second attempt would only repeat."""


Told = str | Callable[[], str]
LONGEST_STEP = 4000  # characters


class Failure(Exception):
    """The probe found what it was to find out, and it is bad: a reason of REASONS and a sentence for a person."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text
        # A new reason has to be written down first.
        assert reason in REASONS, reason


@dataclass(frozen=True, slots=True)
class Step:
    """What happened, and how many seconds after the probe began; told in words only when somebody reads it."""

    at: float
    told: Told

    @property
    def text(self) -> str:
        return (self.told if isinstance(self.told, str) else self.told())[:LONGEST_STEP]


@dataclass(frozen=True, slots=True)
class Outcome:
    """All of one probe, its attempts included; `reason` is None exactly on success."""

    target: str
    module: str
    began: float
    """Unix time."""
    duration: float
    reason: str | None
    attempts: int
    families: Sequence[Family]
    steps: Sequence[Step]

    @property
    def success(self) -> bool:
        return self.reason is None
