"""The same lines give the same findings, bounded, whatever stands in them."""

import random
from dataclasses import replace

from analyzer.excerpt.template import Template
from analyzer.finding import Finding
from analyzer.rules import shapes
from analyzer.rules.load import load
from analyzer.rules.review import Reviewer
from analyzer.rules.tally import MOST_KEYS
from analyzer.rules.word import MOST

RULES = load()


def failed(source: str, user: str = "kim") -> str:
    return f"Nov 21 03:12:09 gate sshd[811]: Failed password for {user} from {source} port 40112 ssh2"


def accepted(source: str, user: str = "kim") -> str:
    return f"Nov 21 03:14:00 gate sshd[811]: Accepted password for {user} from {source} port 40112 ssh2"


def reviewed(lines: list[str], templates: list[Template] | None = None, size: int = 1000) -> list[Finding]:
    reviewer = Reviewer(RULES, "web01", "auth")
    for start in range(0, len(lines), size):
        reviewer.add(lines[start : start + size], start + 1)
    return reviewer.findings(templates or [])


def of(rule: str, findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.rule == rule]


def test_failures_are_counted_by_address() -> None:
    lines = [failed("198.51.100.7", f"u{i % 3}") for i in range(9)] + [failed("203.0.113.5")] * 4
    (found,) = of("ssh-brute-force", reviewed(lines))
    assert found.count == 9
    assert "198.51.100.7" in found.text
    assert "names tried: 3, among them u0, u1, u2." in found.text
    assert [evidence.line for evidence in found.evidence] == [1, 2, 3, 9]


def test_four_failures_are_no_brute_force() -> None:
    assert reviewed([failed("198.51.100.7", f"u{i}") for i in range(4)]) == []


def test_a_success_after_many_failures_from_the_same_address_is_critical() -> None:
    lines = [failed("198.51.100.7", f"u{i}") for i in range(5)] + [accepted("198.51.100.7", "u4")]
    (found,) = of("ssh-success-after-failures", reviewed(lines, size=2))
    assert (found.severity, found.count) == ("critical", 1)
    assert "as u4" in found.text


def test_a_success_before_the_failures_or_from_elsewhere_is_no_sign() -> None:
    failures = [failed("198.51.100.7", f"u{i}") for i in range(9)]
    found = reviewed([accepted("198.51.100.7"), *failures, accepted("203.0.113.5")])
    assert of("ssh-success-after-failures", found) == []


def test_a_scan_needs_many_ports_and_not_many_packets() -> None:
    line = "[91.100000] drop: IN=eth0 OUT= SRC=198.51.100.7 DST=192.0.2.1 LEN=44 TTL=4 PROTO=TCP SPT=4 DPT={} WINDOW=1"
    assert of("port-scan", reviewed([line.format(22)] * 50)) == []
    (found,) = of("port-scan", reviewed([line.format(port) for port in range(1, 12)]))
    assert "11 ports" in found.text


def test_fingerprints_depend_neither_on_the_order_nor_on_counts_nor_on_chunks() -> None:
    lines = [failed(f"198.51.100.{i % 7}", f"u{i % 5}") for i in range(400)]
    lines += [rule.match[0] for rule in RULES for _ in range(rule.at_least) if rule.after is None]
    shuffled = random.Random(4).sample(lines, len(lines))
    first, second = reviewed(lines), reviewed(shuffled * 2, size=7)
    assert {finding.fingerprint for finding in first} == {finding.fingerprint for finding in second}
    assert len({finding.fingerprint for finding in first}) == len(first)


def test_another_host_source_rule_or_address_has_another_fingerprint() -> None:
    lines = [failed("198.51.100.7", f"u{i}") for i in range(9)]
    prints = set()
    for host, source in (("web01", "auth"), ("web02", "auth"), ("web01", "journal")):
        reviewer = Reviewer(RULES, host, source)
        reviewer.add(lines, 1)
        prints |= {finding.fingerprint for finding in of("ssh-brute-force", reviewer.findings([]))}
    assert len(prints) == 3


def test_findings_of_one_rule_are_bounded_and_the_rest_is_summarised() -> None:
    lines = [failed(f"198.51.100.{i}", f"u{j}") for i in range(50) for j in range(5 + i)]
    found = of("ssh-brute-force", reviewed(lines))
    assert len(found) == MOST + 1
    assert "198.51.100.49" in found[0].text
    assert found[-1].text.startswith("585 more such lines, of 30 more values of source")
    assert sum(finding.count for finding in found) == len(lines)


def test_the_keys_kept_are_bounded_and_the_busiest_stay() -> None:
    busy = [failed("203.0.113.5", f"u{i % 9}") for i in range(500)]
    flood = [failed(f"198.{i >> 8 & 255}.{i & 255}.1") for i in range(5 * MOST_KEYS)]
    reviewer = Reviewer(RULES, "web01", "auth")
    reviewer.add(busy + flood, 1)
    found = reviewer.findings([])
    assert [finding.count for finding in of("ssh-brute-force", found)] == [500]
    assert of("ssh-distributed", found)[0].count == 500 + 5 * MOST_KEYS


def test_evidence_is_cut_to_200_characters() -> None:
    line = "Nov 21 03:12:09 db1 kernel: Kernel panic - not syncing: " + "x" * 5000
    (found,) = reviewed([line])
    assert [len(evidence.text) for evidence in found.evidence] == [200]


def test_lines_with_line_ends_within_keep_their_numbers() -> None:
    (found,) = reviewed(["a\nb", "c", "Nov 21 03:12:09 db1 kernel: Kernel panic - not syncing: x"])
    assert found.evidence[0].line == 3


def test_a_carriage_return_at_the_end_hides_nothing() -> None:
    assert of("ssh-brute-force", reviewed([failed("198.51.100.7", f"u{i}") + "\r" for i in range(9)]))[0].count == 9


def test_a_line_that_sums_up_repeated_messages_counts_for_all_of_them() -> None:
    first = failed("198.51.100.7")
    summed = first.replace("Failed", "message repeated 4 times: [ Failed") + "]"
    (found,) = of("ssh-brute-force", reviewed([first, summed]))
    assert (found.count, [evidence.line for evidence in found.evidence]) == (5, [1, 2])


def test_text_that_is_no_utf8_is_reviewed_all_the_same() -> None:
    lines = [failed("198.51.100.7", f"\udcff\udc80{i} ü 漢") for i in range(9)]
    assert of("ssh-brute-force", reviewed(lines))[0].count == 9


def test_redacted_values_still_tell_one_source_from_another() -> None:
    lines = [failed("<ADDRESS:3f9a>", "<SECRET:user:11aa>"), failed("<ADDRESS:3f9a>", "kim")] * 3
    (found,) = of("ssh-brute-force", reviewed(lines))
    assert "<ADDRESS:3f9a>" in found.text


TEMPLATE = Template("0123456789ab", "<*> failed", 3, 9, "it failed", None, False, 0.0)


def test_a_template_that_calls_itself_critical_is_a_finding() -> None:
    (found,) = reviewed([], [replace(TEMPLATE, level="critical")])
    assert (found.rule, found.severity, found.count) == ("severe-words", "critical", 3)
    assert (found.evidence[0].line, found.evidence[0].text) == (9, "it failed")


def test_a_warning_is_told_only_where_it_is_new_or_bursts() -> None:
    warning = replace(TEMPLATE, level="warning")
    assert reviewed([], [warning]) == []
    assert [f.rule for f in reviewed([], [replace(warning, new=True)])] == ["warning-new"]
    assert [f.rule for f in reviewed([], [replace(warning, usual=5.0, count=50)])] == ["warning-burst"]


def test_novelty_alone_is_nothing_and_a_burst_alone_is_for_information() -> None:
    assert reviewed([], [replace(TEMPLATE, new=True)]) == []
    assert reviewed([], [replace(TEMPLATE, count=400)]) == []
    assert [f.severity for f in reviewed([], [replace(TEMPLATE, usual=40.0, count=400)])] == ["info"]
    assert reviewed([], [replace(TEMPLATE, usual=40.0, count=399)]) == []


def test_what_a_rule_knows_is_not_told_twice() -> None:
    line = "Nov 21 03:12:09 db1 kernel: Kernel panic - not syncing: x"
    known = replace(TEMPLATE, level="critical", line=2, example=line)
    assert [f.rule for f in reviewed(["quiet", line], [known])] == ["kernel-panic"]


def test_findings_from_templates_are_bounded_too() -> None:
    templates = [replace(TEMPLATE, id=f"{i:012x}", level="critical", count=i + 1, line=i + 1) for i in range(500)]
    found = reviewed([], templates)
    assert len(found) == MOST + 1
    assert sum(finding.count for finding in found) == sum(template.count for template in templates)


def test_lines_of_too_many_shapes_are_a_finding() -> None:
    found = shapes.overflow("web01", "auth", 4000)
    assert found is not None
    assert found.count == 4000
    assert shapes.overflow("web01", "auth", 0) is None
