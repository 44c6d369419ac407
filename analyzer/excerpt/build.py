"""Words what a model may read of one host's run: what is new, bursting or severe first, within a budget of tokens.

One line a template: `T1 critical new x42 usual 3 "auth" line 17 "example" shape "..."`. Everything that comes from a
log stands in a JSON string on one line, so that no log can end it, begin another or count itself away.
"""

import json
from collections.abc import Iterable, Mapping, Sequence

from analyzer.excerpt.clean import clean
from analyzer.excerpt.miner import CUT
from analyzer.excerpt.template import Excerpt, Shown, Template
from analyzer.excerpt.tokens import tokens

BURST_LINES = 10
BURST_TIMES = 3
CUT_SOURCE = 60
CUT_SHAPE = 80
POINTS = {"critical": 8, "warning": 4, "info": 0, None: 0}

Named = tuple[str, Template]


def build(templates: Mapping[str, Sequence[Template]], budget: int) -> Excerpt:
    """The excerpt of a host from the templates of its sources; its `tokens` never exceed the budget."""
    every = [(source, template) for source, found in templates.items() for template in found]
    ranked = sorted((named for named in every if not quiet(named[1])), key=_rank)
    usual = [named for named in every if quiet(named[1])]
    room = budget - tokens(_end(every, every))
    told, shown, cut = _fill(ranked, room)
    text = "\n".join([*told, _end(usual, cut)])
    if tokens(text) > budget:  # a budget that does not even hold the last line
        text, shown, cut = "", {}, ranked
    left = [*usual, *cut]
    return Excerpt(text, tokens(text), shown, len(left), _lines(left))


def burst(template: Template) -> bool:
    """More lines than a run of this source usually has of it."""
    return template.usual > 0 and template.count >= max(BURST_LINES, BURST_TIMES * template.usual)


def quiet(template: Template) -> bool:
    """Neither new nor bursting nor severe, and known to be usual here."""
    return template.usual > 0 and not burst(template) and template.level in (None, "info")


def _rank(named: Named) -> tuple[int, int, str, int]:
    source, template = named
    points = POINTS[template.level] + 3 * template.new + 3 * burst(template)
    return -points, -template.count, source, template.line


def _fill(ranked: Sequence[Named], room: int) -> tuple[list[str], dict[str, Shown], list[Named]]:
    """Lines of the text, what they show by name, and what did not fit."""
    told: list[str] = []
    shown: dict[str, Shown] = {}
    cut: list[Named] = []
    for source, template in ranked:
        name = f"T{len(shown) + 1}"
        entry = Shown(source, template.id, template.line, clean(template.example, CUT))
        line = _line(name, entry, template)
        cost = tokens(line + "\n")
        if cost > room:
            cut.append((source, template))
            continue
        room -= cost
        told.append(line)
        shown[name] = entry
    return told, shown, cut


def _line(name: str, shown: Shown, template: Template) -> str:
    words = [name, template.level or "", "new" if template.new else "", "burst" if burst(template) else ""]
    words += [f"x{template.count}", f"usual {template.usual:.1f}" if template.usual else ""]
    words += [_string(clean(shown.source, CUT_SOURCE)), f"line {shown.line}", _string(shown.text)]
    if template.count > 1:
        words += ["shape", _string(clean(template.text, CUT_SHAPE))]
    return " ".join(word for word in words if word)


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _end(usual: Sequence[Named], cut: Sequence[Named]) -> str:
    return (
        f"Left out: {len(usual)} templates with {_lines(usual)} lines, as usual; "
        f"{len(cut)} templates with {_lines(cut)} lines, beyond the budget."
    )


def _lines(named: Iterable[Named]) -> int:
    return sum(template.count for _, template in named)
