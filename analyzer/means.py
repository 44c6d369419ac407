"""Builds what runs share from a configuration: rules, redactor, models, and what bounds hosts at once."""

import time
from collections.abc import Callable, Sequence
from random import SystemRandom

from analyzer.config import Config
from analyzer.counts import Counts
from analyzer.fetch.at_once import AtOnce
from analyzer.fetch.pins import missing_pin
from analyzer.fetch.ssh import Ssh
from analyzer.log_families import Watched
from analyzer.redact.load import load as redaction_rules
from analyzer.redact.load import version
from analyzer.redact.redactor import CannotRedact, Redactor
from analyzer.review import prompt
from analyzer.review.declare import Model
from analyzer.review.ports import Cache, Ledger
from analyzer.review.ports import Means as Chance
from analyzer.review.review import Reviewing, Terms
from analyzer.rules.load import load as review_rules
from analyzer.run import Means
from analyzer.store import Store
from toolkit.strict import ConfigError


def build(config: Config, store: Store, counts: Counts, key: bytes) -> Means:
    """ConfigError for a rule file that is wrong or a missing pin; `counts` are left as they are, see `expect`."""
    require_pins(config)
    return Means(
        config=config,
        store=store,
        counts=counts,
        rules=review_rules(*config.rules),
        redactor=redactor(config, key),
        reviewing=reviewing(config, config.models, store, store, key),
        at_once=AtOnce(config.at_once),
        key=key,
        clock=time.time,
        monotonic=time.monotonic,
    )


def check(config: Config) -> None:
    """ConfigError for a rule file that is wrong."""
    review_rules(*config.rules)
    redaction_rules(config.redaction.files)


def require_pins(config: Config) -> None:
    """ConfigError for a host, or a jump host, whose key is not pinned: nobody connects to whoever answers there."""
    for host in config.hosts:
        missing = missing_pin(host.way) if isinstance(host.way, Ssh) else None
        if missing:
            raise ConfigError(f"{config.name}: host {host.name}: {missing}; first: analyzer enroll {host.name}")


def redactor(config: Config, key: bytes) -> Callable[[], Redactor]:
    """Makes redactors, each with counts of its own."""
    rules, addresses = redaction_rules(config.redaction.files), config.redaction.addresses
    return lambda: Redactor(rules, key, addresses)


def reviewing(config: Config, models: Sequence[Model], ledger: Ledger, cache: Cache, key: bytes) -> Reviewing:
    """The models as this configuration has them asked."""
    redactor_version = version(redaction_rules(config.redaction.files))
    redact = redactor(config, key)().text
    terms = Terms(config.budget, config.excerpt_tokens, prompt.own(), redactor_version, redact, CannotRedact)
    return Reviewing.of(models, terms, ledger, cache, Chance(time.time, time.monotonic, SystemRandom()))


def expect(counts: Counts, config: Config) -> None:
    """Count what this configuration has, from zero where it is new, and forget the rest."""
    sources = {host.name: [source.name for source in host.sources] for host in config.hosts}
    currencies = {model.name: model.price.currency for model in config.models}
    counts.expect(sources, currencies, [rule.id for rule in redaction_rules(config.redaction.files)])


def watched(config: Config) -> dict[str, Watched]:
    """The configured hosts, as their metrics know them."""
    return {host.name: Watched(host.every, [source.name for source in host.sources]) for host in config.hosts}
