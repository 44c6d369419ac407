"""The recorded trees, and a host that is read from them."""

import tarfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from exporter.families import render
from exporter.host import Host
from tests.host.exposition import Exposition, read

TREES = Path(__file__).parent.parent / "fixtures/node/node_exporter.tar.gz"
Scrape = Callable[[Host], Awaitable[Exposition]]


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recorded /proc, /sys, /usr and textfile directories, unpacked; not to be written."""
    folder = tmp_path_factory.mktemp("trees")
    with tarfile.open(TREES) as archive:
        archive.extractall(folder, filter="data")
    return folder / "node"


async def scrape(host: Host, budget: float = 20) -> Exposition:
    """One scrape of everything, through the text format."""
    return read(render(await host.collect(None, budget), openmetrics=False).decode())
