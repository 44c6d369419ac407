"""Does a DNS server answer a question, and as it should?"""

import asyncio
import socket
from collections.abc import Sequence
from functools import lru_cache

import dns.entropy
import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from exporter.probes import dial
from exporter.probes.attempt import Attempt
from exporter.probes.modules import DnsModule, Module, RecordRules
from exporter.probes.names import Ip, sockaddr
from exporter.probes.outcome import Failure
from exporter.probes.streams import Stream
from exporter.probes.target import Target, split_port

PORT, TLS_PORT = 53, 853


async def probe(target: Target, module: Module, attempt: Attempt) -> None:
    """Ask host[:port] the module's question; Failure when the answer is none or breaks a rule."""
    wanted = module.dns
    for section in ("answer", "authority", "additional"):
        attempt.sheet.put(f"probe_dns_{section}_rrs", 0)
    attempt.sheet.put("probe_dns_query_succeeded", 0)
    try:
        answer = await _asked(target, wanted, attempt)
    finally:
        spent = attempt.spent("resolve", "connect", "tls", "request")
        spent["connect"] += spent.pop("tls")
        attempt.sheet.phases("probe_dns_duration_seconds", spent)
    measure(answer, wanted, attempt)
    judge(answer, wanted)


async def _asked(target: Target, wanted: DnsModule, attempt: Attempt) -> dns.message.Message:
    host, port = split_port(target.text, TLS_PORT if wanted.over_tls else PORT)
    ip = await dial.find(host, target, wanted.ip, attempt)
    question, wire = query(wanted)
    attempt.say(f"Asking {ip} port {port} over {wanted.transport}: {wanted.query_name} {wanted.query_type}")
    ask = _over_tcp if wanted.transport == "tcp" else _over_udp
    number = dns.entropy.random_16().to_bytes(2, "big")
    answer = await ask(number + wire[2:], host, ip, port, wanted, attempt)
    if answer[:2] != number:
        raise Failure("protocol", "the answer is to another question")
    return parse(wire[:2] + answer[2:], question)


# Made once a module; the number of a question is put in for each probe.
@lru_cache(maxsize=1000)
def query(wanted: DnsModule) -> tuple[dns.message.QueryMessage, bytes]:
    """The module's question, and as it goes over the wire."""
    flags = dns.flags.RD if wanted.recursion_desired else 0
    name, rdtype, rdclass = wanted.query_name, wanted.query_type, wanted.query_class
    question = dns.message.make_query(name, rdtype, rdclass, flags=flags, use_edns=False)
    return question, question.to_wire()


def parse(wire: bytes, question: dns.message.Message) -> dns.message.Message:
    """The answer to a question, one record an entry; Failure protocol when it is none."""
    try:
        answer = dns.message.from_wire(wire, one_rr_per_rrset=True, ignore_trailing=True)
    except (dns.exception.DNSException, ValueError) as e:
        raise Failure("protocol", f"the answer is no DNS message: {type(e).__name__}") from e
    if not question.is_response(answer):
        raise Failure("protocol", "the answer is to another question")
    return answer


async def _over_tcp(wire: bytes, host: str, ip: Ip, port: int, wanted: DnsModule, attempt: Attempt) -> bytes:
    sock = await dial.connect(ip, port, wanted.ip.source, attempt)
    tls = wanted.tls if wanted.over_tls else None
    stream = await dial.attach(sock, Stream, tls, wanted.tls.server_name or host, attempt)
    try:
        with attempt.phase("request"):
            stream.send(len(wire).to_bytes(2, "big") + wire)
            return await stream.exactly(int.from_bytes(await stream.exactly(2), "big"))
    finally:
        stream.close()


async def _over_udp(wire: bytes, host: str, ip: Ip, port: int, wanted: DnsModule, attempt: Attempt) -> bytes:
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET6 if ip.version == 6 else socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        try:
            with attempt.phase("connect"):
                if wanted.ip.source:
                    sock.bind((wanted.ip.source, 0))
                # Connected: only datagrams from there come in, and a refusal is heard of.
                sock.connect(sockaddr(ip, port))
            with attempt.phase("request"):
                await loop.sock_sendall(sock, wire)
                return await _same_id(sock, wire, loop)
        except OSError as e:
            raise dial.unreached(e, f"asking {ip} port {port}") from e


async def _same_id(sock: socket.socket, wire: bytes, loop: asyncio.AbstractEventLoop) -> bytes:
    """The first datagram that carries the question's number: another one may be late, or forged."""
    while True:
        data = await loop.sock_recv(sock, 65535)
        if data[:2] == wire[:2]:
            return data


def measure(answer: dns.message.Message, wanted: DnsModule, attempt: Attempt) -> None:
    """Put counts and the zone's serial on the sheet."""
    rcode = dns.rcode.to_text(answer.rcode())
    attempt.say(f"Answer: {rcode}, {len(answer.answer)}/{len(answer.authority)}/{len(answer.additional)} records")
    for section in ("answer", "authority", "additional"):
        attempt.sheet.put(f"probe_dns_{section}_rrs", len(getattr(answer, section)))
    attempt.sheet.put("probe_dns_query_succeeded", 1)
    if wanted.query_type == "SOA":
        found = [record[0].serial for record in answer.answer if record.rdtype == dns.rdatatype.SOA]
        attempt.sheet.put("probe_dns_serial", found[-1] if found else 0)


def judge(answer: dns.message.Message, wanted: DnsModule) -> None:
    """Failure rcode or answer when the module's rules do not hold."""
    rcode = dns.rcode.to_text(answer.rcode())
    if rcode not in wanted.valid_rcodes:
        raise Failure("rcode", f"the response code is {rcode}, valid: {', '.join(sorted(wanted.valid_rcodes))}")
    for section in ("answer", "authority", "additional"):
        rules = getattr(wanted, section)
        if rules != RecordRules():
            validate(section, texts(getattr(answer, section)), rules)


def texts(records: Sequence[dns.rrset.RRset]) -> list[bytes]:
    """Records as blackbox_exporter's expressions see them: name, TTL, class and type with tabs between."""
    found = []
    for record in records:
        rdclass = dns.rdataclass.to_text(record.rdclass)
        rdtype = dns.rdatatype.to_text(record.rdtype)
        data = record[0].to_text() if len(record) else ""
        found.append(f"{record.name}\t{record.ttl}\t{rdclass}\t{rdtype}\t{data}".encode())
    return found


def validate(section: str, records: list[bytes], rules: RecordRules) -> None:
    """Failure answer for the first rule that does not hold."""
    for pattern in rules.if_matches:
        if any(pattern.matches(record) for record in records):
            raise Failure("answer", f"a record of the {section} section matches {pattern.text}")
    for pattern in rules.if_not_matches:
        if not records or not all(pattern.matches(record) for record in records):
            raise Failure("answer", f"not every record of the {section} section matches {pattern.text}")
    # The opposite of what its name says, and so in every version of blackbox_exporter: files rely on it.
    if not all(pattern.matches(record) for pattern in rules.if_all_match for record in records):
        raise Failure("answer", f"not all records of the {section} section match fail_if_all_match_regexp")
    if rules.if_none_matches and not any(p.matches(record) for p in rules.if_none_matches for record in records):
        raise Failure("answer", f"no record of the {section} section matches fail_if_none_matches_regexp")
