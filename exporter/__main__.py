"""Wiring: flags, environment, and which of its verbs the program is asked for."""

import asyncio
import logging
import os
import sys

from exporter import config as configuration
from exporter import flags as command_line
from exporter.config import Config
from exporter.flags import Flags
from exporter.heartbeats.register import Keys
from exporter.heartbeats.store import StorageInUse, registered
from exporter.serve import serve
from toolkit import webconfig
from toolkit.secret import own_secret
from toolkit.strict import ConfigError


def own_url(flags: Flags) -> str:
    """What ping URLs begin with, where the configuration names no external_url."""
    host = flags.host if flags.host not in ("", "0.0.0.0", "::") else "127.0.0.1"
    scheme = "https" if flags.web_config is not None and webconfig.load(flags.web_config).tls else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{flags.port}"


def print_urls(flags: Flags, config: Config, keys: Keys) -> None:
    """`<id>  <url>` of each heartbeat in the file and each registered one."""
    base = config.external_url or own_url(flags)
    given = {definition.id: definition.token for definition in config.heartbeats.values()}
    for id, token in {**registered(flags.storage), **given}.items():
        print(f"{id}  {base}/ping/{keys.token(id, token)}")
    if flags.keys:
        print(f"\nany id, made when new  {base}/ping/{keys.ping_key}/<id>?create=1\nAPI key  {keys.api_key}")


def main() -> None:
    """The console script."""
    flags = command_line.parse(sys.argv[1:])
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        config = configuration.load(flags.config_file, os.environ)
        if flags.web_config is not None:
            webconfig.load(flags.web_config)
        if flags.check:
            print(f"{flags.config_file}: {len(config.heartbeats)} heartbeats, no mistakes found")
            return
        secret = config.secret_key.encode() if config.secret_key else own_secret(flags.storage)
        keys = Keys(secret, config.ping_key, config.api_key)
        if flags.verb == "urls":
            print_urls(flags, config, keys)
        else:
            asyncio.run(serve(flags, config, keys, own_url(flags)))
    except (ConfigError, ValueError, StorageInUse, OSError) as e:
        sys.exit(f"exporter: {e}")


if __name__ == "__main__":
    main()
