"""All that is wrong in the files of one installation, in one go."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from analyzer.rules.load import OWN as OWN_REVIEW
from stack.asked import asked
from stack.layout import ROOT, Configs
from stack.lint import (
    alertmanager,
    catalogue,
    lint_examples,
    lint_history,
    lint_names,
    lint_routes,
    lint_rules,
    lint_templates,
    routes,
    rules,
    scrape,
)
from stack.lint.programs import Program, readable, said
from stack.lint.rules import Rule
from stack.lint.series import Series
from stack.lint.source import Source, child, texts
from stack.lint.trouble import Trouble, meant
from toolkit.yamltree import ConfigError, Scalar

COMPOSE = "docker-compose.yml"
AT_ONCE = 2  # programs


@dataclass(frozen=True)
class Files:
    """What is looked at; runbooks lie below `root`, `starts` are files that start Prometheus."""

    configs: Configs
    root: Path = ROOT
    review: Path = OWN_REVIEW
    starts: tuple[Path, ...] = ()


def find(
    files: Files, programs: Sequence[Program], environ: Mapping[str, str] | None = None, examples: bool = True
) -> list[Trouble]:
    """Sorted; of what a program and this say of one line, what this says. Nothing is started but `programs`.

    `examples`: those of the log review's rules as well, which takes longer than all the rest.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        # They take longer than all the rest.
        answers = [(one, pool.submit(asked, one.command, environ)) for one in programs]
        own, known = _own(files, examples)
        theirs = [trouble for one, done in answers for trouble in said(one, done.result(), known)]
    told = {(trouble.file, trouble.line) for trouble in own if not trouble.hint}
    unread = {file for file, source in known.items() if source is None}
    return sorted({*own, *(one for one in theirs if (one.file, one.line) not in told and one.file not in unread)})


def _own(files: Files, examples: bool) -> tuple[list[Trouble], dict[Path, Source | None]]:
    """What programs do not say, and the files that were read, None for those that are no YAML."""
    sources, broken = readable([files.configs.prometheus, files.configs.alertmanager])
    prometheus, known = sources.get(files.configs.prometheus), _catalogue(files)
    scraping = scrape.scraping(prometheus, frozenset(known.kinds)) if prometheus else scrape.Scraping(())
    named = list(scrape.rule_files(prometheus, scraping.patterns)) if prometheus else []
    ruled, more = readable([file for _, found in named for file in found])
    sources, broken = sources | ruled, broken + more
    every = [rule for source in ruled.values() for group in rules.groups(source) for rule in group.rules]
    own = [*broken, *_linted(files, sources.get(files.configs.alertmanager), every, Series(known, scraping, every))]
    own += [*_unloaded(files, named), *_history(files, every, scraping), *(_examples(files) if examples else ())]
    return own, {**sources, **dict.fromkeys(trouble.file for trouble in broken)}


def _catalogue(files: Files) -> catalogue.Catalogue:
    """With the pages that a person has kept of exporters that nobody else knows."""
    found = catalogue.load()
    for file in sorted((files.configs.prometheus.parent / "metrics").glob("*.txt")):
        page = catalogue.page(file.read_text(errors="replace"))
        found.kinds[file.stem] = catalogue.Kind(found.target_labels, page)
    return found


def _linted(files: Files, routing: Source | None, every: list[Rule], series: Series) -> Iterator[Trouble]:
    """Of rules, and of the routes that their alerts take."""
    found: list[Trouble] = []
    for rule in every:
        lint_rules.rule(rule, series, files.root, _into(found, rule.source.path))
    yield from found
    yield from (Trouble(one.source.path, line, what, hint=True) for one, line, what in lint_names.names(every))
    if routing is not None and every:
        yield from _routed(routing, series)


def _into(found: list[Trouble], file: Path, hint: bool = False) -> Callable[[int, str], None]:
    return lambda line, what: found.append(Trouble(file, line, what, hint))


def _routed(source: Source, series: Series) -> Iterator[Trouble]:
    routing, alerts = alertmanager.routing(source), routes.told(series)
    found: list[Trouble] = []
    lint_routes.alertmanager(routing, alerts, _into(found, source.path), _into(found, source.path, hint=True))
    yield from found
    yield from lint_templates.templates(routing, alerts)


def _unloaded(files: Files, named: Sequence[tuple[Scalar, list[Path]]]) -> Iterator[Trouble]:
    """Patterns without a file, and files beside loaded ones that nobody loads."""
    for pattern, found in named:
        if not found:
            folder = (files.configs.prometheus.parent / pattern.text).resolve().parent
            beside = [one.name for one in folder.parent.iterdir() if one.is_dir()] if folder.parent.is_dir() else []
            guess = "" if folder.is_dir() else meant(folder.name, beside)
            yield Trouble(files.configs.prometheus, pattern.line, f'no rule file matches "{pattern.text}"{guess}')
    loaded = {file for _, found in named for file in found}
    for file in sorted({other for one in loaded for other in one.parent.glob("*.y*ml")} - loaded):
        yield Trouble(file, 1, "Prometheus does not load this file: no pattern of rule_files matches it")


def _history(files: Files, every: list[Rule], scraping: scrape.Scraping) -> Iterator[Trouble]:
    told = [(files.configs.prometheus, *scraping.retention)] if scraping.retention else []
    compose = files.root / COMPOSE
    starts = (*files.starts, *([compose] if compose.is_file() else []))
    told += [(file, *kept) for file in starts if (kept := lint_history.kept(file))]
    for file, line, seconds in told:
        for what in lint_history.too_short(seconds, every, files.root):
            yield Trouble(file, line, what, hint=True)


def _examples(files: Files) -> Iterator[Trouble]:
    """Of the rules that come with the analyzer, and those that analyzer.yml names."""
    sources, _ = readable([files.configs.analyzer])
    root = next((source.root for source in sources.values()), None)
    folder = files.configs.analyzer.parent
    more = [folder / name.text for name in texts(root, "rules")]
    secrets = [folder / name.text for name in texts(child(root, "redact"), "rules")]
    checks: Iterable[Callable[[], Iterator[Trouble]]] = (
        lambda: lint_examples.review(files.review, more),
        lambda: lint_examples.redaction(secrets),
    )
    for check in checks:
        try:
            yield from check()
        except ConfigError as e:
            file, _, rest = str(e).partition(":")
            line, _, what = rest.partition(": ")
            if line.isdigit():
                yield Trouble(Path(file), int(line), what)
