"""What certificate does a TLS server show, and is it good?"""

from exporter.probes import dial
from exporter.probes.attempt import Attempt
from exporter.probes.modules import Module
from exporter.probes.streams import Stream
from exporter.probes.target import Target, split_port

PORT = 443
PHASES = ("resolve", "connect", "tls")


async def probe(target: Target, module: Module, attempt: Attempt) -> None:
    """Connect to host[:port] and shake hands; Failure otherwise."""
    wanted = module.tls
    host, port = split_port(target.text, PORT)
    try:
        ip = await dial.find(host, target, wanted.ip, attempt)
        sock = await dial.connect(ip, port, wanted.ip.source, attempt)
        stream = await dial.attach(sock, Stream, wanted.tls, wanted.tls.server_name or host, attempt)
        stream.close()
    finally:
        attempt.sheet.phases("probe_tls_duration_seconds", attempt.spent(*PHASES))
