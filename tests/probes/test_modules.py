"""Module files: blackbox_exporter's load, mistakes are told with their place, secrets stay secret."""

from pathlib import Path

import pytest

from exporter.probes import module_file
from exporter.probes.module_text import shown_module
from exporter.probes.modules import BUILT_IN, Secret, SecretFile
from toolkit.strict import ConfigError

EVERY_KEY = """
modules:
  http_all:
    prober: http
    timeout: 5s
    attempts: 3
    attempt_delay: 500ms
    http:
      valid_status_codes: [200, 204]
      valid_http_versions: ["HTTP/1.1", "HTTP/2.0"]
      method: POST
      headers: {Host: vhost.example.com, Authorization: hush-1}
      http_headers:
        Accept-Language: {values: [en-US]}
        X-Key: {secrets: [hush-2]}
        X-File: {files: [/etc/key]}
      body_size_limit: 10MB
      compression: gzip
      follow_redirects: false
      fail_if_ssl: false
      fail_if_not_ssl: true
      fail_if_body_matches_regexp: ["(?i)error", '\\d{3}']
      fail_if_body_not_matches_regexp: ["^ok"]
      fail_if_header_matches: [{header: Set-Cookie, regexp: ".*", allow_missing: true}]
      fail_if_header_not_matches: [{header: Origin, regexp: '(\\*|example\\.com)'}]
      tls_config: &tls
        insecure_skip_verify: true
        ca_file: /ca
        cert_file: /cert
        key_file: /key
        server_name: name.example
        min_version: TLS12
        max_version: TLS13
      basic_auth: {username: me, password: hush-3}
      no_proxy: localhost
      proxy_connect_header: {Proxy-Authorization: [hush-4]}
      skip_resolve_phase_with_proxy: true
      enable_http2: true
      enable_http3: false
      preferred_ip_protocol: ip4
      ip_protocol_fallback: false
      body: '{"password": "hush-5"}'
  http_bearer: {prober: http, http: {authorization: {type: Token, credentials: hush-6}}}
  http_file: {prober: http, http: {authorization: {credentials_file: /etc/token}, body_file: /etc/body}}
  http_old: {prober: http, http: {bearer_token_file: /etc/token, no_follow_redirects: true}}
  http_empty: {prober: http, http: }
  tcp_all:
    prober: tcp
    tcp:
      source_ip_address: 127.0.0.1
      tls: true
      tls_config: *tls
      query_response:
        - {expect: "^220 (.*)", send: "EHLO $1", labels: [{name: host, value: "${1}"}]}
        - {send: "AUTH hush-7", starttls: true}
        - {expect_bytes: "OK"}
  dns_all:
    prober: dns
    dns:
      query_name: example.org
      query_type: AAAA
      query_class: CH
      recursion_desired: false
      transport_protocol: tcp
      dns_over_tls: true
      valid_rcodes: [NOERROR, NXDOMAIN]
      validate_answer_rrs: &rules
        fail_if_matches_regexp: [a]
        fail_if_all_match_regexp: [b]
        fail_if_not_matches_regexp: [c]
        fail_if_none_matches_regexp: [d]
      validate_authority_rrs: *rules
      validate_additional_rrs: *rules
  icmp_all:
    prober: icmp
    icmp: {ttl: 5, payload_size: 64, dont_fragment: true, packets: 5, interval: 100ms, max_loss_ratio: 0.4}
  tls_all: {prober: tls, tls: {preferred_ip_protocol: ip4, tls_config: *tls}}
  unix_all: {prober: unix, unix: {query_response: [{send: PING}]}}
  grpc_all: {prober: grpc, grpc: {service: x, tls: true, metadata: {a: [b]}}}
  websocket_all: {prober: websocket, websocket: {headers: {X: {values: [a]}}}}
"""


def test_every_key_is_read() -> None:
    modules = module_file.parse(EVERY_KEY, "blackbox.yml")
    http = modules["http_all"].http
    assert modules["http_all"].timeout == 5
    assert (modules["http_all"].attempts, modules["http_all"].attempt_delay) == (3, 0.5)
    assert http.body_size_limit == 10 * 1024 * 1024
    assert dict(http.headers)["X-File"] == SecretFile("/etc/key")
    assert http.ip.preferred == 4
    assert http.tls.server_name == "name.example"
    assert modules["http_old"].http.follow_redirects is False
    assert modules["http_bearer"].http.credentials == Secret("hush-6")
    assert modules["tcp_all"].tcp.query_response[0].labels == (("host", "${1}"),)
    assert modules["dns_all"].dns.answer.if_none_matches[0].text == "d"
    assert modules["icmp_all"].icmp.max_loss_ratio == 0.4
    assert {name for name, module in modules.items() if module.unsupported} == {"unix_all", "grpc_all", "websocket_all"}


def test_a_binary_send_is_those_bytes() -> None:
    text = "modules: {pg: {prober: tcp, tcp: {query_response: [{send: !!binary AAAACATSFi8= }, {expect_bytes: S}]}}}"
    entry = module_file.parse(text, "x.yml")["pg"].tcp.query_response[0]
    assert entry.send == b"\x00\x00\x00\x08\x04\xd2\x16\x2f"


def test_no_secret_is_shown() -> None:
    modules = module_file.parse(EVERY_KEY, "x.yml")
    text = "".join(shown_module(module) + repr(module) for module in modules.values())
    shown = "".join(shown_module(module) for module in modules.values())
    assert "hush-1" not in shown
    assert [number for number in range(2, 8) if f"hush-{number}" in text] == []
    assert "<secret>" in shown


@pytest.mark.parametrize(
    "name", ["icmp_all", "dns_all", "tls_all", "http_empty", "http_2xx", "icmp_loss", "tcp_connect"]
)
def test_what_is_shown_of_a_module_without_secrets_is_that_module(name: str) -> None:
    module = module_file.parse(EVERY_KEY, "x.yml")[name]
    assert module_file.parse(shown_module(module), "x.yml")[name] == module


def test_without_a_file_there_are_the_usual_modules_and_a_file_overrides_them() -> None:
    assert {"http_2xx", "http_post_2xx", "tcp_connect", "icmp", "dns_udp", "tls_connect"} <= set(BUILT_IN)
    own = module_file.parse("modules: {icmp: {prober: icmp, icmp: {ttl: 3}}}", "x.yml")
    assert own["icmp"].icmp.ttl == 3
    assert own["http_2xx"] == BUILT_IN["http_2xx"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "{a: {prober: https}}",
            'expected one of http, tcp, dns, icmp, tls, throughput, grpc, unix, websocket, found "https"',
        ),
        ("{a: {prober: http, http: {metod: GET}}}", 'modules.a.http.metod: unknown key; did you mean "method"?'),
        ("{a: {prober: http, timout: 5s}}", 'modules.a.timout: unknown key; did you mean "timeout"?'),
        ("{a: {http: {}}}", "modules.a.prober: missing"),
        ("{a: {prober: dns}}", "a dns module needs dns.query_name"),
        ("{a: {prober: dns, dns: {query_type: A}}}", "modules.a.dns.query_name: missing"),
        ("{a: {prober: dns, dns: {query_name: x, query_type: AAAB}}}", "expected a record type"),
        ("{a: {prober: dns, dns: {query_name: x, query_class: X}}}", "expected a class"),
        ("{a: {prober: dns, dns: {query_name: x, valid_rcodes: [OK]}}}", "expected a response code"),
        ("{a: {prober: dns, dns: {query_name: 'a..b'}}}", "expected a domain name"),
        ("{a: {prober: dns, dns: {query_name: x, dns_over_tls: true}}}", "needs transport_protocol: tcp"),
        ("{a: {prober: http, http: {fail_if_body_matches_regexp: ['(']}}}", "no valid regular expression (RE2)"),
        ("{a: {prober: http, http: {fail_if_body_matches_regexp: ['(?=x)']}}}", "no valid regular expression (RE2)"),
        ("{a: {prober: http, http: {valid_status_codes: [ok]}}}", "expected a status code"),
        ("{a: {prober: http, http: {body: x, body_file: y}}}", "exclude each other"),
        ("{a: {prober: http, http: {basic_auth: {password: x, password_file: y}}}}", "exclude each other"),
        ("{a: {prober: http, http: {bearer_token: x, authorization: {credentials: y}}}}", "exclude each other"),
        ("{a: {prober: http, http: {body_size_limit: big}}}", "expected a size"),
        ("{a: {prober: http, http: {method: 'GET /'}}}", "expected a method"),
        ("{a: {prober: http, http: {headers: {'a b': c}}}}", "no HTTP header"),
        ("{a: {prober: http, http: {tls_config: {cert_file: x}}}}", "belong together"),
        ("{a: {prober: http, http: {tls_config: {min_version: TLS13, max_version: TLS12}}}}", "above max_version"),
        ("{a: {prober: tcp, tcp: {source_ip_address: here}}}", "expected an IP address"),
        ("{a: {prober: tcp, tcp: {query_response: [{expect: a, expect_bytes: b}]}}}", "exclude each other"),
        ("{a: {prober: tcp, tcp: {query_response: [{expect: a, labels: [{name: a-b, value: c}]}]}}}", "no label name"),
        (
            "{a: {prober: tcp, tcp: {query_response: [{labels: [{name: a, value: b}, {name: a, value: c}]}]}}}",
            "a label stands here twice",
        ),
        ("{a: {prober: icmp, icmp: {ttl: 256}}}", "expected at most 255"),
        ("{a: {prober: icmp, attempts: 11}}", "expected at most 10"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        module_file.parse(f"modules:\n  {text}\n", "blackbox.yml")
    assert str(caught.value).startswith("blackbox.yml:2: ")
    assert told in str(caught.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        module_file.load(tmp_path / "none.yml")
    (tmp_path / "latin.yml").write_bytes(b"modules: {\xe9: }")
    with pytest.raises(ConfigError, match="not UTF-8"):
        module_file.load(tmp_path / "latin.yml")
