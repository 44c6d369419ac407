"""Does a host answer echo requests (ping), how fast, and how many of them?"""

import asyncio

from exporter.probes import dial
from exporter.probes.attempt import Attempt
from exporter.probes.echoes import Line, Reply, Waiting
from exporter.probes.modules import IcmpModule, Module
from exporter.probes.names import Ip
from exporter.probes.outcome import Failure
from exporter.probes.target import Target

MARGIN = 0.01  # seconds kept at the end of the budget, so that what came until then counts


async def probe(target: Target, module: Module, attempt: Attempt) -> None:
    """Send the module's packets; Failure timeout when none comes back, loss when too few do."""
    wanted = module.icmp
    sent: list[Waiting] = []
    try:
        ip = await dial.find(target.text.strip("[]"), target, wanted.ip, attempt)
        with attempt.phase("setup"):
            line = attempt.means.echoes.line(ip.version, wanted.dont_fragment)
        attempt.say(f"Echo requests over a {'raw' if line.raw else 'datagram'} socket")
        attempt.stage = "rtt"
        await _send_all(line, ip, wanted, sent, attempt)
        await _wait(sent, attempt)
    finally:
        measure(sent, attempt)
        for waiting in sent:
            waiting.reply.cancel()
    judge(sent, wanted)


async def _send_all(line: Line, ip: Ip, wanted: IcmpModule, sent: list[Waiting], attempt: Attempt) -> None:
    """One packet after the other, closer together where the budget is too short for the module's interval."""
    interval = min(wanted.interval, max(attempt.left, 0) / (2 * wanted.packets))
    for number in range(wanted.packets):
        if number:
            await asyncio.sleep(interval)
        try:
            sent.append(line.send(ip, wanted.payload_size, wanted.ttl, wanted.ip.source))
        except OSError as e:
            raise dial.unreached(e, f"sending to {ip}") from e
        attempt.say(f"Sent echo request {number + 1} of {wanted.packets}")


async def _wait(sent: list[Waiting], attempt: Attempt) -> None:
    await asyncio.wait([waiting.reply for waiting in sent], timeout=max(attempt.left - MARGIN, 0))


def replies(sent: list[Waiting]) -> list[Reply]:
    return [waiting.reply.result() for waiting in sent if waiting.reply.done() and not waiting.reply.cancelled()]


def measure(sent: list[Waiting], attempt: Attempt) -> None:
    """Put round trips, hop limit and loss on the sheet."""
    sheet = attempt.sheet
    got = replies(sent)
    times = [reply.seconds for reply in got]
    mean = sum(times) / len(times) if times else 0.0
    sheet.phases("probe_icmp_duration_seconds", {**attempt.spent("resolve", "setup"), "rtt": mean})
    sheet.put("probe_icmp_packets_sent", len(sent))
    sheet.put("probe_icmp_packets_received", len(got))
    if sent:
        sheet.put("probe_icmp_packet_loss_ratio", 1 - len(got) / len(sent))
    if not got:
        return
    attempt.say(f"{len(got)} of {len(sent)} replies, mean {mean * 1000:.3f} ms")
    sheet.put("probe_icmp_rtt_min_seconds", min(times))
    sheet.put("probe_icmp_rtt_mean_seconds", mean)
    sheet.put("probe_icmp_rtt_max_seconds", max(times))
    if got[-1].hop_limit is not None:
        sheet.put("probe_icmp_reply_hop_limit", got[-1].hop_limit)


def judge(sent: list[Waiting], wanted: IcmpModule) -> None:
    """Failure when nothing came back but, at most, a router's error, or less than max_loss_ratio asks for."""
    got = len(replies(sent))
    if not got:
        told = [waiting.trouble for waiting in sent if waiting.trouble]
        raise told[0] if told else Failure("timeout", f"no reply to {len(sent)} echo requests")
    lost = 1 - got / len(sent)
    if wanted.max_loss_ratio is not None and lost > wanted.max_loss_ratio:
        raise Failure("loss", f"{lost:.0%} lost, more than {wanted.max_loss_ratio:.0%}")
