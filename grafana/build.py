"""Write each dashboard to its file: `python -m grafana.build`; with --check only say which files are not as built."""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from grafana import alerts, ask
from grafana.dashboard import Dashboard
from grafana.register import DASHBOARDS

FOLDER = Path(__file__).resolve().parent.parent
MARKER = "      # Built by python -m grafana.build, from here on.\n"
RULES = "rules/dashboards.yml"


def main(arguments: list[str], folder: Path = FOLDER) -> int:
    parser = argparse.ArgumentParser("python -m grafana.build", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 when a file is not as built")
    check = parser.parse_args(arguments).check
    wanted = {**dict(files()), RULES: ruled(_read(folder / RULES))}
    stale = sorted(name for name, text in wanted.items() if _read(folder / name) != text)
    strange = sorted(str(file.relative_to(folder)) for file in folder.glob("grafana/dashboards/*.json"))
    strange = [name for name in strange if name not in wanted]
    if check:
        for name in (*stale, *strange):
            sys.stderr.write(f"{name} is not what is built: python -m grafana.build\n")
        return 1 if stale or strange else 0
    for name in stale:
        (folder / name).write_text(wanted[name])
    for name in strange:
        (folder / name).unlink()
    return 0


def files() -> Iterator[tuple[str, str]]:
    """Names and texts: the dashboards, and where each alert is shown."""
    for dashboard in DASHBOARDS:
        yield f"grafana/dashboards/{name(dashboard)}.json", _text(dashboard.json())
    shown = {"": alerts.FIRING, **alerts.TARGETS}
    yield "analyzer/notify/panels.json", _text({alert: target.json() for alert, target in sorted(shown.items())})


def ruled(text: str) -> str:
    """The recording rules with those that follow from what states are called and where alerts are shown."""
    rules = {ask.STATE: ask.heartbeat_state(), alerts.SHOWN: alerts.shown()}
    built = (f"      - record: {name}\n        expr: {json.dumps(expr)}\n" for name, expr in rules.items())
    return text.partition(MARKER)[0] + MARKER + "".join(built)


def name(dashboard: Dashboard) -> str:
    return dashboard.uid.removeprefix("heartline-")


def _text(content: object) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _read(file: Path) -> str:
    return file.read_text() if file.exists() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
