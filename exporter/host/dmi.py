"""Which hardware and firmware is it?"""

from collections.abc import Iterator, Mapping

from exporter.host.root import Root, names, optional
from toolkit.families import Family, table

FIELDS = (
    "bios_date",
    "bios_release",
    "bios_vendor",
    "bios_version",
    "board_asset_tag",
    "board_name",
    "board_serial",
    "board_vendor",
    "board_version",
    "chassis_asset_tag",
    "chassis_serial",
    "chassis_vendor",
    "chassis_version",
    "product_family",
    "product_name",
    "product_serial",
    "product_sku",
    "product_uuid",
    "product_version",
)
VENDOR = "sys_vendor"
LABELLED = frozenset((*FIELDS, VENDOR))


def parse(texts: Mapping[str, str | None]) -> dict[str, str]:
    """Labels of the files of /sys/class/dmi/id by name, in the order of FIELDS; None: one that nobody may read."""
    # Serial numbers are root's to read; a label nobody may read is left out.
    found = {name: text for name in (*FIELDS, VENDOR) if (text := texts.get(name)) is not None}
    return {name.replace(VENDOR, "system_vendor"): text for name, text in found.items()}


def collect(root: Root) -> Iterator[Family]:
    base = f"{root.sys}/class/dmi/id"
    known = parse({name: optional(f"{base}/{name}") for name in names(base) if name in LABELLED})
    help = f"A metric with a constant '1' value labeled by {', '.join(FIELDS)}, system_vendor if provided by DMI."
    yield table("node_dmi_info", "gauge", help, tuple(known), [(tuple(known.values()), 1)])
