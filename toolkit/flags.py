"""Values on a command line that both programs take."""

import argparse


def address(text: str) -> tuple[str, int]:
    """host:port, :port or [address]:port; host "": all addresses."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r}: expected host:port, :port or [address]:port")
    return host.strip("[]"), int(port)
