"""Who may become whom. Of each line who it is for and whether it asks for a password; the rest as a keyed digest."""

from analyzer.baseline import read
from analyzer.fetch.way import Way


async def collect(way: Way, key: bytes) -> list[str]:
    """Lines of /etc/sudoers and of the files beside it."""
    main = await read.optional(way, "/etc/sudoers")
    rows = parse(main, "/etc/sudoers", key) if main is not None else []
    for file in await read.files(way, "/etc/sudoers.d"):
        rows += parse(await read.text(way, file.path), file.path, key)
    return rows


def parse(text: str, path: str, key: bytes) -> list[str]:
    """A row per line that says something; those that a backslash continues are one."""
    lines = [" ".join(line.split()) for line in text.replace("\\\n", " ").split("\n")]
    return [_row(path, line, key) for line in lines if line and (line[0] != "#" or line.startswith(("#include", "#0")))]


def _row(path: str, line: str, key: bytes) -> str:
    free = " without password" if "NOPASSWD" in line else ""
    return read.row(f"{path} {line.split()[0]}{free} mark={read.mark(key, line)}")
