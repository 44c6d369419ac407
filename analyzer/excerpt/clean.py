"""Text of a log line as it may stand before a model or a person: nothing hidden in it, nothing that looks like ours."""

import re

# What chat formats and prompts use for their own structure; a space within makes it text.
LOOKALIKES = re.compile(r"<\||\|>|```|~~~|<{3,}|>{3,}|={4,}|-{5,}|#{3,}|\[/?INST\]|</?s>|</?(?:system|user|assistant)>")


def clean(text: str, most: int) -> str:
    """Cut to `most` characters, without control, bidirectional, zero-width characters and structure of prompts."""
    shown = "".join([c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:most]])
    return LOOKALIKES.sub(_apart, shown)[:most]


def _apart(found: re.Match[str]) -> str:
    return f"{found[0][0]} {found[0][1:2]}"
