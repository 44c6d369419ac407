"""The house keeps its walls: who may import whom, and where clocks, environment, SQL and HTTP belong."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SUBJECTS = ("heartbeats", "host", "probes")
PURE = (
    "exporter/heartbeats/schedules",
    "exporter/heartbeats/ping.py",
    "exporter/heartbeats/timeline.py",
    "exporter/probes/gateway.py",
    "toolkit/limits.py",
    "analyzer/excerpt",
    "analyzer/finding.py",
    "analyzer/lifecycle.py",
    "analyzer/redact",
    "analyzer/rules",
    "analyzer/score.py",
)
IMPURE = {"time", "os", "socket", "asyncio", "random", "secrets", "datetime.now", "datetime.utcnow", "date.today"}
SQL = {
    "exporter/heartbeats/store.py",
    "exporter/heartbeats/database.py",
    "analyzer/database.py",
    "analyzer/store.py",
    "analyzer/store_digest.py",
    "analyzer/store_read.py",
    "analyzer/store_spent.py",
    "analyzer/store_write.py",
    "analyzer/notify/store.py",
    "toolkit/backup.py",
    "toolkit/database.py",
}
WIRING = ("config.py", "collect.py", "serve.py", "flags.py", "__main__.py")


def files(*folders: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "--", *folders], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.split() if name.endswith(".py")]


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def attributes(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}"


def name(file: Path) -> str:
    return str(file.relative_to(ROOT))


def test_there_are_files_to_look_at() -> None:
    assert len(files("exporter")) > 50


@pytest.mark.parametrize("subject", SUBJECTS)
def test_subjects_do_not_know_each_other(subject: str) -> None:
    others = tuple(f"exporter.{other}" for other in SUBJECTS if other != subject)
    strangers = {(name(f), i) for f in files(f"exporter/{subject}") for i in imports(f) if i.startswith(others)}
    assert strangers == set()


@pytest.mark.parametrize(
    ("place", "strangers"),
    [("exporter", ("analyzer",)), ("analyzer", ("exporter",)), ("toolkit", ("exporter", "analyzer"))],
)
def test_the_programs_do_not_know_each_other_and_the_toolkit_knows_neither(
    place: str, strangers: tuple[str, ...]
) -> None:
    found = {(name(f), i) for f in files(place) for i in imports(f) if i.split(".")[0] in strangers}
    assert found == set()


def test_only_fetching_knows_asyncssh() -> None:
    users = {name(f) for f in files("exporter", "analyzer", "toolkit") if "asyncssh" in set(imports(f))}
    assert users
    assert all(Path(f).match("analyzer/fetch/ssh*.py") for f in users)


def test_only_one_module_knows_the_client_of_models() -> None:
    assert {name(f) for f in files("exporter", "analyzer") if "openai" in set(imports(f))} == {
        "analyzer/review/backend.py"
    }


def test_only_web_modules_serve_http() -> None:
    serving = {name(f) for f in files("exporter", "analyzer", "toolkit") if "aiohttp.web" in set(imports(f))}
    assert {f for f in serving if "web" not in Path(f).name} == {"exporter/serve.py"}


def test_sql_stays_in_the_store() -> None:
    assert {name(f) for f in files("exporter", "analyzer", "toolkit") if "sqlite3" in set(imports(f))} == SQL


def test_only_the_wiring_reads_the_environment() -> None:
    readers = [f for f in files("exporter", "analyzer", "toolkit") if "os.environ" in set(attributes(f))]
    assert {name(f) for f in readers if f.name not in WIRING} == set()


@pytest.mark.parametrize("place", PURE)
def test_what_is_pure_reads_no_clock_and_awaits_nothing(place: str) -> None:
    for file in files(place):
        tree = ast.walk(ast.parse(file.read_text()))
        assert not any(isinstance(node, ast.AsyncFunctionDef | ast.Await) for node in tree), name(file)
        used = set(imports(file)) | set(attributes(file))
        assert not used & IMPURE, name(file)


def test_every_parse_of_a_reading_is_pure() -> None:
    for file in files("exporter/host"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name == "parse":
                called = {n.func.id for n in ast.walk(node) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
                assert not called & {"open", "read", "attribute", "optional", "number", "names"}, name(file)
