"""Carry out what a Dockerfile says, step by step, in roots of this machine."""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.stack.container import Container
from tests.stack.dockerfile import Stage, Step

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass
class Built:
    """A stage as far as it is carried out: its root, and what its steps said of how it is run."""

    container: Container
    environ: dict[str, str] = field(default_factory=lambda: {"PATH": PATH})
    folder: str = "/"
    user: str = "0"
    command: Sequence[str] = ()

    @property
    def site(self) -> Path:
        """Where the packages of our programs are."""
        return next(self.container.root.glob("opt/heartline/lib/python*/site-packages"))

    def run(self, script: str) -> None:
        within = replace(self.container, environ={"HOME": "/root", **self.environ}, folder=self.folder)
        done: subprocess.CompletedProcess[str] = within.run(["sh", "-c", script])
        assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"


def build(
    stages: Sequence[Stage], context: Path, base: Callable[[str], Container], run: Callable[[Built, str], None]
) -> dict[str, Built]:
    """Each stage by its name, the last one "image"; `base` makes a root to begin with, `run` carries out one RUN."""
    done: dict[str, Built] = {}
    for stage in stages:
        name = stage.name or "image"
        built = Built(base(name))
        for step in (*_before(stage, stages), *stage.steps):
            _carry_out(step, built, context, done, run)
        done[name] = built
    return done


def _before(stage: Stage, stages: Sequence[Stage]) -> Sequence[Step]:
    """The steps of the stage that this one begins with: done once more, which is quicker than to copy a root."""
    return next((other.steps for other in stages if other.name == stage.base), ())


def _carry_out(
    step: Step, built: Built, context: Path, done: Mapping[str, Built], run: Callable[[Built, str], None]
) -> None:
    match step.word:
        case "RUN":
            run(built, step.rest)
        case "COPY":
            _copy(step.words, built, context, done)
        case "ENV" | "ARG":
            built.environ |= dict(word.partition("=")[::2] for word in step.words)
        case "WORKDIR":
            built.folder = step.rest
            _inside(built, step.rest).mkdir(parents=True, exist_ok=True)
        case "USER":
            built.user = step.rest
        case "CMD":
            built.command = [word.strip(' ",[]') for word in step.rest.split(",")]
        case "EXPOSE":
            pass
        case _:
            raise AssertionError(f"no step that is known here: {step}")


def _copy(words: list[str], built: Built, context: Path, done: Mapping[str, Built]) -> None:
    other = words.pop(0).removeprefix("--from=") if words[0].startswith("--from=") else None
    *sources, target = words
    for source in sources:
        found = _inside(done[other], source) if other is not None else context / source
        assert other is not None or not ignored(source, (context / ".dockerignore").read_text()), source
        to = _inside(built, os.path.join(built.folder, target))
        if found.is_dir():
            dropped = shutil.ignore_patterns("__pycache__") if other is None else None
            shutil.copytree(found, to, symlinks=True, dirs_exist_ok=True, ignore=dropped)
        else:
            to = to / found.name if target.endswith("/") else to
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(found, to)


def ignored(path: str, dockerignore: str) -> bool:
    """Is it kept from the engine? The file leaves everything out but what it names again."""
    named = [line[1:] for line in dockerignore.splitlines() if line.startswith("!")]
    return not any(path == name or path.startswith(f"{name}/") for name in named)


def _inside(built: Built, path: str) -> Path:
    return built.container.root / path.lstrip("/")
