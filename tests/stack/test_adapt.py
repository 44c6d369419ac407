"""A copy of a configuration file differs from it in what was to differ, and in nothing else."""

from pathlib import Path

import yaml

from stack.adapt import adapt, write
from stack.layout import Ports

TEXT = """
rule_files: [../rules/*.yml, /absolute/*.yml]
targets: ["127.0.0.1:9797", "http://localhost:9090/x", 127.0.0.1:97970]
webhook_url: http://127.0.0.1:9/unset
url_file: secrets/url
tls: {ca_file: "", insecure: true}
times: [{start_time: 18:00, end_time: '24:00'}]
title: '{{ template "x" . }}'
count: 4
"""


def test_values_are_replaced_and_paths_made_absolute() -> None:
    moved = {
        "127.0.0.1:9797": "127.0.0.1:1",
        "localhost:9090": "127.0.0.1:2",
        "http://127.0.0.1:9/unset": "https://x/y",
    }
    changed = yaml.safe_load(adapt(TEXT, Path("/etc/here"), moved))
    assert changed["rule_files"] == ["/etc/rules/*.yml", "/absolute/*.yml"]
    assert changed["targets"][:2] == ["127.0.0.1:1", "http://127.0.0.1:2/x"]
    assert changed["webhook_url"] == "https://x/y"
    assert (changed["url_file"], changed["tls"]) == ("/etc/here/secrets/url", {"ca_file": "", "insecure": True})


def test_a_longer_port_number_is_another_address() -> None:
    assert "127.0.0.1:97970" in adapt(TEXT, Path("/"), {"127.0.0.1:9797": "127.0.0.1:1"})


def test_two_ports_may_be_swapped() -> None:
    moved = {"127.0.0.1:9797": "localhost:9090", "localhost:9090": "127.0.0.1:9797"}
    assert yaml.safe_load(adapt(TEXT, Path("/"), moved))["targets"][:2] == ["localhost:9090", "http://127.0.0.1:9797/x"]


def test_the_spelling_of_values_stays() -> None:
    same = adapt(TEXT, Path("/"), {})
    for spelling in (
        "start_time: 18:00",
        "end_time: '24:00'",
        "count: 4",
        "insecure: true",
        """'{{ template "x" . }}'""",
    ):
        assert spelling in same


def test_a_setting_is_put_wherever_its_key_stands() -> None:
    changed = yaml.safe_load(adapt("a: {wait: 5s}\nb: [{wait: 1m}]\nc: 5s\n", Path("/"), {}, {"wait": "1s"}))
    assert changed == {"a": {"wait": "1s"}, "b": [{"wait": "1s"}], "c": "5s"}


def test_an_empty_file_stays_empty() -> None:
    assert adapt("# nothing\n", Path("/"), {"a": "b"}) == "# nothing\n"


def test_only_the_owner_can_read_a_copy_even_where_a_readable_one_was(tmp_path: Path) -> None:
    file = tmp_path / "copy.yml"
    file.write_text("old")
    file.chmod(0o644)
    write("new", file)
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("new", 0o600)


def test_addresses_move_only_where_a_port_differs() -> None:
    assert Ports().moved() == {}
    assert Ports(exporter=1).moved() == {"127.0.0.1:9797": "127.0.0.1:1", "localhost:9797": "127.0.0.1:1"}
