"""How a digest's page looks: colours, styles and elements; pure."""

import html

from analyzer.notify.markdown import line, shown
from analyzer.notify.text import COLOURS as TONES

COLOURS: dict[str, str] = {str(tone): colour for tone, colour in TONES.items()}
"""By severity: dark enough on white, light enough on black, so they stay in dark mode."""
FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif"
LINE, SOFT = "#d8dee4", "#59636e"
CELL = f"text-align:left;vertical-align:top;padding:6px 10px 6px 0;border-top:1px solid {LINE}"
STYLES = {
    "body": f"margin:0;background:#ffffff;color:#1c2128;{FONT};font-size:15px;line-height:1.5",
    "frame": "max-width:40rem;margin:0 auto;padding:20px 16px;overflow-wrap:anywhere",
    "h1": "font-size:21px;line-height:1.3;margin:0",
    "h2": f"font-size:16px;line-height:1.3;margin:28px 0 8px;padding-bottom:4px;border-bottom:1px solid {LINE}",
    "p": "margin:0 0 10px",
    "headline": "margin:14px 0 10px;padding:6px 0 6px 12px;font-size:16px;font-weight:600",
    "soft": f"margin:0 0 10px;color:{SOFT}",
    "foot": f"margin:28px 0 0;color:{SOFT};font-size:13px",
    "small": f"color:{SOFT};font-size:13px",
    "table": "border-collapse:collapse;width:100%",
    "th": f"text-align:left;padding:4px 10px 4px 0;font-size:13px;font-weight:500;color:{SOFT}",
    # Broken only where a word has no room at all, or a telephone would show its numbers letter by letter.
    "td": f"{CELL};overflow-wrap:break-word",
    "name": f"{CELL};overflow-wrap:anywhere;min-width:5em;font-weight:600",
    "entry": "margin:0 0 6px",
    "div": "",
    "finding": "margin:0 0 12px;padding:0 0 0 12px",
    "evidence": "margin:4px 0;padding:4px 8px;background:#f3f5f7;font-family:ui-monospace,monospace;font-size:13px",
}
CLASSES = {
    "h2": "hl-line",
    "td": "hl-line",
    "name": "hl-line",
    "th": "hl-soft",
    "small": "hl-soft",
    "soft": "hl-soft",
    "foot": "hl-soft",
    "evidence": "hl-code",
}
DARK = (
    ":root{color-scheme:light dark}@media (prefers-color-scheme:dark){"
    ".hl-bg{background:#15181c!important;color:#e6edf3!important}"
    ".hl-soft{color:#9aa4ae!important}.hl-line{border-color:#30363d!important}"
    ".hl-critical{color:#ff7b72!important}.hl-warning{color:#e3b341!important}.hl-info{color:#79b8ff!important}"
    ".hl-resolved{color:#56d364!important}"
    ".hl-code{background:#22272e!important;color:#e6edf3!important}}"
)


def tag(name: str, body: str, kind: str = "", more: str = "") -> str:
    """An element with its style; `kind` is another than the element's own, `more` is added to it."""
    style = ";".join(filter(None, [STYLES[kind or name], more]))
    known = CLASSES.get(kind or name, "")
    classes = f' class="{known}"' if known else ""
    return f"<{name}{classes}" + (f' style="{style}"' if style else "") + f">{body}</{name}>"


def coloured(text: str, tone: str) -> str:
    """Bold and in the colour of a severity, with a class for what dark mode makes of it."""
    return f'<b class="hl-{tone}" style="color:{COLOURS[tone]}">{escape(text)}</b>'


def plain(text: str) -> str:
    """Text as HTML that shows it, on one line, where there can be no elements."""
    return html.escape(line(text))


def escape(text: str) -> str:
    """Text as HTML that shows it, without characters that nobody sees; no mail program makes a link of an address."""
    whole = html.escape(shown(text)).replace("\n", "<br>")
    return whole.replace("://", ":<wbr>//").replace("www.", "www<wbr>.")
