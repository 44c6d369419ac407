"""The pages for people: their look, their tables, and the headers that keep foreign text from acting."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from toolkit.own import release

SECURITY = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "deny",
    "Cache-Control": "no-store",
}
# On a narrow screen each row is a paragraph, and its cells carry the headings: nothing hides behind the edge.
STYLE = """
:root { color-scheme: light dark; --fg: #1c2128; --soft: #59636e; --bg: #fff; --line: #d8dee4;
  --bad: #b3261e; --warn: #8a5a00; --good: #1a7f37 }
@media (prefers-color-scheme: dark) { :root { --fg: #e6edf3; --soft: #9aa4ae; --bg: #0d1117; --line: #30363d;
  --bad: #ff7b72; --warn: #e3b341; --good: #56d364 } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--fg); background: var(--bg); max-width: 64rem;
  margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem; margin: 0 }
p { color: var(--soft); margin: .25rem 0 1rem }
nav a { margin-right: 1rem } a { color: inherit }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 }
caption { text-align: left; font-weight: 600 }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line);
  overflow-wrap: anywhere }
th { color: var(--soft); font-weight: 500 }
.late, .failing, .overdue { color: var(--bad); font-weight: 600 }
.new, .running { color: var(--warn) } .up { color: var(--good) } .paused, .maintenance { color: var(--soft) }
@media (max-width: 44rem) {
  table, caption, tbody, tr, td { display: block } thead { display: none }
  tr { padding: .5rem 0; border-bottom: 1px solid var(--line) }
  td { border: 0; padding: 0 } td:first-child { font-weight: 600 }
  td:not(:first-child)[data-of]::before { content: attr(data-of) ": "; color: var(--soft); font-weight: 400 }
}
"""


class Markup(str):
    """HTML that is safe as it is; every other text is escaped."""

    __slots__ = ()


def markup(text: str) -> Markup:
    """Any text, harmless."""
    return text if isinstance(text, Markup) else Markup(escape(text))


def marked(text: str, look: str) -> Markup:
    """In the colour of a status or severity, which is one of those in `STYLE`."""
    return Markup(f'<span class="{look}">{markup(text)}</span>')


def linked(text: str, address: str) -> Markup:
    return Markup(f'<a href="{escape(address)}">{markup(text)}</a>')


def lines(texts: Iterable[str]) -> Markup:
    """Each on a line of its own."""
    return Markup("<br>".join(markup(text) for text in texts))


def table(caption: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Markup:
    """A row has as many cells as there are headings."""
    head = "".join(f"<th>{escape(heading)}" for heading in headings)
    opened = [f'<td data-of="{escape(heading)}">' if heading else "<td>" for heading in headings]
    body = "".join(
        "<tr>" + "".join(f"{td}{markup(cell)}" for td, cell in zip(opened, row, strict=True)) for row in rows
    )
    return Markup(f"<table><caption>{escape(caption)}</caption><thead><tr>{head}<tbody>{body}</table>")


def paragraph(*texts: str) -> Markup:
    return Markup(f"<p>{''.join(markup(text) for text in texts)}</p>")


def code(text: str) -> Markup:
    return Markup(f"<code>{escape(text)}</code>")


def page(title: str, says: str, links: Mapping[str, str], *parts: Markup) -> str:
    """`says` stands beside the version, `links` are addresses by their words."""
    nav = "".join(linked(words, address) for words, address in links.items())
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{STYLE}</style><h1>{escape(title)}</h1>"
        f"<p>version {escape(release())} · {markup(says)}</p><nav>{nav}</nav>{''.join(parts)}</html>"
    )
