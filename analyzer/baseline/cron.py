"""What cron starts. Commands may hold passwords: of each line the schedule and a keyed digest are kept."""

from analyzer.baseline import read
from analyzer.fetch.way import Way

FOLDERS = ("/etc/cron.d", "/etc/cron.hourly", "/etc/cron.daily", "/etc/cron.weekly", "/etc/cron.monthly")
LINES = FOLDERS[:1]


async def collect(way: Way, key: bytes) -> list[str]:
    """The machine's own: /etc/crontab and the folders beside it."""
    main = await read.optional(way, "/etc/crontab")
    rows = parse(main, "/etc/crontab", key) if main is not None else []
    for folder in FOLDERS:
        for file in await read.files(way, folder):
            raw = await read.text(way, file.path)
            rows += (
                parse(raw, file.path, key) if folder in LINES else [read.row(file.path, f"mark={read.mark(key, raw)}")]
            )
    return rows


async def collect_users(way: Way, key: bytes) -> list[str]:
    """The users' own."""
    rows: list[str] = []
    for folder in ("/var/spool/cron/crontabs", "/var/spool/cron"):
        for file in await read.files(way, folder):
            rows += parse(await read.text(way, file.path), file.path, key)
    return rows


def parse(text: str, path: str, key: bytes) -> list[str]:
    """A row per line that is no comment."""
    lines = [" ".join(line.split()) for line in text.split("\n")]
    return [_row(path, line, key) for line in lines if line and line[0] != "#"]


def _row(path: str, line: str, key: bytes) -> str:
    words = line.split()
    # A line of the environment has no schedule, and may have a secret.
    timed = line[0] in "@*" or line[0].isdigit()
    when = " ".join(words[:1] if line[0] == "@" else words[:5]) if timed else "environment"
    return read.row(f"{path} {when} mark={read.mark(key, line)}")
