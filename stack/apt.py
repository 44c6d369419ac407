"""Fetch one package of the distribution: installed by root, unpacked into a folder of ours by anybody else."""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from stack import sources
from stack.asked import Answer, asked
from stack.problem import Problem

APT = Path("/etc/apt")
OS_RELEASE = Path("/etc/os-release")
SYSTEMD_RUNS = Path("/run/systemd/system")
# The newest suite of the same archive; a distribution that is not named here has only its own.
NEWEST = {"debian": "sid"}


def has_newest() -> bool:
    return _os_release().get("ID", "") in NEWEST


def may_install() -> bool:
    """Root may, but not where systemd runs: the package would start its own service, on our ports, at every boot."""
    return os.geteuid() == 0 and not SYSTEMD_RUNS.exists()


@contextmanager
def lock(folder: Path) -> Iterator[None]:
    """Let one caller fetch at a time; the others wait and then find the file."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def install(packages: Sequence[str]) -> None:
    """Install the first of `packages` that the archive has, with the machine's own apt."""
    _require_apt()
    package = _first_known(packages, [])
    # Without systemd a package's init script would start its daemon; in run level 1 none is started.
    environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    command = ["apt-get", "-y", "-q", "-o", "DPkg::Lock::Timeout=300", "install", "--no-install-recommends", package]
    if asked(command, environ).returncode != 0:
        _update([])
        _must(asked(command, environ), f"apt-get could not install {package}")


def unpack(packages: Sequence[str], suite: str, folder: Path) -> None:
    """Download the first of `packages` that `suite` has and unpack it below `folder`/`suite`; nothing is installed."""
    _require_apt()
    private = folder / f"apt-{suite}"
    options = ["-c", str(_configure(private, suite))]
    package = _first_known(packages, options)
    downloads = private / "downloads"
    shutil.rmtree(downloads, ignore_errors=True)
    downloads.mkdir()
    if asked(["apt-get", *options, "-q", "download", package], folder=downloads).returncode != 0:
        _update(options)
        again = asked(["apt-get", *options, "-q", "download", package], folder=downloads)
        _must(again, f"apt-get could not download {package} ({suite})")
    for archive in downloads.glob("*.deb"):
        _must(asked(["dpkg", "-x", str(archive), str(folder / suite)]), f"dpkg could not unpack {archive.name}")
    shutil.rmtree(downloads)


def missing_libraries(program: Path) -> list[str]:
    """Shared libraries, and versions of them, that `program` asks for and this machine lacks."""
    answer = asked(["ldd", str(program)])
    return parse_ldd(answer.stdout + answer.stderr)


def parse_ldd(text: str) -> list[str]:
    """What `ldd` did not find."""
    found = re.findall(r"(?:version `([^']+)'|(\S+) =>) not found", text)
    return sorted({version or library for version, library in found})


def _configure(private: Path, suite: str) -> Path:
    """Write an apt configuration whose lists, cache and package state are ours; keys and proxies stay the machine's."""
    for name in ("lists/partial", "archives/partial", "sources.list.d"):
        (private / name).mkdir(parents=True, exist_ok=True)
    (private / "status").touch()
    lines = [
        "#clear APT::Update::Post-Invoke;",
        "#clear APT::Update::Post-Invoke-Success;",
        f'Dir::State "{private}";',
        f'Dir::State::status "{private}/status";',
        f'Dir::Cache "{private}";',
        'Acquire::Languages "none";',
    ]
    if suite == "newest":
        (private / "sources.list.d" / "newest.sources").write_text(_newest_source())
        # Pins are about what the machine installs; here nothing is.
        lines += [f'Dir::Etc::{part} "/dev/null";' for part in ("sourcelist", "preferences", "preferencesparts")]
        lines.append(f'Dir::Etc::sourceparts "{private}/sources.list.d";')
    file = private / "apt.conf"
    file.write_text("\n".join(lines) + "\n")
    return file


def _newest_source() -> str:
    release = _os_release()
    found = []
    for file in [APT / "sources.list", *sorted((APT / "sources.list.d").glob("*.list"))]:
        found += sources.parse_list(file.read_text()) if file.exists() else []
    for file in sorted((APT / "sources.list.d").glob("*.sources")):
        found += sources.parse_deb822(file.read_text())
    archive = sources.own_archive(found, release.get("VERSION_CODENAME", ""))
    if archive is None:
        raise Problem(f"no archive of {release.get('ID', 'this distribution')} is named below {APT}")
    return sources.render(archive, NEWEST[release["ID"]])


def _first_known(packages: Sequence[str], options: Sequence[str]) -> str:
    found = _known(packages, options)
    if found:
        return found
    unread = _update(options)
    found = _known(packages, options)
    if not found:
        why = "could not be read" if unread else f"has no package {' or '.join(packages)}"
        raise Problem(f"the distribution's package archive {why}", shown=unread)
    return found


def _known(packages: Sequence[str], options: Sequence[str]) -> str:
    return next((name for name in packages if asked(["apt-cache", *options, "show", name]).returncode == 0), "")


def _update(options: Sequence[str]) -> str:
    """Renew the package lists; what could not be read, because for apt-get that is a warning and exit 0.

    It may be one third party's archive that is down, so it is for the caller to see whether what it wants is there.
    """
    done = asked(["apt-get", *options, "-q", "update"])
    _must(done, "apt-get update failed")
    return "\n".join(line for line in (done.stdout + done.stderr).splitlines() if line.startswith(("E:", "W:", "Err:")))


def _os_release() -> dict[str, str]:
    text = OS_RELEASE.read_text() if OS_RELEASE.exists() else ""
    return {name: value.strip('"') for name, _, value in (line.partition("=") for line in text.splitlines())}


def _require_apt() -> None:
    if shutil.which("apt-get") is None:
        raise Problem("this machine has no apt-get: put the program on PATH yourself")


def _must(done: Answer, line: str) -> None:
    if done.returncode != 0:
        raise Problem(line, shown=(done.stdout + done.stderr).strip())
