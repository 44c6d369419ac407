"""How is a Grafana that is installed on this machine started with the dashboards of this repository?"""

import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from stack import adapt
from stack.layout import HOST, ROOT, Ports, Program

HOME = Path("/usr/share/grafana")
PLACES = ("/usr/sbin", f"{HOME}/bin")  # of the package, which the PATH of a person need not have
FOLDER = ROOT / "grafana"
# As in docker-compose.yml: nobody without a password, and nothing is told to, or fetched from, anybody outside.
SETTINGS = {
    "GF_AUTH_ANONYMOUS_ENABLED": "false",
    "GF_USERS_ALLOW_SIGN_UP": "false",
    "GF_ANALYTICS_REPORTING_ENABLED": "false",
    "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
    "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
    "GF_NEWS_NEWS_FEED_ENABLED": "false",
    "GF_PLUGINS_PREINSTALL_DISABLED": "true",
    "GF_SECURITY_DISABLE_GRAVATAR": "true",
}


@dataclass(frozen=True)
class Grafana:
    program: Program
    made: str  # the password, when it was made just now


def grafana(data: Path, port: int, listen: Ports, path: str) -> Grafana | None:
    """The Grafana that is found on `path`, for this port; None when there is none."""
    found = _find(path)
    if found is None:
        return None
    file, made = _password(data / "grafana_password")
    command = (*found, f"--homepath={_home(Path(found[0]))}")
    environ = {
        **SETTINGS,
        "GF_SECURITY_ADMIN_PASSWORD": f"$__file{{{file}}}",
        "GF_SERVER_HTTP_ADDR": HOST,
        "GF_SERVER_HTTP_PORT": str(port),
        "GF_LOG_MODE": "console",
        "GF_PATHS_DATA": str(data / "grafana"),
        "GF_PATHS_LOGS": str(data / "grafana" / "log"),
        "GF_PATHS_PLUGINS": str(data / "grafana" / "plugins"),
        "GF_PATHS_PROVISIONING": str(FOLDER / "provisioning"),
        "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH": str(FOLDER / "dashboards" / "overview.json"),
        "HEARTLINE_DASHBOARDS": str(FOLDER / "dashboards"),
        "HEARTLINE_PROMETHEUS": f"http://{HOST}:{listen.prometheus}",
        "HEARTLINE_ALERTMANAGER": f"http://{HOST}:{listen.alertmanager}",
    }
    return Grafana(Program("grafana", command, f"http://{HOST}:{port}/", "api/health", environ), made)


def told(made: str, place: str) -> str:
    """What a person hears of a password that was made just now."""
    return f"Grafana: user admin, password {made}   (told this once; kept in {place})"


def _find(path: str) -> tuple[str, ...] | None:
    """Since Grafana 9.4 it is `grafana server`; the older name alone still does the same."""
    for name, words in (("grafana", ("server",)), ("grafana-server", ())):
        program = shutil.which(name, path=path)
        if program:
            return (program, *words)
    return None


def _home(program: Path) -> Path:
    beside = program.resolve().parent.parent
    return beside if (beside / "conf" / "defaults.ini").exists() else HOME


def _password(file: Path) -> tuple[Path, str]:
    if file.exists():
        return file, ""
    made = secrets.token_urlsafe(18)
    adapt.write(made, file)
    return file, made
