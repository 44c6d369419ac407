"""Which network is the host's?"""

from pathlib import Path

from exporter.host import Root, netdev

HEADER = "Inter-|   Receive                                                |  Transmit\n face |bytes\n"


def dev(folder: Path, device: str) -> None:
    folder.mkdir(parents=True)
    (folder / "dev").write_text(f"{HEADER}{device}: {' '.join(['7'] * 16)}\n")


def test_in_a_container_it_is_that_of_the_first_process_of_the_host(tmp_path: Path) -> None:
    dev(tmp_path / "proc" / "net", "of-the-container")
    dev(tmp_path / "proc" / "1" / "net", "of-the-host")
    told = str(list(netdev.collect(Root(proc=str(tmp_path / "proc"), sys=str(tmp_path)))))
    assert "of-the-host" in told
    assert "of-the-container" not in told


def test_on_the_host_itself_it_is_our_own() -> None:
    assert Root().net == "/proc/net"
