"""Which hardware and firmware is it?"""

from collections.abc import Iterator

from exporter.families import Family, table
from exporter.host.root import Root, names, optional

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


def collect(root: Root) -> Iterator[Family]:
    base = f"{root.sys}/class/dmi/id"
    # Serial numbers are root's to read; a label nobody may read is left out.
    there = set(names(base))
    values = {name: optional(f"{base}/{name}") for name in (*FIELDS, VENDOR) if name in there}
    known = {name.replace(VENDOR, "system_vendor"): value for name, value in values.items() if value is not None}
    help = f"A metric with a constant '1' value labeled by {', '.join(FIELDS)}, system_vendor if provided by DMI."
    yield table("node_dmi_info", "gauge", help, tuple(known), [(tuple(known.values()), 1)])
