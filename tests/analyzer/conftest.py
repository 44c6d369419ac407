"""The analyzer's store, for those that look at what it keeps."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from analyzer.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path)) as store:
        yield store
