"""Has the kernel seen tasks hang?"""

from collections.abc import Iterator

from exporter.host.root import Root, attribute
from toolkit.families import Family, single


def parse(text: str) -> int:
    """/proc/sys/kernel/hung_task_detect_count."""
    return int(text)


def collect(root: Root) -> Iterator[Family]:
    count = parse(attribute(f"{root.proc}/sys/kernel/hung_task_detect_count"))
    help = "Total number of tasks that have been detected as hung since the system booted."
    yield single("node_kernel_hung_tasks_total", "counter", help, count)
