"""All kinds of what a host is made of."""

from collections.abc import Awaitable, Callable, Mapping

from analyzer.baseline import (
    authorized_keys,
    cron,
    groups,
    kernel,
    listeners,
    packages,
    passwords,
    sudoers,
    suid,
    units,
    users,
)
from analyzer.fetch.way import Way

Collect = Callable[[Way, bytes], Awaitable[list[str]]]

# `etc` stands apart in the look: it alone needs what was seen before.
KINDS: Mapping[str, Collect] = {
    "users": users.collect,
    "passwords": passwords.collect,
    "groups": groups.collect,
    "sudoers": sudoers.collect,
    "authorized_keys": authorized_keys.collect,
    "listeners": listeners.collect,
    "packages": packages.collect,
    "units": units.collect,
    "cron": cron.collect,
    "crontabs": cron.collect_users,
    "kernel": kernel.collect,
    "suid": suid.collect,
}
NAMES = (*KINDS, "etc")
DAILY = ("suid",)
