"""The schemas for editors know each key that the programs know, and accept and refuse what they accept and refuse."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import certifi
import pytest
from jsonschema import Draft7Validator

from analyzer import config as analyzer_config
from exporter import config as exporter_config
from stack.layout import ROOT, Configs
from tests.schema_corpus import ANALYZER, EXPORTER, FULL_ANALYZER, FULL_EXPORTER, Case
from toolkit.yamltree import ConfigError, Entries, Listing, Node, Scalar, compose

# YAML 1.2, as editors read it.
NUMBER = re.compile(r"[-+]?([0-9]+|\.[0-9]+|[0-9]+\.[0-9]*)([eE][-+]?[0-9]+)?")
STRANGER = "zzzzzz"
KNOWN = re.compile(r"known: (.*)")
Path_ = tuple[str | int, ...]


@cache
def schema(program: str) -> Any:
    found = json.loads((ROOT / program / f"{program}.schema.json").read_text())
    Draft7Validator.check_schema(found)
    return found


def value(node: Node | None) -> Any:
    """What an editor makes of a tree."""
    match node:
        case None:
            return None
        case Listing():
            return [value(item) for item in node.items]
        case Entries():
            return {key: value(inner) for key, (_, inner) in node.entries.items()}
        case Scalar():
            return _scalar(node)


def _scalar(node: Scalar) -> object:
    if node.nothing:
        return None
    if not node.plain:
        return node.text
    if node.text in ("true", "True", "TRUE", "false", "False", "FALSE"):
        return node.text.lower() == "true"
    if NUMBER.fullmatch(node.text):
        number = float(node.text)
        return int(number) if number.is_integer() and "." not in node.text else number
    return node.text


@pytest.fixture
def load(tmp_path: Path) -> Mapping[str, Callable[[str], None]]:
    """Reads a text as each program reads its file, beside the files that the texts name."""
    (tmp_path / "key").write_text("k" * 20)
    (tmp_path / "blackbox.yml").write_text("modules: {}\n")
    (tmp_path / "empty").mkdir()
    environ = {"PHONE": "json://phone.example"}

    def filled(text: str) -> Path:
        file = tmp_path / "file.yml"
        file.write_text(text.replace("<here>", str(tmp_path)).replace("<ca>", certifi.where()))
        return file

    return {
        "exporter": lambda text: _ignored(exporter_config.load(filled(text), environ)),
        "analyzer": lambda text: _ignored(analyzer_config.load(filled(text), environ, tmp_path)),
    }


def _ignored(_: object) -> None:
    """That it loads is enough."""


def accepted(program: str, text: str) -> bool:
    try:
        tree = value(compose(text, "text"))
    except ConfigError:
        return False
    return bool(Draft7Validator(schema(program)).is_valid(tree))


def loads(load: Callable[[str], None], text: str) -> bool:
    try:
        load(text)
    except ConfigError:
        return False
    return True


@pytest.mark.parametrize("program", ["exporter", "analyzer"])
def test_the_shipped_file_is_accepted_and_names_its_schema(program: str) -> None:
    text = vars(Configs())[program].read_text()
    assert text.startswith(f"# yaml-language-server: $schema={program}.schema.json\n")
    assert accepted(program, text)


@pytest.mark.parametrize("program", ["exporter", "analyzer"])
def test_each_commented_example_is_accepted_as_well(program: str, load: Mapping[str, Callable[[str], None]]) -> None:
    text = vars(Configs())[program].read_text()
    lines = text.splitlines()
    keys = [n for n, line in enumerate(lines) if re.match(r"# ?[a-z_]+:( |$)", line)]
    assert len(keys) > 5
    for start in keys:
        block = [lines[start][1:].removeprefix(" ")]
        for line in lines[start + 1 :]:
            if not re.match(r"#  +\S", line):
                break
            block.append(line[1:].removeprefix(" "))
        example = "\n".join(block)
        assert accepted(program, example), example


@pytest.mark.parametrize("case", EXPORTER, ids=lambda case: case.name)
def test_schema_and_exporter_agree(case: Case, load: Mapping[str, Callable[[str], None]]) -> None:
    assert (loads(load["exporter"], case.text), accepted("exporter", case.text)) == (case.right, case.right)


@pytest.mark.parametrize("case", ANALYZER, ids=lambda case: case.name)
def test_schema_and_analyzer_agree(case: Case, load: Mapping[str, Callable[[str], None]]) -> None:
    assert (loads(load["analyzer"], case.text), accepted("analyzer", case.text)) == (case.right, case.right)


@pytest.mark.parametrize(("program", "text"), [("exporter", FULL_EXPORTER), ("analyzer", FULL_ANALYZER)])
def test_each_key_of_the_program_is_in_the_schema_and_vice_versa(
    program: str, text: str, load: Mapping[str, Callable[[str], None]]
) -> None:
    assert accepted(program, text)
    load[program](text)
    tree = value(compose(text, "text"))
    seen: set[int] = set()
    for path, part in _mappings(tree, schema(program)):
        seen.add(id(part))
        with pytest.raises(ConfigError) as caught:
            load[program](json.dumps(_with_stranger(tree, path)))
        known = KNOWN.search(str(caught.value))
        assert known, caught.value
        assert set(known[1].split(", ")) == set(part["properties"]), path
    assert seen == {id(part) for part in _with_properties(schema(program))}, "the full text has every mapping"


def _mappings(tree: object, part: Any, path: Path_ = (), whole: Any = None) -> Iterator[tuple[Path_, Any]]:
    """Each mapping of a tree that has keys of its own in the schema, with its part of the schema."""
    whole = whole or part
    for one in _parts(part, whole):
        if isinstance(tree, dict):
            if "properties" in one:
                yield path, one
            for key, inner in tree.items():
                below = one.get("properties", {}).get(key, one.get("additionalProperties", False))
                if isinstance(below, dict):
                    yield from _mappings(inner, below, (*path, key), whole)
        elif isinstance(tree, list) and "items" in one:
            for index, inner in enumerate(tree):
                yield from _mappings(inner, one["items"], (*path, index), whole)


def _parts(part: Any, whole: Any) -> Iterator[Any]:
    """A part of the schema with what it refers to; not its conditions on keys that it has anyway."""
    if "$ref" in part:
        yield from _parts(whole["definitions"][part["$ref"].rpartition("/")[2]], whole)
        return
    yield part
    for inner in (*part.get("allOf", ()), *part.get("anyOf", ())):
        if "$ref" in inner:
            yield from _parts(inner, whole)


def _with_properties(part: Any) -> Iterator[Any]:
    """Each part of a schema that says which keys there are."""
    if isinstance(part, dict):
        if part.get("additionalProperties") is False:
            yield part
        for inner in part.values():
            yield from _with_properties(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _with_properties(inner)


def _with_stranger(tree: Any, path: Path_) -> Any:
    if not path:
        return {**tree, STRANGER: "1"}
    first, rest = path[0], path[1:]
    if isinstance(tree, list):
        return [_with_stranger(item, rest) if index == first else item for index, item in enumerate(tree)]
    return {key: _with_stranger(item, rest) if key == first else item for key, item in tree.items()}
