"""The sections `notify` and `relay` of the configuration file.

notify:
  - {name: discord, discord_file: /etc/heartline/discord-webhook}
  - {name: phone, env: PUSHOVER_URL, severities: [critical]}
  - {name: mail, url: "mailto://watch.example?to=ops@watch.example"}
relay:
  secret_file: /etc/heartline/relay-secret
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import aiohttp

from analyzer.notify.apprise import Apprise, NoSuchService, plugin
from analyzer.notify.buckets import Buckets, Everywhere
from analyzer.notify.discord import Discord
from analyzer.notify.incident import SEVERITIES
from analyzer.notify.relay import Settings
from analyzer.notify.service import Service
from toolkit import declared
from toolkit.strict import Section
from toolkit.urls import is_web

NAME = re.compile("[a-z0-9][a-z0-9_-]{0,49}")
WEBHOOK = re.compile(r"https?://[^\s/?#@]+/api(/v\d+)?/webhooks/\d+/[\w-]+(\?thread_id=\d+)?")
WEBHOOK_VARIABLE, OF_ENVIRONMENT = "DISCORD_WEBHOOK_URL", "discord"
SOURCES = ("discord", "discord_file", "url", "url_file", "env")


@dataclass(frozen=True, slots=True)
class Notify:
    """One service as it is declared; `url` is a secret."""

    name: str
    kind: Literal["discord", "apprise"]
    url: str = field(repr=False)
    severities: frozenset[str]  # those it hears of; all where it is empty


@dataclass(frozen=True, slots=True)
class RelayConfig:
    secret: str | None = field(repr=False)  # None: the page is off
    settings: Settings


@dataclass
class Reach:
    """What services share, and what outlives a reload: limits by webhook, and the HTTP session."""

    clock: Callable[[], float]
    everywhere: Everywhere = field(default_factory=Everywhere)
    buckets: dict[str, Buckets] = field(default_factory=dict)
    _session: aiohttp.ClientSession | None = None

    def session(self) -> aiohttp.ClientSession:
        """Made at the first message, for it needs the running loop."""
        if self._session is None:
            self._session = aiohttp.ClientSession()
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


def services(declared: tuple[Notify, ...], reach: Reach) -> list[Service]:
    """Those that the relay delivers to."""
    return [_service(one, reach) for one in declared]


def _service(one: Notify, reach: Reach) -> Service:
    if one.kind == "apprise":
        return Apprise(one.name, plugin(one.url), one.severities)
    webhook = one.url.partition("?")[0]
    buckets = reach.buckets.setdefault(webhook, Buckets(reach.everywhere))
    return Discord(one.name, one.url, one.severities, buckets, reach.session, reach.clock)


def notify(top: Section, environ: Mapping[str, str]) -> tuple[Notify, ...]:
    """The section `notify`, checked; ConfigError names the first mistake, never a URL.

    A webhook of the environment (DISCORD_WEBHOOK_URL, or its file) is one more, unless the file has one of its name.
    """
    found: dict[str, Notify] = {}
    for section in top.sections("notify"):
        one = _notify(section, environ)
        if one.name in found:
            raise section.error("name", f"{one.name!r} is there twice")
        found[one.name] = one
    given = Section("the environment", "", 0, {})
    webhook = given.secret(WEBHOOK_VARIABLE.lower(), environ, Path.read_text)
    if webhook is not None and OF_ENVIRONMENT not in found:
        found[OF_ENVIRONMENT] = _checked(given, OF_ENVIRONMENT, webhook, "", frozenset())
    return tuple(found.values())


def _notify(section: Section, environ: Mapping[str, str]) -> Notify:
    name = section.text("name")
    if not NAME.fullmatch(name):
        raise section.error("name", f"{name!r}: expected lower-case letters, digits, _ -, at most 50 of them")
    severities = frozenset(section.texts("severities"))
    strange = sorted(severities - set(SEVERITIES))
    if strange:
        raise section.error("severities", f"{strange[0]!r}: expected some of {', '.join(SEVERITIES)}")
    discord = section.secret("discord", {}, Path.read_text, "DISCORD")
    url = section.secret("url", {}, Path.read_text, "URL")
    variable = section.text("env", None)
    given = [one for one in (discord, url, variable) if one is not None]
    if not given:
        raise section.missing_one_of(SOURCES)
    if len(given) > 1:
        raise section.error(None, f"give only one of {', '.join(SOURCES)}")
    section.end()
    return _checked(section, name, discord, url or _of_environment(section, variable, environ), severities)


def _of_environment(section: Section, variable: str | None, environ: Mapping[str, str]) -> str:
    if variable is None:
        return ""
    url = environ.get(variable, "").strip()
    if not url:
        raise section.error("env", f"the environment has no {variable}")
    return url


def _checked(section: Section, name: str, discord: str | None, url: str, severities: frozenset[str]) -> Notify:
    if discord is None and WEBHOOK.fullmatch(url):
        discord = url
    if discord is not None:
        if not WEBHOOK.fullmatch(discord):
            raise section.error("discord", "expected a webhook's URL: https://discord.com/api/webhooks/<id>/<token>")
        return Notify(name, "discord", discord, severities)
    try:
        plugin(url)
    except NoSuchService as e:
        raise section.error("url" if section.has("url") else "env", str(e)) from e
    return Notify(name, "apprise", url, severities)


def relay(section: Section | None, environ: Mapping[str, str]) -> RelayConfig:
    """The section `relay`; without it the secret of the environment counts."""
    section = section or Section("the environment", "relay", 0, {})
    secret = declared.key(section, "secret", environ, "ANALYZER_RELAY_SECRET")
    usual = Settings()
    settings = Settings(
        hold=section.duration("hold", usual.hold, low=0.0, high=300.0),
        remind_after=section.duration("remind_after", usual.remind_after, low=60.0),
        confirm_within=section.duration("confirm_within", usual.confirm_within, low=60.0),
        grafana=_url(section, "grafana", environ, "http://127.0.0.1:3000"),
        alertmanager=_url(section, "alertmanager", environ, "http://127.0.0.1:9093"),
    )
    section.end()
    return RelayConfig(secret, settings)


def _url(section: Section, key: str, environ: Mapping[str, str], example: str) -> str:
    """Of another program, from the file or the environment; empty without one."""
    url = section.text(key, None) or environ.get(f"ANALYZER_{key.upper()}", "")
    if url and not is_web(url):
        raise section.error(key, f"expected a URL such as {example}")
    return url
