from pathlib import Path

from tests.analyzer.excerpt.grouping import accuracy, main


def test_accuracy_is_the_share_of_lines_in_groups_that_are_exactly_right() -> None:
    assert accuracy(["a", "a", "b", "c"], ["1", "1", "2", "2"]) == 0.5
    assert accuracy(["a", "b"], ["1", "2"]) == 1.0


def test_a_folder_of_samples_becomes_a_table(tmp_path: Path) -> None:
    lines = [f"Nov 21 10:00:0{n} h app[{n}]: job {n} {'failed' if n % 2 else 'done'}" for n in range(10)]
    rows = [f"{n},{line.split(': ', 1)[1]},E{n % 2}" for n, line in enumerate(lines)]
    (tmp_path / "Mine_2k.log").write_text("\n".join(lines))
    (tmp_path / "Mine_2k.log_structured.csv").write_text("\n".join(["LineId,Content,EventId", *rows]))
    _, mine, every, _ = main(tmp_path).splitlines()
    assert mine.split()[:3] == ["Mine", "1.000", "1.000"]
    assert every.split()[1:] == mine.split()[1:]
