"""Does an HTTP server answer, and as it should? Redirects are followed here, hop by hop, each through the gate."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import partial

import aiohttp
from aiohttp.http_exceptions import LineTooLong

from exporter.probes import http_body, http_request
from exporter.probes.attempt import Attempt
from exporter.probes.connector import Connector
from exporter.probes.http_request import Request
from exporter.probes.modules import HeaderRule, HttpModule, Module
from exporter.probes.outcome import LONGEST_STEP, Failure
from exporter.probes.shown import shown_headers, shown_target
from exporter.probes.target import Target

MOST_REDIRECTS = 10
LONGEST_HEADER = 64 * 1024  # bytes of one header line
MOST_HEADERS = 256
PHASES = ("resolve", "connect", "tls", "processing", "transfer")
REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(slots=True)
class Findings:
    """What is wrong so far; the first one gives the probe's reason, the others are steps."""

    attempt: Attempt
    failures: list[Failure] = field(default_factory=list)

    def add(self, reason: str, text: str) -> None:
        self.failures.append(Failure(reason, text))
        self.attempt.say(f"Failed: {text}")


async def probe(target: Target, module: Module, attempt: Attempt) -> None:
    """Send the module's request to a URL (or host[:port][/path]); Failure for the first thing that is wrong."""
    wanted = module.http
    for name in ("status_code", "content_length", "uncompressed_body_length", "redirects", "ssl", "version"):
        attempt.sheet.put(f"probe_http_{name}", 0)
    attempt.sheet.put("probe_failed_due_to_regex", 0)
    try:
        request = await http_request.first(target, wanted)
        connector = Connector(target, wanted, attempt)
        async with session(connector) as client:
            try:
                findings = await _follow(client, request, wanted, attempt)
            finally:
                connector.abort()
    except aiohttp.ClientError as e:
        raise translated(e) from e
    finally:
        attempt.sheet.phases("probe_http_duration_seconds", attempt.spent(*PHASES))
    if findings.failures:
        raise findings.failures[0]


def session(connector: Connector) -> aiohttp.ClientSession:
    """A client for one attempt: nothing is kept from one probe to the next, nothing is decided for us."""
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.CookieJar(unsafe=True),
        skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent", "Content-Type"),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
        auto_decompress=False,
        max_line_size=LONGEST_HEADER,
        max_field_size=LONGEST_HEADER,
        max_headers=MOST_HEADERS,
    )


async def _follow(client: aiohttp.ClientSession, request: Request, wanted: HttpModule, attempt: Attempt) -> Findings:
    """Send the request, and the next one where it is redirected; judge the last answer."""
    for hops in range(MOST_REDIRECTS + 1):
        response = await _send(client, request, attempt)
        try:
            location = response.headers.get("Location") if response.status in REDIRECTS else None
            if location is None or not wanted.follow_redirects:
                # As blackbox_exporter counts: a redirect that is not followed is one as well.
                attempt.sheet.put("probe_http_redirects", hops + (location is not None))
                return await _judge(response, request, wanted, attempt)
            attempt.sheet.put("probe_http_redirects", hops + 1)
            attempt.sheet.put("probe_http_status_code", response.status)
            left, request = request.url, _redirected(request, response.status, location, attempt)
            if not http_request.same_side(left, request.url):
                # To the jar every port of a host is the same.
                client.cookie_jar.clear()
        finally:
            response.close()
    raise Failure("redirects", f"more than {MOST_REDIRECTS} redirects")


def _redirected(request: Request, status: int, location: str, attempt: Attempt) -> Request:
    attempt.say(f"Redirect to {shown_target(location)}")
    return http_request.redirected(request, status, location)


async def _send(client: aiohttp.ClientSession, request: Request, attempt: Attempt) -> aiohttp.ClientResponse:
    """Up to the end of the headers."""
    attempt.say(f"{request.method} {shown_target(request.url)}")
    attempt.say(request.shown_headers())
    began = attempt.means.clock()
    before = sum(attempt.spent("resolve", "connect", "tls").values())
    try:
        response = await client.request(
            request.method, request.url, headers=request.headers, data=request.body or None, allow_redirects=False
        )
    finally:
        dialled = sum(attempt.spent("resolve", "connect", "tls").values()) - before
        processing = max(attempt.means.clock() - began - dialled, 0.0)
        attempt.seconds["processing"] = attempt.seconds.get("processing", 0.0) + processing
    attempt.say(f"HTTP status {response.status} {response.reason}")
    headers = list(response.headers.items())
    # Told later only if little: steps are kept for a while, and a target may send megabytes of headers.
    little = sum(len(value) for _, value in headers) < LONGEST_STEP
    attempt.say(partial(shown_headers, headers) if little else shown_headers(headers))
    return response


async def _judge(response: aiohttp.ClientResponse, request: Request, wanted: HttpModule, attempt: Attempt) -> Findings:
    """Hold the last answer against the module, all of it, so that every reading is there."""
    findings = Findings(attempt)
    measure(response, request, attempt)
    _judge_head(response, wanted, findings)
    with attempt.phase("transfer"):
        await http_body.judge(response, wanted, findings.add, attempt)
    version = f"HTTP/{response.version.major}.{response.version.minor}" if response.version else "none"
    if wanted.valid_http_versions and version not in wanted.valid_http_versions:
        findings.add("version", f"{version} is none of {', '.join(sorted(wanted.valid_http_versions))}")
    secure = request.url.startswith("https:")
    if secure and wanted.fail_if_ssl:
        findings.add("ssl", "the final request was over TLS")
    if not secure and wanted.fail_if_not_ssl:
        findings.add("ssl", "the final request was not over TLS")
    return findings


def _judge_head(response: aiohttp.ClientResponse, wanted: HttpModule, findings: Findings) -> None:
    """Status and headers."""
    if wanted.valid_status_codes:
        valid, text = (
            response.status in wanted.valid_status_codes,
            ", ".join(map(str, sorted(wanted.valid_status_codes))),
        )
    else:
        valid, text = 200 <= response.status < 300, "2xx"
    if not valid:
        findings.add("status", f"status {response.status}, valid: {text}")
    for rule in wanted.header_matches:
        _judge_header(response, rule, True, findings)
    for rule in wanted.header_not_matches:
        _judge_header(response, rule, False, findings)


def _judge_header(response: aiohttp.ClientResponse, rule: HeaderRule, bad: bool, findings: Findings) -> None:
    """`bad`: whether a match is what the rule forbids."""
    values = response.headers.getall(rule.header, [])
    trouble = None
    if not values:
        trouble = None if rule.allow_missing else f"header {rule.header} is missing"
    elif any(rule.pattern.matches(value.encode(errors="surrogateescape")) for value in values) == bad:
        trouble = f"header {rule.header} {'matches' if bad else 'does not match'} {rule.pattern.text}"
    if trouble:
        findings.attempt.sheet.put("probe_failed_due_to_regex", 1)
        findings.add("header", trouble)


def measure(response: aiohttp.ClientResponse, request: Request, attempt: Attempt) -> None:
    """Put what the head of an answer says on the sheet."""
    sheet = attempt.sheet
    sheet.put("probe_http_status_code", response.status)
    sheet.put("probe_http_content_length", -1 if response.content_length is None else response.content_length)
    sheet.put("probe_http_ssl", float(request.url.startswith("https:")))
    if response.version:
        sheet.put("probe_http_version", response.version.major + response.version.minor / 10)
    modified = response.headers.get("Last-Modified")
    if modified:
        try:
            # "-0000" and no zone at all are UTC here, not this machine's.
            at = parsedate_to_datetime(modified)
            sheet.put("probe_http_last_modified_timestamp_seconds", at.replace(tzinfo=at.tzinfo or UTC).timestamp())
        except (ValueError, OverflowError):
            attempt.say("Last-Modified is no date")


def translated(error: aiohttp.ClientError) -> Failure:
    """What an error of the client means; those of connecting are translated in dial."""
    causes = list(chained(error))
    if any(isinstance(cause, LineTooLong) for cause in causes):
        return Failure("size", f"a header line is longer than {LONGEST_HEADER} bytes")
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return Failure("closed", "the target closed the connection without an answer")
    if isinstance(error, aiohttp.ClientOSError | aiohttp.ClientPayloadError):
        return Failure("closed", f"the connection broke: {error.strerror if isinstance(error, OSError) else error}")
    if isinstance(error, aiohttp.InvalidURL):
        return Failure("target", "the URL cannot be read")
    return Failure("protocol", f"the answer is no HTTP: {str(causes[-1])[:200]}")


def chained(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what it came from."""
    while error is not None:
        yield error
        error = error.__cause__
