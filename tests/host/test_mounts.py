"""A file system that does not answer costs itself alone."""

import os
import threading

from exporter.host import Filters
from exporter.host.filesystem import families, parse, served
from exporter.host.mounts import STUCK, Mounts

MOUNTINFO = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:21 / /proc rw,nosuid - proc proc rw
24 22 0:40 / /srv/my\\040share ro,relatime - nfs4 nas:/share rw,vers=4.2
25 22 8:2 / /data rw - xfs /dev/sdb1 ro,attr2
26 22 0:50 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw
"""


class Statvfs:
    """statvfs(2) of a machine on which some paths hang until they are let go."""

    def __init__(self, *hanging: str) -> None:
        self.hanging = {path: threading.Event() for path in hanging}
        self.asked: list[str] = []

    def __call__(self, path: str) -> os.statvfs_result:
        self.asked.append(path)
        if path in self.hanging:
            self.hanging[path].wait(10)
        return os.statvfs("/")


def test_those_behind_one_that_hangs_are_answered() -> None:
    statvfs = Statvfs("/b", "/d")
    answers = Mounts(statvfs, patience=0.05).ask(["/a", "/b", "/c", "/d", "/e"])
    assert {path for path, answer in answers.items() if answer == STUCK} == {"/b", "/d"}
    assert isinstance(answers["/e"], os.statvfs_result)
    for event in statvfs.hanging.values():
        event.set()


def test_one_that_hangs_is_not_asked_again_until_it_answers() -> None:
    statvfs = Statvfs("/b")
    mounts = Mounts(statvfs, patience=0.05)
    for _ in range(3):
        assert mounts.ask(["/a", "/b"])["/b"] == STUCK
    assert statvfs.asked.count("/b") == 1
    statvfs.hanging.pop("/b").set()
    while mounts.ask(["/b"])["/b"] == STUCK:
        continue
    assert statvfs.asked.count("/b") == 2


def test_the_reason_why_one_cannot_be_asked_is_given() -> None:
    assert Mounts().ask(["/no/such/place"]) == {"/no/such/place": "no such file or directory"}


def test_pseudo_file_systems_are_left_out_and_names_are_unescaped() -> None:
    mounts = served(parse(MOUNTINFO), Filters())
    assert [(mount.point, mount.readonly) for mount in mounts] == [
        ("/", False),
        ("/srv/my share", True),
        ("/data", True),
    ]


def test_in_a_container_paths_lose_the_prefix_of_the_host() -> None:
    points = ("/host", "/host/data", "/hostile", "/srv")
    lines = "".join(f"22 1 8:1 / {point} rw - ext4 /dev/sda1 rw\n" for point in points)
    assert [mount.point for mount in parse(lines, "/host")] == ["/", "/data", "/hostile", "/srv"]


def test_a_stuck_mount_is_an_error_without_sizes() -> None:
    root, share, _ = served(parse(MOUNTINFO), Filters())
    found = {family.name: family.samples for family in families([(root, os.statvfs("/")), (share, STUCK)])}
    labelled = [(dict(labels), value) for labels, value, _ in found["node_filesystem_device_error"]]
    errors = {labels["mountpoint"]: (value, labels["device_error"]) for labels, value in labelled}
    assert errors == {"/": (0, ""), "/srv/my share": (1, "mountpoint timeout")}
    assert len(found["node_filesystem_size_bytes"]) == 1
