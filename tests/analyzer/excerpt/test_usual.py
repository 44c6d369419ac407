from typing import Any

import pytest

from analyzer.excerpt.template import Template
from analyzer.excerpt.usual import MOST, Memory


def template(id: str, count: int) -> Template:
    return Template(id, "shape", count, 1, "shape", None, False, 0.0)


@pytest.mark.parametrize(
    "kept",
    [
        "x",
        7,
        [],
        {},
        {"runs": 1},
        {"runs": "many", "templates": {}},
        {"runs": 1, "templates": {"a": [1.0]}},
        {"runs": 1, "templates": {"a": ["x", 1, 1]}},
        {"runs": 1, "templates": {"a": [float("nan"), 1, 1]}},
        {"runs": 1, "templates": {"a": [1.0, 1, float("inf")]}},
        {"runs": -1, "templates": {}},
    ],
)
def test_what_is_no_memory_is_refused_whole(kept: Any) -> None:
    with pytest.raises(ValueError, match="no memory"):
        Memory.of(kept)


def test_what_is_absent_becomes_less_usual_with_every_run() -> None:
    memory = Memory.of(Memory.of(None).after([template("a", 10)]))
    assert memory.usual("a") == 10.0
    later = Memory.of(Memory.of(memory.after([])).after([]))
    assert later.usual("a") == pytest.approx(6.4)
    assert later.knows("a")


def test_what_was_not_seen_for_longest_is_forgotten_first() -> None:
    memory = Memory.of(Memory.of(None).after([template("old", 10**6)]))
    full = Memory.of(memory.after([template(f"{n:012x}", 1) for n in range(MOST)]))
    assert len(full.habits) == MOST
    assert not full.knows("old")
    assert full.knows("0" * 12)
