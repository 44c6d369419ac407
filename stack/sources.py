"""Which package archive does this machine use, and under which name would that archive's newest suite be asked for?"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# Suites that only a distribution's own archive carries beside its code names.
ROLLING = ("stable", "testing", "unstable", "sid")


@dataclass(frozen=True)
class Source:
    """One archive as apt knows it; `signed_by` is a path, a fingerprint or a whole key block, empty for apt's own."""

    uri: str
    suite: str
    components: tuple[str, ...]
    signed_by: str = ""


def parse_list(text: str) -> list[Source]:
    """Read the one-line format: `deb [signed-by=/path arch=amd64] URI suite component...`."""
    found = []
    for line in text.splitlines():
        match = re.match(r"\s*deb\s+(?:\[(?P<options>[^]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)(?P<rest>[^#]*)", line)
        if match is None:
            continue
        options = dict(word.split("=", 1) for word in (match["options"] or "").split() if "=" in word)
        found.append(Source(match["uri"], match["suite"], tuple(match["rest"].split()), options.get("signed-by", "")))
    return found


def parse_deb822(text: str) -> list[Source]:
    """Read the paragraph format of `.sources` files, `Enabled: no` left out."""
    found = []
    for fields in _paragraphs(text):
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").lower() == "no":
            continue
        found += [
            Source(uri, suite, tuple(fields.get("components", "").split()), fields.get("signed-by", ""))
            for uri in fields.get("uris", "").split()
            for suite in fields.get("suites", "").split()
        ]
    return found


def _paragraphs(text: str) -> Iterator[dict[str, str]]:
    fields: dict[str, str] = {}
    last = ""
    for line in [*text.splitlines(), ""]:
        if not line.strip():
            if fields:
                yield fields
            fields = {}
        elif line.startswith("#"):
            continue
        elif line[0] in " \t":
            fields[last] += "\n" + line.rstrip()
        else:
            name, _, value = line.partition(":")
            last = name.strip().lower()
            fields[last] = value.strip()


def own_archive(sources: Iterable[Source], codename: str) -> Source | None:
    """The distribution's own archive among all of them: the one that serves `codename`, third parties left out."""
    main = [s for s in sources if "main" in s.components and not s.uri.startswith("cdrom:")]
    for wanted in ((codename,), ROLLING):
        matching = [s for s in main if s.suite in wanted]
        if matching:
            return min(matching, key=lambda s: not s.uri.rstrip("/").endswith(("/debian", "/ubuntu")))
    return None


def render(source: Source, suite: str) -> str:
    """The paragraph that asks the same archive for another suite, package lists only."""
    signed = f"Signed-By: {source.signed_by}\n" if source.signed_by else ""
    return f"Types: deb\nURIs: {source.uri}\nSuites: {suite}\nComponents: main\nTargets: Packages\n{signed}"
