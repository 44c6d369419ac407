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


def test_a_nightly_job_is_as_usual_after_a_day_of_runs_without_it() -> None:
    memory = Memory.of(Memory.of(None).after([template("nightly", 100)]))
    for _ in range(47):
        memory = Memory.of(memory.after([]))
    assert memory.usual("nightly") == 100.0
    assert Memory.of(memory.after([template("nightly", 110)])).usual("nightly") == pytest.approx(102.0)


def test_what_was_not_seen_for_longest_is_forgotten_first() -> None:
    memory = Memory.of(Memory.of(None).after([template("old", 10**6)]))
    full = Memory.of(memory.after([template(f"{n:012x}", 1) for n in range(MOST)]))
    assert len(full.habits) == MOST
    assert not full.knows("old")
    assert full.knows("0" * 12)


def test_a_flood_of_shapes_does_not_make_an_old_habit_new() -> None:
    memory = Memory.of(None)
    for _ in range(3):
        memory = Memory.of(memory.after([template("nightly", 1)]))
    flooded = Memory.of(memory.after([template(f"{n:012x}", 100) for n in range(2 * MOST)]))
    assert flooded.knows("nightly")
    assert len(flooded.habits) == MOST
