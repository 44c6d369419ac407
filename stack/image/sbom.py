"""Print what is installed around this Python as a CycloneDX document: Python's packages, Debian's, the program itself.

The same packages give the same text, byte by byte: `SOURCE_DATE_EPOCH` says the time, and nothing is drawn by lot.
"""

import json
import os
import platform
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import Distribution, distributions

OWN = "heartline"
DPKG = ("dpkg-query", "--show", "--showformat=${Package} ${Version} ${Architecture}\n")

Component = Mapping[str, object]


def document(seconds: int) -> Mapping[str, object]:
    """The whole document; `seconds` since 1970 is when it was made."""
    own, *rest = sorted(components(), key=lambda part: (part["name"] != OWN, str(part["purl"])))
    name = "\n".join(str(part["purl"]) for part in (own, *rest))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(seconds, UTC).isoformat(),
            "component": {**own, "type": "application"},
        },
        "components": rest,
    }


def components() -> Iterator[Component]:
    yield _component("python", platform.python_version(), "generic", "")
    yield from (_python(found) for found in distributions())
    # Only Debian's own images have it; elsewhere the Python packages stand alone.
    done = subprocess.run(DPKG, capture_output=True, text=True, check=False) if _has_dpkg() else None
    for line in done.stdout.splitlines() if done else ():
        name, version, architecture = line.split()
        yield _component(name, version, "deb/debian", f"?arch={architecture}")


def _python(found: Distribution) -> Component:
    told = found.metadata
    classified = (words for words in told.get_all("Classifier") or () if words.startswith("License ::"))
    licence = told["License-Expression"] if "License-Expression" in told else next(classified, "")
    part = _component(told["Name"].lower().replace("_", "-"), found.version, "pypi", "")
    return {**part, "licenses": [{"license": {"name": licence.rpartition(":: ")[2]}}]} if licence else part


def _component(name: str, version: str, kind: str, more: str) -> Component:
    purl = f"pkg:{kind}/{name}@{version}{more}".replace("+", "%2B")
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


def _has_dpkg() -> bool:
    return os.path.exists("/usr/bin/dpkg-query")


if __name__ == "__main__":
    json.dump(document(int(os.environ.get("SOURCE_DATE_EPOCH", "0"))), sys.stdout, indent=1, sort_keys=True)
    sys.stdout.write("\n")
