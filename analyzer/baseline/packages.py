"""Which packages are installed, in which versions."""

from analyzer.baseline import read
from analyzer.fetch.way import Way

STATUS = "/var/lib/dpkg/status"
LIMIT = 64 << 20
SECONDS = 60.0
RPM = ("rpm", "-qa", "--qf", "%{NAME}:%{ARCH}\\t%{VERSION}-%{RELEASE}\\n")


async def collect(way: Way, key: bytes) -> list[str]:
    """From dpkg's own file, or else from rpm."""
    if await way.match(STATUS):
        return parse(await read.text(way, STATUS, LIMIT))
    return parse_rpm(await read.printed(way, RPM, LIMIT, SECONDS))


def parse(text: str) -> list[str]:
    """A row per package of dpkg's status that is installed."""
    entries = [dict(_fields(paragraph)) for paragraph in text.split("\n\n")]
    installed = [e for e in entries if e.get("Status", "").endswith(" installed")]
    return [read.row(f"{e.get('Package', '')}:{e.get('Architecture', '')}", e.get("Version", "")) for e in installed]


def _fields(paragraph: str) -> list[tuple[str, str]]:
    wanted = ("Package: ", "Status: ", "Version: ", "Architecture: ")
    lines = [line for line in paragraph.split("\n") if line.startswith(wanted)]
    return [(line.split(": ", 1)[0], line.split(": ", 1)[1]) for line in lines]


def parse_rpm(text: str) -> list[str]:
    """A row per package and version: of a kernel there are several."""
    return [read.row(*line.split("\t", 1)) for line in text.split("\n") if "\t" in line]
