"""The analyzer's command line."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from toolkit.flags import address


@dataclass(frozen=True, slots=True)
class Flags:
    verb: str  # "" to serve; review, enroll, baseline, check, explain, notify, digest
    config_file: Path
    host: str
    port: int
    storage: Path
    web_config: Path | None
    check: bool
    once: bool
    only: str | None  # with --once: this host alone
    file: str  # of review: the log, "-" for what is piped in
    name: str  # of enroll and baseline: the host; of explain: the fingerprint; of notify: the service, "": all
    action: str  # of baseline: show or accept; of notify: test
    preview: Path | None  # of digest: where the page goes; None: it is sent
    replace: bool  # of enroll: another key than the pinned one may take its place


def parse(arguments: Sequence[str]) -> Flags:
    """The flags; ends the program with a message and status 2 where they are wrong."""
    parser = argparse.ArgumentParser("analyzer", description="Reviews the logs of hosts, and says what matters.")
    _add_common(parser, first=True)
    parser.add_argument("--web.listen-address", dest="listen", type=address, default="127.0.0.1:9798")
    parser.add_argument(
        "--web.config.file", dest="web_config", type=Path, help="TLS and users, as exporter-toolkit has it"
    )
    parser.add_argument("--config.check", dest="check", action="store_true", help="read the configuration and end")
    parser.add_argument("--once", action="store_true", help="review every host once, show a table and end")
    parser.add_argument("--host", dest="only", metavar="HOST", help="with --once: this host alone")
    _add_verbs(parser)
    given = parser.parse_args(arguments)
    if given.only and not given.once:
        parser.error("--host belongs to --once")
    host, port = given.listen
    return Flags(
        verb=given.verb or "",
        config_file=given.config_file,
        host=host,
        port=port,
        storage=given.storage,
        web_config=given.web_config,
        check=given.check,
        once=given.once,
        only=given.only,
        file=getattr(given, "file", ""),
        name=getattr(given, "name", ""),
        action=getattr(given, "action", ""),
        preview=getattr(given, "preview", None),
        replace=getattr(given, "replace", False),
    )


def _add_common(parser: argparse.ArgumentParser, first: bool) -> None:
    """Flags that stand before or after the verb; behind it they have no default, which would undo one before it."""
    config = Path("analyzer/analyzer.yml") if first else argparse.SUPPRESS
    storage = Path("data/analyzer") if first else argparse.SUPPRESS
    parser.add_argument("--config.file", dest="config_file", type=Path, default=config)
    parser.add_argument("--storage.path", dest="storage", type=Path, default=storage)


def _add_verbs(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", metavar="VERB")
    review = verbs.add_parser("review", help="review a log file at once: no configuration, no key")
    review.add_argument("file", help="the log; - for what is piped in")
    enroll = verbs.add_parser("enroll", help="show a host's key and pin it")
    enroll.add_argument("name", metavar="HOST")
    enroll.add_argument("--replace", action="store_true", help="pin it although another key is pinned")
    baseline = verbs.add_parser("baseline", help="what changed on a host since it was last accepted")
    baseline.add_argument("action", choices=["show", "accept"])
    baseline.add_argument("name", metavar="HOST")
    verbs.add_parser("check", help="is the configuration right, is each host reached, does each model answer?")
    explain = verbs.add_parser("explain", help="all that is known of one finding")
    explain.add_argument("name", metavar="FINGERPRINT")
    notify = verbs.add_parser("notify", help="does a message arrive?")
    notify.add_argument("action", choices=["test"])
    notify.add_argument("name", nargs="?", default="", metavar="SERVICE")
    digest = verbs.add_parser("digest", help="show or send the report of the day or week that ends now")
    what = digest.add_mutually_exclusive_group(required=True)
    what.add_argument("--preview", type=Path, metavar="FILE", help="write it as an HTML page")
    what.add_argument("--send", action="store_true", help="send it to the services that hear of it")
    for verb in verbs.choices.values():
        _add_common(verb, first=False)
