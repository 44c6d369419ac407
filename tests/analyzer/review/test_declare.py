"""Models and budgets as a person declares them."""

from math import inf
from pathlib import Path

import pytest

from analyzer.review import declare
from analyzer.review.budget import Budget, Price
from analyzer.review.declare import Model
from toolkit.strict import ConfigError, load

TEXT = """
models:
  - name: gpt
    base_url: https://api.openai.com/v1/
    model: gpt-4o-mini
    api_key: sk-1
    context_tokens: 128000
    max_tokens: 2000
    price: {input: 0.15, output: 0.6}
    headers: {X-Title: heartline}
  - {name: own, base_url: "http://127.0.0.1:11434/v1", model: "qwen3:8b", trust: local, timeout: 2m}
budget: {run_tokens: 20000, day_money: 0.25}
"""


def declared(text: str, environ: dict[str, str] | None = None) -> tuple[tuple[Model, ...], Budget]:
    top = load(text, "f.yml")
    models = declare.models(top, environ or {})
    budget = declare.budget(top.section("budget"), models)
    top.end()
    return models, budget


def test_models_are_read_in_order_with_what_they_cost() -> None:
    (gpt, own), budget = declared(TEXT)
    assert (gpt.name, gpt.base_url, gpt.trust, gpt.api_key) == ("gpt", "https://api.openai.com/v1", "remote", "sk-1")
    assert (gpt.price, gpt.headers, gpt.timeout) == (Price(0.15, 0.6, "USD"), {"X-Title": "heartline"}, 30.0)
    assert (own.trust, own.price, own.timeout, own.at_once, own.api_key) == ("local", Price(), 120.0, 1, None)
    assert budget == Budget(run_tokens=20000, day_money=0.25)


def test_without_any_there_are_none_and_no_bounds() -> None:
    assert declared("") == ((), Budget(inf, inf, inf, inf))


def test_a_key_comes_from_a_file_or_the_environment_as_well(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("sk-2\n")
    entry = "models: [{name: open-router, base_url: 'http://h/v1', model: m%s}]"
    (one,), _ = declared(entry % f", api_key_file: {tmp_path / 'key'}")
    (other,), _ = declared(entry % "", {"OPEN_ROUTER_API_KEY": "sk-3"})
    assert (one.api_key, other.api_key) == ("sk-2", "sk-3")


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("{name: a b, base_url: 'http://h/v1', model: m}", "'a b': expected letters"),
        ("{name: a, base_url: 'ftp://h/v1', model: m}", "expected a URL"),
        ("{name: a, base_url: 'http://u:p@h/v1', model: m}", "no user, password"),
        ("{name: a, base_url: 'http://[h/v1', model: m}", "expected a URL"),
        ("{name: a, base_url: 'http://h/v1', model: m, trust: lokal}", 'did you mean "local"'),
        ("{name: a, base_url: 'http://h/v1', model: m, max_tokens: 5000}", "at most half"),
        ("{name: a, base_url: 'http://h/v1', model: m, headers: {Authorization: x}}", "cannot be set here"),
        ("{name: a, base_url: 'http://h/v1', model: m, headers: {'X Y': x}}", "cannot be set here"),
        ("{name: a, base_url: 'http://h/v1', model: m, price: {input: 1, output: 1, currency: usd}}", "three capitals"),
        ("{name: a, base_url: 'http://h/v1', model: m, ca_file: /nonexistent}", "no certificates"),
        ("{name: a, base_url: 'http://h/v1', model: m, temprature: 1}", "unknown key"),
    ],
)
def test_a_mistake_stops_the_start(entry: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        declared(f"models: [{entry}]")


def test_two_models_of_one_name_and_two_currencies_are_refused() -> None:
    with pytest.raises(ConfigError, match="there twice"):
        declared("models: [{name: a, base_url: 'http://h/v1', model: m}, {name: a, base_url: 'http://i/v1', model: m}]")
    euros = "models: [{name: a, base_url: 'http://h/v1', model: m, price: {input: 1, output: 1, currency: EUR}}]"
    assert declared(euros + "\nbudget: {day_tokens: 5}")[1].day_tokens == 5
    with pytest.raises(ConfigError, match="priced in EUR, the budget is in USD"):
        declared(euros + "\nbudget: {day_money: 5}")
