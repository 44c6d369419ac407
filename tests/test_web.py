"""The web configuration at work: TLS, client certificates, users, rate and headers. Pings bring their own keys."""

import base64
import http.client
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import bcrypt

from tests.program import Answer, Program, running
from tests.tlspartners import client, write_all, written

CONFIG = "heartbeats: [{id: job, every: 5m}]"
USERS = f"basic_auth_users: {{prometheus: {bcrypt.hashpw(b'secret', bcrypt.gensalt(4)).decode()!r}}}"
PROXIES = "trusted_proxies: [127.0.0.1]"


def basic(password: str, user: str = "prometheus") -> Mapping[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


@contextmanager
def configured(folder: Path, web_config: Path, config: str = CONFIG) -> Iterator[Program]:
    with running(folder, config, f"--web.config.file={web_config}") as program:
        yield program


def web_config(folder: Path, *lines: str) -> Path:
    file = folder / "web.yml"
    file.write_text("\n".join(lines) + "\n")
    return file


def over_tls(program: Program, path: str, context: ssl.SSLContext) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", program.port, timeout=10)
    # Not every machine knows the name that is in the certificate.
    plain = socket.create_connection(("127.0.0.1", program.port), timeout=10)
    try:
        connection.sock = context.wrap_socket(plain, server_hostname="localhost")
        connection.request("GET", path)
        response = connection.getresponse()
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
    finally:
        connection.close()
        plain.close()


def over_tls_refused(program: Program, context: ssl.SSLContext) -> bool:
    try:
        over_tls(program, "/-/healthy", context)
    except (ssl.SSLError, ConnectionError, http.client.BadStatusLine):
        return True
    return False


def test_users_are_asked_for_at_pages_and_not_at_pings(tmp_path: Path) -> None:
    with configured(tmp_path, web_config(tmp_path, USERS)) as program:
        for page in ("/", "/metrics", "/-/healthy", "/-/reload", "/nothing", "/probe", "/sd/probes"):
            answer = program.get(page)
            assert (answer.status, answer.text) == (401, "Unauthorized\n")
            assert answer.headers["www-authenticate"] == 'Basic realm="heartline", charset="UTF-8"'
            assert program.ask("GET", page, headers=basic("wrong")).status == 401
        assert program.ask("GET", "/metrics", headers=basic("secret")).status == 200
        assert program.ask("GET", "/nothing", headers=basic("secret")).status == 404
        assert program.ask("POST", "/-/reload", headers=basic("secret")).status == 200
        assert program.get(f"/ping/{program.tokens['job']}").status == 200
        assert program.get(f"/api/push/{program.tokens['job']}").status == 200
        assert program.manage("GET").status == 200
        assert "secret" not in program.log


def test_whoever_guesses_passwords_is_slowed_down_and_others_are_not(tmp_path: Path) -> None:
    with configured(tmp_path, web_config(tmp_path, USERS), f"{PROXIES}\n{CONFIG}") as program:
        guesser, other = {"X-Forwarded-For": "192.0.2.1"}, {"X-Forwarded-For": "192.0.2.2"}
        answers = [program.ask("GET", "/metrics", headers={**basic(f"{i}"), **guesser}) for i in range(30)]
        statuses = [answer.status for answer in answers]
        assert statuses[:10] == [401] * 10
        assert 429 in statuses
        assert {answer.headers.get("retry-after") for answer in answers if answer.status == 429} <= {"1", "2"}
        assert program.ask("GET", "/-/healthy", headers={**basic("secret"), **other}).status == 200
        # Asking without a password is no guess.
        assert program.ask("GET", "/-/healthy", headers=guesser).status == 401


def test_the_configured_rate_holds_for_pages_and_not_for_pings(tmp_path: Path) -> None:
    with configured(tmp_path, web_config(tmp_path, "rate_limit: {interval: 1h, burst: 3}")) as program:
        answers = [program.get("/-/healthy") for _ in range(4)]
        assert [answer.status for answer in answers] == [200, 200, 200, 429]
        assert 3500 < int(answers[-1].headers["retry-after"]) <= 3600
        assert [program.get(f"/ping/{program.tokens['job']}").status for _ in range(5)] == [200] * 5


def test_configured_headers_are_on_every_answer_but_pings(tmp_path: Path) -> None:
    headers = {"X-Frame-Options": "sameorigin", "Strict-Transport-Security": "max-age=60"}
    lines = ("http_server_config:", "  headers:", *(f"    {name}: {value}" for name, value in headers.items()))
    with configured(tmp_path, web_config(tmp_path, *lines)) as program:
        for page in ("/", "/metrics", "/-/ready", "/nothing", "/api/nothing", "/api/v1/heartbeats"):
            answer = program.get(page)
            assert headers == {name: answer.headers.get(name.lower()) for name in headers}
        listed = program.manage("GET")
        assert headers == {name: listed.headers.get(name.lower()) for name in headers}
        assert "x-frame-options" not in program.get(f"/ping/{program.tokens['job']}").headers


def test_over_tls_everything_is_as_without(tmp_path: Path) -> None:
    write_all(tmp_path)
    with configured(tmp_path, written(tmp_path)) as program:
        context = client(tmp_path)
        assert "https://127.0.0.1:" in program.urls(f"--web.config.file={tmp_path / 'web.yml'}")
        assert over_tls(program, f"/ping/{program.tokens['job']}", context).body == b"OK"
        assert b"heartbeat_info{" in over_tls(program, "/metrics", context).body
        # Who speaks plainly is told nothing, and harms nobody.
        with socket.create_connection(("127.0.0.1", program.port), timeout=10) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b"200" not in plain.recv(1000)
        assert over_tls(program, "/-/healthy", context).status == 200


def test_only_certificates_with_an_allowed_name_are_served(tmp_path: Path) -> None:
    write_all(tmp_path)
    required = ("client_auth_type: RequireAndVerifyClientCert", "client_ca_file: ca.pem")
    with configured(
        tmp_path, written(tmp_path, tls=(*required, "client_allowed_sans: [prometheus.example]"))
    ) as program:
        assert over_tls(program, "/-/healthy", client(tmp_path, "client")).status == 200
        assert over_tls_refused(program, client(tmp_path))
        assert over_tls_refused(program, client(tmp_path, "stranger"))
        written(tmp_path, tls=(*required, "client_allowed_sans: [other.example]"))
    with configured(tmp_path, tmp_path / "web.yml") as program:
        assert over_tls_refused(program, client(tmp_path, "client"))
