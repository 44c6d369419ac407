"""Can a TCP connection be opened, and does the dialogue on it go as expected?"""

from exporter.probes import dial
from exporter.probes.attempt import Attempt
from exporter.probes.modules import Exchange, Module, TcpModule
from exporter.probes.outcome import Failure
from exporter.probes.patterns import Match
from exporter.probes.shown import shown_line
from exporter.probes.streams import Stream
from exporter.probes.target import Target, split_port

LONGEST_LABEL = 1000  # characters of what a target said that become a label's value


async def probe(target: Target, module: Module, attempt: Attempt) -> None:
    """Connect to host:port, with TLS if wanted, and hold the dialogue of query_response; Failure otherwise."""
    wanted = module.tcp
    attempt.sheet.put("probe_failed_due_to_regex", 0)
    attempt.sheet.put("probe_failed_due_to_bytes", 0)
    host, port = split_port(target.text)
    ip = await dial.find(host, target, wanted.ip, attempt)
    sock = await dial.connect(ip, port, wanted.ip.source, attempt)
    name = wanted.tls.server_name or host
    stream = await dial.attach(sock, Stream, wanted.tls if wanted.use_tls else None, name, attempt)
    try:
        await converse(stream, wanted, name, attempt)
    finally:
        stream.close()


async def converse(stream: Stream, wanted: TcpModule, name: str, attempt: Attempt) -> None:
    """All entries of query_response in order; the first that fails is a Failure."""
    for entry in wanted.query_response:
        match = await _expected(stream, entry, attempt) if entry.expect else None
        if entry.expect_bytes:
            await _same_bytes(stream, entry.expect_bytes, attempt)
        if entry.send:
            _send(stream, entry, match, attempt)
        if entry.starttls:
            await stream.start_tls(wanted.tls, name, attempt)


async def _expected(stream: Stream, entry: Exchange, attempt: Attempt) -> Match:
    """Read lines until one matches."""
    assert entry.expect
    while (line := await stream.line()) is not None:
        attempt.say(f"Read line: {shown_line(line)}")
        match = entry.expect.search(line)
        if match:
            attempt.say(f"Matched: {entry.expect.text}")
            _label(entry, match, attempt)
            return match
    attempt.sheet.put("probe_failed_due_to_regex", 1)
    raise Failure("expect", f"the target ended without a line that matches {entry.expect.text}")


def _label(entry: Exchange, match: Match, attempt: Attempt) -> None:
    if entry.labels:
        filled = ((name, match.expand(value.encode()).decode(errors="replace")) for name, value in entry.labels)
        labels = tuple((name, value[:LONGEST_LABEL]) for name, value in filled)
        attempt.sheet.put("probe_expect_info", 1, labels)


async def _same_bytes(stream: Stream, wanted: bytes, attempt: Attempt) -> None:
    got = await stream.exactly(len(wanted))
    attempt.say(f"Read {len(got)} bytes: {shown_line(got)}")
    if got != wanted:
        attempt.sheet.put("probe_failed_due_to_bytes", 1)
        raise Failure("expect", f"the target sent other bytes than {shown_line(wanted)}")


def _send(stream: Stream, entry: Exchange, match: Match | None, attempt: Attempt) -> None:
    line = match.expand(entry.send) if match else entry.send
    attempt.say(f"Sending line: {shown_line(line)}")
    stream.send(line + b"\n")
