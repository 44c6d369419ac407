"""What is missing in rules, and what promtool says of them."""

from tests.stack.faults.fault import FORECASTS, HOST, REST, RUNBOOK, Fault, alert, fault, rule

FAULTS = (
    fault(
        "no for",
        *(
            FORECASTS,
            "            unless on (host) host:closed\n        for: 90m\n",
            "            unless on (host) host:closed\n",
        ),
        *("alert: HostMemoryFullSoon", 'HostMemoryFullSoon has no "for": say how long it must be so, 0s for at once'),
    ),
    fault(
        "for misspelt",
        *(FORECASTS, "        for: 90m\n", "        fro: 90m\n", "fro: 90m", 'unknown key "fro" (did you mean "for"?)'),
    ),
    rule(
        "no severity",
        *(alert("node_load1 > 9", REST.replace("{severity: warning}", "{team: nights}")), "alert: HostOdd"),
        'HostOdd has no label "severity": critical, warning, info',
    ),
    rule(
        "a severity that nobody knows",
        *(alert("node_load1 > 9", REST.replace("warning", "warn")), "warn}"),
        'HostOdd has severity "warn" (did you mean "warning"?)',
    ),
    rule(
        "no description",
        *(alert("node_load1 > 9", REST.replace("          description: It is.\n", "")), "alert: HostOdd"),
        'HostOdd has no annotation "description": what a person can act on, with names and numbers',
    ),
    rule(
        "a summary misspelt",
        *(alert("node_load1 > 9", REST.replace("summary:", "sumary:")), "alert: HostOdd"),
        'HostOdd has no annotation "summary" ("sumary" in line 9?): one sentence, the same for all',
    ),
    rule(
        "no runbook",
        *(
            alert("node_load1 > 9", REST.replace(f"          runbook_url: {RUNBOOK}/HostDown.md\n", "")),
            "alert: HostOdd",
        ),
        'HostOdd has no annotation "runbook_url": where it says what to do',
    ),
    rule(
        "a runbook that nobody has written",
        *(alert("node_load1 > 9", REST.replace("HostDown.md", "HostDwon.md")), "HostDwon.md"),
        'there is no docs/runbooks/HostDwon.md (did you mean "HostDown"?)',
    ),
    rule(
        "a label that changes",
        *(
            alert("node_load1 > 9", REST.replace("{severity: warning}", "{severity: warning, load: '{{ $value }}'}")),
            "$value",
        ),
        'the label "load" changes while the alert lasts, and each time it ends and begins anew',
    ),
    rule(
        "an expression that ends too early",
        *(alert("sum(node_load1 > 9"), "sum(node_load1"),
        "the expression is wrong: unclosed left parenthesis",
    ),
    rule(
        "a function of another type, in the third line",
        *(
            alert("|\n          node_load1 > 9\n            and\n              rate(node_load1) > 1"),
            "rate(node_load1)",
        ),
        'the expression is wrong: expected type range vector in call to function "rate", got instant vector',
    ),
    rule(
        "a pattern that is none",
        *(alert('up{job=~"(node"} == 0'), "(node"),
        "the expression is wrong: error parsing regexp: missing closing ): `^(?:(node)$`",
    ),
    fault(
        "a duration that is none",
        *(HOST, "        for: 30m\n", "        for: 30x\n", "for: 30x", 'not a valid duration string: "30x"'),
    ),
    rule(
        "a tab",
        "\t- alert: HostOdd\n",
        "\t- alert",
        "no valid YAML: found character that cannot start any token while scanning for the next token",
    ),
    rule(
        "a key twice",
        *(alert("node_load1 > 9", "        for: 5m\n" + REST), "for: 1m"),
        '"for" stands here a second time; first in line 6',
    ),
    Fault(
        "a rule file that nobody loads",
        (("rules/mine.yaml", "", "groups: []\n"),),
        (("rules/mine.yaml", "", "Prometheus does not load this file: no pattern of rule_files matches it"),),
    ),
)
