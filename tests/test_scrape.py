"""A scrape is whole lines, decompresses, and is never older than the last patch."""

import asyncio
import random
import re
import subprocess
import time
import urllib.parse
import urllib.request
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from json import load
from pathlib import Path

import pytest
from aiohttp import web

from exporter.exposition import Column, Group, Table, TableFamily, lanes
from exporter.scrape import SMALL, stream
from stack.tools import SUITES, find
from toolkit.negotiate import OPENMETRICS, TEXT, Form, negotiate

FAMILIES = [TableFamily(f"family_{n}", "gauge", f"Number {n}.", [Column(f"family_{n}")]) for n in range(6)]
LINE = re.compile(r'# (HELP|TYPE) family_\d .*|family_\d\{row="\d+"\} \d+(\.\d{3})?|# EOF')
LARGE, LITTLE = 12_000, 30  # rows: far above and below what is sent in one piece
Place = tuple[Group, int]


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as executor:
        yield executor


def table_of(rows: int) -> tuple[Table, list[Place]]:
    table = Table(FAMILIES)
    return table, [table.add(row % 16, [f'row="{row}"'] * 6, [b"1700000000.000"] * 6) for row in range(rows)]


def plain(table: Table, openmetrics: bool = False) -> bytes:
    pieces = table.pieces(openmetrics, lanes(1, 1))
    text = b"".join(piece if isinstance(piece, bytes) else bytes(piece.text) for piece in pieces)
    return text + b"# EOF\n" * openmetrics


async def scraped(table: Table, executor: ThreadPoolExecutor, gzip: bool = True, openmetrics: bool = False) -> bytes:
    parts = stream(table.pieces(openmetrics, lanes(1, 1)), Form(openmetrics, gzip), executor)
    body = b"".join([part async for part in parts])
    if not gzip:
        return body
    inflate = zlib.decompressobj(wbits=31)  # checks CRC and length at the end
    text = inflate.decompress(body) + inflate.flush()
    assert inflate.eof
    assert inflate.unused_data == b""  # one member: some readers stop after the first
    return text


def patch(places: list[Place], draw: random.Random) -> None:
    group, row = draw.choice(places)
    value = b"%d.%03d" % (draw.randrange(1_700_000_000, 1_800_000_000), draw.randrange(1000))
    group.blocks[draw.randrange(6)].patch(row, draw.choice([value, value, b"7"]))


@pytest.mark.parametrize("rows", [0, LITTLE, LARGE])
@pytest.mark.parametrize("gzip", [False, True])
@pytest.mark.parametrize("openmetrics", [False, True])
async def test_every_form_and_size_says_the_same(
    rows: int, gzip: bool, openmetrics: bool, executor: ThreadPoolExecutor
) -> None:
    table, _ = table_of(rows)
    assert (len(plain(table)) > SMALL) == (rows == LARGE)
    assert await scraped(table, executor, gzip, openmetrics) == plain(table, openmetrics)


@pytest.mark.parametrize("rows", [LITTLE, LARGE])
async def test_the_next_scrape_has_every_patch(rows: int, executor: ThreadPoolExecutor) -> None:
    table, places = table_of(rows)
    draw = random.Random(1)
    for patches in (0, 1, 1, 0, 20, 3, 500):
        for _ in range(patches):
            patch(places, draw)
        assert await scraped(table, executor) == plain(table)


async def test_scrapes_at_once_amid_patches_are_whole_and_leave_nothing_stale(executor: ThreadPoolExecutor) -> None:
    table, places = table_of(LARGE)
    draw = random.Random(2)
    under_way = [asyncio.create_task(scraped(table, executor, gzip, True)) for gzip in (True, True, False)]
    while not all(task.done() for task in under_way):
        for _ in range(20):
            patch(places, draw)
        if len(places) > 100 and draw.random() < 0.2:  # on a slow machine there are very many turns
            group, row = places.pop(draw.randrange(len(places)))
            table.remove(group, row)
        await asyncio.sleep(0)
    for task in under_way:
        lines = (await task).decode().split("\n")
        assert lines.pop() == ""
        assert lines[-1] == "# EOF"
        assert all(LINE.fullmatch(line) for line in lines)
        samples = [line.rpartition(" ")[0] for line in lines if line[0] != "#"]
        assert len(samples) == len(set(samples)) >= 6 * len(places)
    assert await scraped(table, executor) == plain(table)
    assert await scraped(table, executor) == plain(table)


async def test_a_scrape_that_is_broken_off_leaves_nothing_stale(executor: ThreadPoolExecutor) -> None:
    table, places = table_of(LARGE)
    parts = stream(table.pieces(True, lanes(1, 1)), Form(True, True), executor)
    for _ in range(3):
        await anext(parts)
    del parts
    patch(places, random.Random(3))
    assert await scraped(table, executor) == plain(table)


NEWEST = "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4"


@pytest.mark.parametrize(
    ("accept", "encoding", "form"),
    [
        ("", "", Form(False, False)),
        ("*/*", "gzip, deflate, br", Form(False, True)),
        (f"{NEWEST},text/plain;version=0.0.4;q=0.3,*/*;q=0.2", "gzip", Form(True, True)),
        ("text/plain;version=0.0.4;q=0.9,application/openmetrics-text;version=1.0.0;q=0.1", "", Form(False, False)),
        ("application/openmetrics-text; version=1.0.0", "gzip;q=0", Form(True, False)),
        ("application/openmetrics-text; version=2.0.0", "*;q=0.1", Form(False, True)),
        ("application/openmetrics-text; version=1.0.0; q=nonsense", "identity", Form(False, False)),
    ],
)
def test_a_scraper_gets_what_it_likes_best(accept: str, encoding: str, form: Form) -> None:
    assert negotiate(accept, encoding) == form
    assert form.content_type == (OPENMETRICS if form.openmetrics else TEXT)


@pytest.mark.parametrize("suite", SUITES)
async def test_prometheus_stores_every_sample_of_a_large_scrape(
    suite: str, tmp_path: Path, executor: ThreadPoolExecutor
) -> None:
    table, places = table_of(25_000)
    size = len(plain(table))
    assert size > 5_000_000
    draw = random.Random(4)

    async def metrics(request: web.BaseRequest) -> web.StreamResponse:
        form = negotiate(request.headers["Accept"], request.headers["Accept-Encoding"])
        assert form == Form(True, True)
        for _ in range(10):
            patch(places, draw)
        answer = web.StreamResponse(headers={"Content-Type": form.content_type, "Content-Encoding": "gzip"})
        await answer.prepare(request)
        async for part in stream(table.pieces(True, lanes(1, 1)), form, executor):
            await answer.write(part)
        await answer.write_eof()
        return answer

    runner = web.ServerRunner(web.Server(metrics))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        count = await asyncio.to_thread(_stored, suite, runner.addresses[0][1], tmp_path)
    finally:
        await runner.cleanup()
    assert count == 6 * 25_000


def _stored(suite: str, port: int, folder: Path) -> float:
    """Samples that a Prometheus of the suite has in its store after its second scrape of the port."""
    (folder / "prometheus.yml").write_text(
        "scrape_configs:\n"
        "  - {job_name: big, scrape_interval: 2s, scrape_timeout: 2s,"
        f" static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}\n"
    )
    flags = [f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}"]
    flags += ["--web.listen-address=127.0.0.1:0", "--log.level=info"]
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen([find("prometheus", suite=suite), *flags], stdout=log, stderr=log)
    try:
        address = _address(folder / "log")
        end = time.monotonic() + 30
        while _query(address, 'count_over_time(up{job="big"}[1m])') < 2 or not _query(address, 'min(up{job="big"})'):
            assert time.monotonic() < end, (folder / "log").read_text()
            time.sleep(0.2)
        return _query(address, 'count({__name__=~"family_.+"})')
    finally:
        process.terminate()
        process.wait(20)


def _address(log: Path) -> str:
    end = time.monotonic() + 30
    while not (found := re.search(r'msg="Listening on".* address=(\S+)', log.read_text())):
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.05)
    return found[1]


def _query(address: str, expression: str) -> float:
    query = urllib.parse.urlencode({"query": expression})
    try:
        with urllib.request.urlopen(f"http://{address}/api/v1/query?{query}", timeout=10) as answer:
            result = load(answer)["data"]["result"]
    except OSError:
        return 0.0
    return float(result[0]["value"][1]) if result else 0.0
