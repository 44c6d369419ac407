"""What the programs themselves say of their files, as lines of ours."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stack.asked import Answer
from stack.layout import ROOT
from stack.lint import go_templates
from stack.lint.rules import groups
from stack.lint.source import Source, read
from stack.lint.trouble import Trouble, meant
from toolkit.yamltree import ConfigError

PLACE = re.compile(r"(?:exporter|analyzer): (?P<file>[^:\n]+)(?::(?P<line>\d+))?: (?P<what>.+)")
IN_GROUP = re.compile(r'group "(?P<group>[^"]*)", rule (?P<rule>\d+), "[^"]*": (?P<what>.+)')
IN_EXPR = re.compile(r"could not parse expression: (?P<line>\d+):(?P<column>\d+): parse error: (?P<what>.+)")
AT_LINE = re.compile(r"line (?P<line>\d+): (?P<what>.+)")
FIELD = re.compile(r"field (\S+) not found in type \S+")
QUOTED = re.compile(r'"([^"]+)"|`([^`]+)`|time zone (\S+)')
IN_TEMPLATE = re.compile(r"template: (?P<file>[^:]+):(?P<line>\d+)(?::\d+)?: (?P<what>.+)")
FUNCTION = re.compile(r'function "(\w+)" not defined')
NOISE = re.compile(r"^(?:Checking '[^']*' *)?(?:FAILED: )?(?:parsing YAML file \S+: )?")
# Every key that a person may have meant.
WORDS = """
    groups name interval limit rules record alert expr for keep_firing_for labels annotations
    global scrape_interval scrape_timeout evaluation_interval external_labels rule_files alerting alertmanagers
    scrape_configs job_name metrics_path scheme params static_configs targets http_sd_configs file_sd_configs
    refresh_interval relabel_configs metric_relabel_configs source_labels target_label honor_labels
    honor_timestamps basic_auth authorization credentials credentials_file tls_config storage tsdb remote_write url
    route receiver routes matchers match match_re continue group_by group_wait group_interval repeat_interval
    mute_time_intervals active_time_intervals time_intervals times weekdays days_of_month months years location
    start_time end_time inhibit_rules source_matchers target_matchers equal receivers templates send_resolved
    discord_configs webhook_configs email_configs webhook_url title message http_config max_alerts
"""
KEYS = frozenset(WORDS.split())


Known = Mapping[Path, Source | None]
"""Files, None for those that are no YAML."""


@dataclass(frozen=True)
class Program:
    """A command that checks a file, with 0 for an accepted one."""

    file: Path
    command: tuple[str, ...]


def said(program: Program, done: Answer, sources: Known) -> Iterator[Trouble]:
    """What the program finds wrong; `sources` are the files that may be meant, by their resolved paths."""
    if done.returncode == 0:
        return
    troubles = list(_read((done.stdout + done.stderr).splitlines(), program.file, sources))
    yield from troubles
    if not troubles:
        told = " ".join((done.stderr or done.stdout).split())
        yield Trouble(program.file, 1, f"not accepted: {told[:500]}")


def _read(lines: Iterable[str], file: Path, sources: Known) -> Iterator[Trouble]:
    """Those lines of a program's that mean a line of a file."""
    where, said_before = file, ""
    for line in map(str.strip, lines):
        if place := PLACE.fullmatch(line):
            yield Trouble((ROOT / place["file"]).resolve(), int(place["line"] or 1), place["what"])
            continue
        text = NOISE.sub("", line)
        if broken := IN_TEMPLATE.fullmatch(text):
            yield _in_template(broken, file)
            continue
        if about := next((one for one in sources if text.startswith(f"{one}: ")), None):
            where, text = about, re.sub(r"^\d+:\d+: ", "", text.removeprefix(f"{about}: "))
        elif text == line and not AT_LINE.match(line):
            continue
        # Newer promtools say some things twice; amtool says SUCCESS before it looks at templates.
        known = text in ("", "SUCCESS", said_before) or text.endswith("unmarshal errors:")
        if not known and where in sources:
            source = sources[where]
            yield Trouble(where, *(_located(text, source) if source else (1, text)))
        said_before = text


def _located(text: str, source: Source) -> tuple[int, str]:
    text = re.sub(r"^yaml: (unmarshal errors: *)?", "", text)
    if at := AT_LINE.match(text):
        return int(at["line"]), _worded(at["what"])
    if inside := IN_GROUP.match(text):
        return _in_rule(inside, source)
    words = [next(filter(None, found)) for found in QUOTED.findall(text)]
    return next((line for word in words if (line := source.line_with(word)) > 1), 1), text


def _in_rule(found: "re.Match[str]", source: Source) -> tuple[int, str]:
    group = next((one for one in groups(source) if one.name == found["group"]), None)
    if group is None or int(found["rule"]) > len(group.rules):
        return source.line_with(found["group"]), found["what"]
    rule = group.rules[int(found["rule"]) - 1]
    if wrong := IN_EXPR.match(found["what"]):
        lines = rule.expr.text.split("\n")
        at = sum(len(line) + 1 for line in lines[: int(wrong["line"]) - 1]) + int(wrong["column"]) - 1
        return source.line_of(rule.expr, "", at), f"the expression is wrong: {wrong['what']}"
    return rule.line, found["what"]


def _in_template(found: "re.Match[str]", named_by: Path) -> Trouble:
    unknown = FUNCTION.fullmatch(found["what"])
    what = f"the template is wrong: {found['what']}{meant(unknown[1], go_templates.WORDS) if unknown else ''}"
    file = next(iter(sorted(named_by.parent.rglob(found["file"]))), None)
    return Trouble(file, int(found["line"]), what) if file else Trouble(named_by, 1, f"{found['file']}: {what}")


def _worded(what: str) -> str:
    field = FIELD.fullmatch(what)
    return f'unknown key "{field[1]}"{meant(field[1], KEYS)}' if field else what


def readable(files: Sequence[Path]) -> tuple[dict[Path, Source], list[Trouble]]:
    """The files that are YAML, and what is wrong with the others."""
    sources, troubles = {}, []
    for file in files:
        try:
            sources[file] = read(file)
        except ConfigError as e:
            text = str(e).removeprefix(f"{file}:")
            line, _, what = text.partition(": ")
            troubles.append(Trouble(file, int(line), what) if line.isdigit() else Trouble(file, 1, text.strip()))
    return sources, troubles
