"""Reads the dns part of a module."""

from typing import Literal

import dns.exception
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype

from exporter.probes.module_parts import ip_choice, located, part, patterns, tls_config
from exporter.probes.modules import DnsModule, RecordRules, TlsConfig
from toolkit.strict import ConfigError, Section


def dns_module(section: Section) -> DnsModule:
    transport: Literal["tcp", "udp"] = (
        "tcp" if section.choice("transport_protocol", ("udp", "tcp"), "udp") == "tcp" else "udp"
    )
    found = DnsModule(
        query_name=located(section, "query_name", section.text("query_name"), name),
        query_type=located(section, "query_type", section.text("query_type", "ANY") or "ANY", record_type),
        query_class=located(section, "query_class", section.text("query_class", "IN") or "IN", record_class),
        recursion_desired=section.flag("recursion_desired", True),
        transport=transport,
        over_tls=section.flag("dns_over_tls", False),
        valid_rcodes=frozenset(located(section, "valid_rcodes", text, rcode) for text in rcodes(section)),
        answer=part(section, "validate_answer_rrs", rules, RecordRules()),
        authority=part(section, "validate_authority_rrs", rules, RecordRules()),
        additional=part(section, "validate_additional_rrs", rules, RecordRules()),
        ip=ip_choice(section),
        tls=part(section, "tls_config", tls_config, TlsConfig()),
    )
    section.end()
    if found.over_tls and found.transport != "tcp":
        raise section.error("dns_over_tls", "dns_over_tls needs transport_protocol: tcp")
    return found


def rcodes(section: Section) -> list[str]:
    return section.texts("valid_rcodes") or ["NOERROR"]


def rules(section: Section) -> RecordRules:
    found = RecordRules(
        patterns(section, "fail_if_matches_regexp"),
        patterns(section, "fail_if_all_match_regexp"),
        patterns(section, "fail_if_not_matches_regexp"),
        patterns(section, "fail_if_none_matches_regexp"),
    )
    section.end()
    return found


def name(text: str) -> str:
    try:
        return dns.name.from_text(text).to_text()
    except (dns.exception.DNSException, UnicodeError) as e:
        raise ConfigError(f"expected a domain name, found {text[:80]!r}") from e


def record_type(text: str) -> str:
    try:
        return dns.rdatatype.to_text(dns.rdatatype.from_text(text))
    except (dns.exception.DNSException, ValueError) as e:
        raise ConfigError(f"expected a record type like AAAA, found {text!r}") from e


def record_class(text: str) -> str:
    try:
        return dns.rdataclass.to_text(dns.rdataclass.from_text(text))
    except (dns.exception.DNSException, ValueError) as e:
        raise ConfigError(f"expected a class like IN, found {text!r}") from e


def rcode(text: str) -> str:
    try:
        return dns.rcode.to_text(dns.rcode.from_text(text))
    except (dns.exception.DNSException, ValueError) as e:
        raise ConfigError(f"expected a response code like NXDOMAIN, found {text!r}") from e
