"""Wiring: flags, environment, and which of its verbs the program is asked for."""

import asyncio
import logging
import os
import sys
import time
from collections.abc import Iterable

from analyzer import config as configuration
from analyzer import flags as command_line
from analyzer import means as parts
from analyzer.config import Config
from analyzer.counts import Counts
from analyzer.fetch.pins import CannotPin
from analyzer.fetch.syslog import CannotListen
from analyzer.fetch.way import Unreachable
from analyzer.flags import Flags
from analyzer.notify import declare
from analyzer.notify.store import StoreError
from analyzer.notify.test import test
from analyzer.serve import serve
from analyzer.store import StorageError, StorageInUse, Store
from analyzer.verbs import baseline, check, digest, enroll, explain, once, review
from toolkit import webconfig
from toolkit.secret import own_secret
from toolkit.strict import ConfigError

STORAGE = (StorageError, StorageInUse, StoreError)


def show(line: str) -> None:
    print(line, flush=True)


def show_all(lines: Iterable[str]) -> int:
    for line in lines:
        show(line)
    return 0


def run(flags: Flags) -> int:
    """What the command line asks for; its exit code."""
    match flags.verb, flags.action:
        case "review", _:
            return show_all(review.review(flags.file))
        case "explain", _:
            return show_all(explain.explain(flags.storage, flags.name))
        case "baseline", "show":
            return show_all(baseline.show(flags.storage, flags.name))
        case "baseline", "accept":
            return show_all(baseline.accept(flags.storage, flags.name, time.time()))
    config = configuration.load(flags.config_file, os.environ, flags.storage)
    if flags.web_config is not None:
        webconfig.load(flags.web_config)
    parts.check(config)
    if flags.check:
        show(f"{flags.config_file}: {len(config.hosts)} hosts, no mistakes found")
        return 0
    return asyncio.run(_run(flags, config))


async def _run(flags: Flags, config: Config) -> int:
    if flags.verb == "enroll":
        async for line in enroll.enroll(config, flags.storage, flags.name, flags.replace):
            show(line)
        return 0
    if flags.verb == "notify":
        return await _notify(flags, config)
    if flags.verb == "digest":
        return await _digest(flags, config)
    key = own_secret(flags.storage)
    if flags.verb == "check":
        return await check.check(config, key, show)
    if flags.once:
        return await _once(flags, config, key)
    await serve(flags, config, key)
    return 0


async def _notify(flags: Flags, config: Config) -> int:
    reach = declare.Reach(time.monotonic)
    try:
        return await test(declare.services(config.notify, reach), flags.name or None, time.time(), show)
    finally:
        await reach.close()


async def _digest(flags: Flags, config: Config) -> int:
    if flags.preview is not None:
        show(digest.write(flags.preview, await digest.preview(config, flags.storage, time.time())))
        return 0
    reach = declare.Reach(time.monotonic)
    try:
        return await digest.send_now(config, flags.storage, reach, time.time(), show)
    finally:
        await reach.close()


async def _once(flags: Flags, config: Config, key: bytes) -> int:
    hosts = [host for host in config.hosts if flags.only in (None, host.name)]
    if not hosts:
        raise ValueError(f"{config.name} has no host {flags.only!r}" if flags.only else f"{config.name} has no hosts")
    store = Store(flags.storage)
    try:
        means = parts.build(config, store, Counts(), key)
        try:
            return await once.once(means, hosts, show)
        finally:
            await means.reviewing.close()
    finally:
        store.close()


def main() -> None:
    """The console script."""
    flags = command_line.parse(sys.argv[1:])
    quiet = flags.once or flags.verb
    logging.basicConfig(
        level=logging.WARNING if quiet else logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    try:
        sys.exit(run(flags))
    except BrokenPipeError:
        sys.exit(141)  # whoever read along has seen enough
    except (
        ConfigError,
        ValueError,
        StorageError,
        StorageInUse,
        StoreError,
        Unreachable,
        CannotPin,
        CannotListen,
        OSError,
    ) as e:
        sys.exit(f"analyzer: {e}")


if __name__ == "__main__":
    main()
