"""Start the exporter, the analyzer, Prometheus, Alertmanager and, if installed, Grafana; and stop them together."""

import argparse
import fcntl
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from stack import adapt, check, config_flags, docker, grafana, ports, relay, secret, together, tools, urls
from stack.asked import asked
from stack.grafana import Grafana
from stack.journal import Journal
from stack.layout import HOST, ROOT, Configs, Ports, Program
from stack.problem import Problem
from stack.relay import Relay

# What `up` itself says to the exporter, or what would end it at once.
OWN = {
    "--config.file": "--exporter.config=FILE says it",
    "--web.listen-address": "--exporter.port=N says it",
    "--storage.path": "--data=FOLDER says it",
    "--web.config.file": "up and Prometheus speak to it without TLS and password",
    "--config.check": "./heartline check does that",
    "urls": "./heartline urls does that",
}


def main(arguments: list[str]) -> int:
    """Run until Ctrl-C or SIGTERM (0); `Problem` when something is in the way or a program ends by itself."""
    options = parse(arguments)
    data, values = options.data.resolve(), secret.settings(ROOT / ".env", os.environ)
    if options.docker:
        return docker.up(data, values)
    with only_one(data):
        _run(options, data, values)
    return 0


def _run(options: argparse.Namespace, data: Path, values: Mapping[str, str]) -> None:
    """Start all programs on the folder that is held, and wait for their end."""
    listen = Ports(**{program: getattr(options, f"{program}_port") for program in vars(Ports())})
    given = config_flags.configs(options)
    webhook, called = secret.discord_webhook(values, data), secret.watchdog(values, data)
    environ = secret.without_urls(values)
    told = relay.relay(given.analyzer, data, values, webhook)
    configs = adapted(given, data, listen, told, webhook, called)
    everything = {**environ, **told.environ}
    check.check(configs, everything, lambda text: secret.scrub(text, webhook, called), options.suite)
    places = os.pathsep.join((values.get("PATH", ""), *grafana.PLACES))
    shown = grafana.grafana(data, options.grafana_port, listen, places)
    # What a click on a message opens, unless a person has said it otherwise.
    linked = {"ANALYZER_GRAFANA": shown.program.url} if shown and "ANALYZER_GRAFANA" not in values else {}
    programs = commands(configs, data, listen, options.suite, options.exporter, {**told.environ, **linked})
    if options.exporter:
        require_understood(programs[0].command, environ)
    programs += [shown.program] if shown else []
    ports.require_free(vars(listen) | ({"grafana": options.grafana_port} if shown else {}))
    names = [program.name for program in programs]
    journal = Journal(data / "logs", names, sys.stdout, webhook, called, nobody=not told.services)
    try:
        together.run(
            programs, journal, environ, lambda: journal.say(banner(programs, options.data, told, environ, shown))
        )
    finally:
        journal.close()
    journal.say("\nstopped")


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the flags, `exporter` those after `--`; the program's usual words and exit 2 when one is unknown."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    parser = argparse.ArgumentParser(
        prog="heartline up",
        usage="%(prog)s [OPTION...] [-- EXPORTER FLAG...]",
        description=__doc__,
        epilog="What follows -- is for the exporter: heartline up -- --collector.systemd --no-collector.arp",
        allow_abbrev=False,
    )
    parser.add_argument("--data", type=Path, default=ROOT / "data", help="folder of all that is kept (%(default)s)")
    for program, port in vars(Ports()).items():
        parser.add_argument(f"--{program}.port", type=int, default=port, dest=f"{program}_port", metavar="N")
    config_flags.add(parser)
    parser.add_argument("--grafana.port", type=int, default=docker.GRAFANA, dest="grafana_port", metavar="N")
    parser.add_argument("--docker", action="store_true", help="in containers, as docker-compose.yml says; goes alone")
    parser.add_argument("--suite", choices=tools.SUITES, default="stable", help="of the distribution (%(default)s)")
    options = parser.parse_args(arguments[:end])
    options.exporter = arguments[end + 1 :]
    if options.docker and len(arguments) > 1:
        parser.error("--docker goes alone: docker-compose.yml says the rest")
    for word in options.exporter:
        if (name := word.partition("=")[0]) in OWN:
            parser.error(f"{name} is not for the exporter here: {OWN[name]}")
    return options


@contextmanager
def only_one(data: Path) -> Iterator[None]:
    """Hold the data folder; its programs hold it with us, so that it stays held while one of them still runs."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (data / "up.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as e:
            file.seek(0)
            raise Problem(_who_holds(data, file.read().strip())) from e
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def _who_holds(data: Path, process: str) -> str:
    if process.isdigit() and psutil.pid_exists(int(process)):
        return f"already up on {data} (process {process})"
    # kill -9 is the one end that up cannot pass on; its programs then hold the folder.
    left = [str(p.pid) for p in psutil.process_iter(["cmdline"]) if _runs_on(data, p.info["cmdline"] or [])]
    return f"an up that was killed left programs running on {data}: kill {' '.join(left)}"


def _runs_on(data: Path, command: list[str]) -> bool:
    return any(word.startswith("--storage") and word.partition("=")[2].startswith(f"{data}/") for word in command)


def adapted(given: Configs, data: Path, listen: Ports, told: Relay, webhook: str, called: str) -> Configs:
    """The given files where they fit, else copies in `data` with the ports in use and the secrets.

    `called` is the URL of the outside watchdog, empty without one.
    """
    moved = listen.moved()
    prometheus, alertmanager = given.prometheus, given.alertmanager
    if moved:
        prometheus = data / "prometheus.yml"
        adapt.write(adapt.adapt(given.prometheus.read_text(), given.prometheus.parent, moved), prometheus)
    elsewhere = str(told.secret) not in adapt.RELAY_SECRETS
    replaced = moved | (dict.fromkeys(adapt.RELAY_SECRETS, str(told.secret)) if elsewhere else {})
    if replaced or webhook or called:
        alertmanager = data / "alertmanager.yml"
        adapt.write(adapt.alertmanager(given.alertmanager, replaced, webhook, called), alertmanager)
    return Configs(given.exporter, prometheus, alertmanager, given.analyzer)


def commands(
    configs: Configs,
    data: Path,
    listen: Ports,
    suite: str,
    flags: Sequence[str] = (),
    secrets: Mapping[str, str] | None = None,
) -> list[Program]:
    """The programs, in the order in which they start; `flags` are more for the exporter, `secrets` for the analyzer."""
    at = {name: f"http://{HOST}:{port}/" for name, port in vars(listen).items()}
    # Healthy and not ready: with a disk that is full it cannot load, and that is what Prometheus has to tell.
    exporter = Program("exporter", _exporter(configs, data, listen, flags), at["exporter"], "-/healthy")
    # Prometheus asks the exporter for its targets when it starts, and after a refusal not again for a minute.
    after = (sys.executable, "-m", "stack.ready", exporter.ready_url)
    return [
        exporter,
        Program("prometheus", (*after, *_prometheus(configs, data, listen, suite)), at["prometheus"]),
        Program("alertmanager", _alertmanager(configs, data, listen, suite), at["alertmanager"]),
        # Healthy and not ready: that a disk is full or a host unreachable is what Prometheus has to tell.
        Program("analyzer", _analyzer(configs, data, listen), at["analyzer"], "-/healthy", secrets or {}),
    ]


def _exporter(configs: Configs, data: Path, listen: Ports, flags: Sequence[str]) -> tuple[str, ...]:
    return (
        *(sys.executable, "-m", "exporter", *flags),
        # Last, so that they hold: it also takes flags that are cut short.
        f"--config.file={configs.exporter}",
        f"--web.listen-address={HOST}:{listen.exporter}",
        f"--storage.path={data}/exporter",
    )


def _prometheus(configs: Configs, data: Path, listen: Ports, suite: str) -> tuple[str, ...]:
    return (
        str(tools.find("prometheus", suite)),
        f"--config.file={configs.prometheus}",
        f"--storage.tsdb.path={data}/prometheus",
        "--storage.tsdb.retention.time=90d",
        f"--web.listen-address={HOST}:{listen.prometheus}",
        f"--web.external-url=http://{HOST}:{listen.prometheus}/",
        "--web.enable-lifecycle",
    )


def _alertmanager(configs: Configs, data: Path, listen: Ports, suite: str) -> tuple[str, ...]:
    return (
        str(tools.find("alertmanager", suite)),
        f"--config.file={configs.alertmanager}",
        f"--storage.path={data}/alertmanager",
        f"--web.listen-address={HOST}:{listen.alertmanager}",
        f"--web.external-url=http://{HOST}:{listen.alertmanager}/",
        "--cluster.listen-address=",
    )


def _analyzer(configs: Configs, data: Path, listen: Ports) -> tuple[str, ...]:
    return (
        *(sys.executable, "-m", "analyzer"),
        f"--config.file={configs.analyzer}",
        f"--web.listen-address={HOST}:{listen.analyzer}",
        f"--storage.path={data}/analyzer",
    )


def require_understood(command: Sequence[str], environ: Mapping[str, str]) -> None:
    """Raise `Problem`, with the exporter's own line, when it does not take its flags."""
    done = asked([*command, "--config.check"], environ)
    if done.returncode != 0:
        raise Problem(done.stderr.rstrip().rpartition("\n")[2] or f"the exporter ended with {done.returncode}")


def banner(
    programs: list[Program], data: Path, told: Relay, environ: Mapping[str, str], shown: Grafana | None = None
) -> str:
    """What a person sees once all is ready; its last line stays the one about Ctrl-C."""
    lines = ["", *(f"  {program.name:13} {program.url}" for program in programs)]
    if shown and shown.made:
        lines += ["", f"  {grafana.told(shown.made, f'{data}/grafana_password')}"]
    example = _example(programs[0].command, environ)
    lines += ["", *example, ""] if example else [""]
    if told.services:
        lines.append(f"Alerts are told to {', '.join(told.services)}.")
    else:
        lines.append(
            f"Nobody is told: alerts stay on Alertmanager's page. Put {secret.NAME}=<URL> into .env to have them in"
            " Discord, or any other service under notify: into analyzer.yml."
        )
    lines.append(f"Ctrl-C stops all; data and logs are kept in {data}.")
    return "\n".join(lines)


def _example(command: Sequence[str], environ: Mapping[str, str]) -> list[str]:
    """How the first heartbeat reports that the exporter's configuration names."""
    at = command.index("exporter") + 1
    return urls.first(asked([*command[:at], "urls", *command[at:]], environ))
