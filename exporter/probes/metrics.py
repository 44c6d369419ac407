"""The names a probe may measure, with blackbox_exporter's help texts; all are gauges."""

from toolkit.families import Family, Labels, Sample

HELP: dict[str, str] = {
    "probe_dns_lookup_time_seconds": "Returns the time taken for probe dns lookup in seconds",
    "probe_ip_protocol": "Specifies whether probe ip protocol is IP4 or IP6",
    "probe_ip_addr_hash": "Specifies the hash of IP address. It's useful to detect if the IP address changes.",
    "probe_http_duration_seconds": "Duration of http request by phase, summed over all redirects",
    "probe_http_content_length": "Length of http content response",
    "probe_http_uncompressed_body_length": "Length of uncompressed response body",
    "probe_http_redirects": "The number of redirects",
    "probe_http_ssl": "Indicates if SSL was used for the final redirect",
    "probe_http_status_code": "Response HTTP status code",
    "probe_http_version": "Returns the version of HTTP of the probe response",
    "probe_http_last_modified_timestamp_seconds": "Returns the Last-Modified HTTP response header in unixtime",
    "probe_failed_due_to_regex": "Indicates if probe failed due to regex",
    "probe_failed_due_to_bytes": "Indicates if probe failed due to bytes",
    "probe_expect_info": "Explicit content matched",
    "probe_ssl_earliest_cert_expiry": "Returns last SSL chain expiry in unixtime",
    "probe_ssl_last_chain_expiry_timestamp_seconds": "Returns last SSL chain expiry in timestamp",
    "probe_ssl_last_chain_info": "Contains SSL leaf certificate information",
    "probe_tls_version_info": "Returns the TLS version used or NaN when unknown",
    "probe_tls_cipher_info": "Returns the TLS cipher negotiated during handshake",
    "probe_tls_duration_seconds": "Duration of a tls probe by phase",
    "probe_dns_duration_seconds": "Duration of DNS request by phase",
    "probe_dns_answer_rrs": "Returns number of entries in the answer resource record list",
    "probe_dns_authority_rrs": "Returns number of entries in the authority resource record list",
    "probe_dns_additional_rrs": "Returns number of entries in the additional resource record list",
    "probe_dns_query_succeeded": "Displays whether or not the query was executed successfully",
    "probe_dns_serial": "Returns the serial number of the zone",
    "probe_icmp_duration_seconds": "Duration of icmp request by phase",
    "probe_icmp_reply_hop_limit": "Replied packet hop limit (TTL for ipv4)",
    "probe_icmp_packets_sent": "Echo requests sent",
    "probe_icmp_packets_received": "Echo replies received in time",
    "probe_icmp_packet_loss_ratio": "Echo requests without a reply in time, as a ratio of those sent",
    "probe_icmp_rtt_min_seconds": "Shortest round trip",
    "probe_icmp_rtt_mean_seconds": "Mean round trip",
    "probe_icmp_rtt_max_seconds": "Longest round trip",
    "probe_throughput_bytes": "Bytes that went through",
    "probe_throughput_bytes_per_second": "How fast they went through, connecting left out",
    "probe_success": "Displays whether or not the probe was a success",
    "probe_duration_seconds": "Returns how long the probe took to complete in seconds",
    "probe_timeout_seconds": "Returns how long the probe timeout is in seconds",
    "probe_attempts": "Attempts made, the last one included; all readings are the last attempt's",
    "probe_failure_info": "Why the probe failed; absent on success",
}


class Sheet:
    """Readings of one attempt, by name and labels."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values: dict[str, dict[Labels, float]] = {}

    def put(self, name: str, value: float, labels: Labels = ()) -> None:
        self._values.setdefault(name, {})[labels] = value

    def phases(self, name: str, seconds: dict[str, float]) -> None:
        """A duration for each phase, replacing what was there."""
        self._values[name] = {(("phase", phase),): value for phase, value in seconds.items()}

    def families(self) -> list[Family]:
        """One family a name, in the order of first reading."""
        return [
            Family(name, "gauge", HELP[name], [Sample(labels, value) for labels, value in values.items()])
            for name, values in self._values.items()
        ]
