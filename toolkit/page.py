"""What the pages for people have in common: their look, and the headers that keep foreign text from acting."""

SECURITY = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "deny",
    "Cache-Control": "no-store",
}
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
div { overflow-x: auto }
table { border-collapse: collapse; width: 100%; margin-top: 1rem }
caption { text-align: left; font-weight: 600 }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); white-space: nowrap }
th { color: var(--soft); font-weight: 500 }
td:first-child, td:nth-child(3) { white-space: normal; overflow-wrap: anywhere; min-width: 8rem }
.late, .failing, .overdue { color: var(--bad); font-weight: 600 }
.new, .running { color: var(--warn) } .up { color: var(--good) } .paused, .maintenance { color: var(--soft) }
"""
