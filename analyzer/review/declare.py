"""Reads what a person declares of models: where they are, what they take and cost, and what may be spent."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from ssl import create_default_context
from typing import Literal, cast
from urllib.parse import urlsplit

from analyzer.review.budget import Budget, Price
from toolkit.strict import Section
from toolkit.urls import is_web

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,62}")  # it becomes a label
CURRENCY = re.compile(r"[A-Z]{3}")
HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")
RESERVED = frozenset({"authorization", "host", "content-length", "content-type", "transfer-encoding", "connection"})

Trust = Literal["local", "remote"]


@dataclass(frozen=True, slots=True)
class Model:
    """One endpoint that speaks OpenAI's chat completions, and one model there."""

    name: str
    base_url: str  # up to and with /v1
    model: str  # as the endpoint calls it
    trust: Trust  # local: lines do not leave this network
    api_key: str | None = field(repr=False)
    context_tokens: int
    max_tokens: int  # of an answer
    price: Price
    timeout: float  # seconds of one call
    at_once: int  # calls; a model on one's own machine answers one after the other anyway
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    ca_file: Path | None = None


def models(top: Section, environ: Mapping[str, str]) -> tuple[Model, ...]:
    """`models:` of the file's top level, in the order in which they are asked."""
    found: dict[str, Model] = {}
    for section in top.sections("models"):
        model = _model(section, environ)
        if model.name in found:
            raise section.error("name", f"{model.name!r} is there twice")
        found[model.name] = model
    return tuple(found.values())


def budget(section: Section | None, models: tuple[Model, ...] = ()) -> Budget:
    """`budget:`; money can only be held against models that are priced in its currency."""
    if section is None:
        return Budget()
    found = Budget(
        run_tokens=section.number("run_tokens", inf, low=0),
        day_tokens=section.number("day_tokens", inf, low=0),
        run_money=section.number("run_money", inf, low=0),
        day_money=section.number("day_money", inf, low=0),
        currency=_currency(section),
    )
    section.end()
    strangers = [model for model in models if _is_foreign(model.price, found)]
    if strangers:
        what = f"{strangers[0].name!r} is priced in {strangers[0].price.currency}"
        raise section.error("currency", f"{what}, the budget is in {found.currency}: give both in one currency")
    return found


def _is_foreign(price: Price, budget: Budget) -> bool:
    costs = bool(price.input or price.output)
    return costs and price.currency != budget.currency and min(budget.run_money, budget.day_money) < inf


def _model(section: Section, environ: Mapping[str, str]) -> Model:
    name = section.text("name")
    if not NAME.fullmatch(name):
        raise section.error("name", f"{name!r}: expected letters, digits, . _ : / -, at most 63 of them")
    trust = cast(Trust, section.choice("trust", ("local", "remote"), "remote"))  # what nobody said is local is not
    model = Model(
        name=name,
        base_url=_url(section),
        model=section.text("model"),
        trust=trust,
        api_key=_key(section, environ, name),
        context_tokens=section.integer("context_tokens", 8192, low=2048, high=10_000_000),
        max_tokens=section.integer("max_tokens", 1000, low=100, high=100_000),
        price=_price(section.section("price")),
        timeout=section.duration("timeout", 30.0, low=0.05, high=600.0),
        at_once=section.integer("at_once", 1 if trust == "local" else 4, low=1, high=100),
        headers=_headers(section),
        ca_file=_authority(section),
    )
    section.end()
    if model.max_tokens * 2 > model.context_tokens:
        raise section.error("max_tokens", "an answer may take at most half of context_tokens")
    return model


def _url(section: Section) -> str:
    text = section.text("base_url")
    if not is_web(text) or not text.isascii():
        raise section.error("base_url", "expected a URL such as https://api.openai.com/v1")
    parts = urlsplit(text)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise section.error("base_url", "no user, password, query or fragment here: give the key as api_key")
    return text.rstrip("/")


def _key(section: Section, environ: Mapping[str, str], name: str) -> str | None:
    """From the file, or from <NAME>_API_KEY."""
    variable = re.sub(r"[^A-Z0-9]", "_", name.upper()) + "_API_KEY"
    key = section.secret("api_key", environ, Path.read_text, variable)
    if key is not None and not (key.isascii() and key.isprintable()):
        raise section.error("api_key", "expected printable ASCII characters")
    return key


def _authority(section: Section) -> Path | None:
    """Who signed the certificate of an endpoint, where that is nobody in public."""
    if not section.has("ca_file"):
        return None
    path = Path(section.text("ca_file"))
    try:
        create_default_context(cafile=str(path))
    except OSError as e:
        raise section.error("ca_file", f"{path}: no certificates can be read from it") from e
    return path


def _price(section: Section | None) -> Price:
    if section is None:
        return Price()
    price = Price(section.number("input", low=0), section.number("output", low=0), _currency(section))
    section.end()
    return price


def _currency(section: Section) -> str:
    currency = section.text("currency", "USD")
    if not CURRENCY.fullmatch(currency):
        raise section.error("currency", f"{currency!r}: expected three capitals such as USD or EUR")
    return currency


def _headers(section: Section) -> dict[str, str]:
    headers = section.text_map("headers")
    for name, value in headers.items():
        if not HEADER.fullmatch(name) or name.lower() in RESERVED:
            raise section.error("headers", f"{name!r} cannot be set here")
        if not (value.isascii() and value.isprintable()):
            raise section.error("headers", f"{name!r}: expected printable ASCII characters")
    return headers
