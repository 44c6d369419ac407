"""Names in rules that nothing has."""

from tests.stack.faults.fault import HEARTBEATS, HOST, LOGS, META, PROBES, REST, Fault, alert, fault, rule

FAULTS = (
    fault(
        "a metric that nobody exports",
        *(HOST, "avg_over_time(node_load5[5m])", "avg_over_time(node_laod5[5m])", "node_laod5"),
        'nobody exports or records node_laod5 (did you mean "node_load5"?)',
    ),
    fault(
        "a recorded series that nobody records",
        *(HOST, "expr: host:silent unless", "expr: host:silnet unless", "host:silnet"),
        'nobody exports or records host:silnet (did you mean "host:silent"?)',
    ),
    rule(
        "a metric of a stranger",
        *(alert("mysql_up == 0"), "mysql_up"),
        "nobody exports or records mysql_up; of an exporter of your own, keep a page:"
        " curl ADDRESS/metrics > prometheus/metrics/NAME.txt",
    ),
    fault(
        "a metric in a query of a message",
        *(HEARTBEATS, "heartbeat_last_exit_code{", "heartbeat_last_exitcode{", "heartbeat_last_exitcode"),
        'nobody exports or records heartbeat_last_exitcode (did you mean "heartbeat_last_exit_code"?)',
    ),
    rule(
        "a label that is not there",
        *(alert('node_cpu_seconds_total{cpus="0"} > 1'), "cpus="),
        'node_cpu_seconds_total has no label "cpus" (did you mean "cpu"?)',
    ),
    rule(
        "a value that a label never has",
        *(alert('container_health{health="unhealty"} == 1'), "unhealty"),
        'no container_health has health="unhealty" (did you mean "unhealthy"?)',
    ),
    rule(
        "a part of a pattern that a label never is",
        *(alert('probe_failure_info{reason=~"dns_.*|tls_expierd"} == 1'), "tls_expierd"),
        'no probe_failure_info has reason=~"tls_expierd" (did you mean "tls_expired"?)',
    ),
    fault(
        "a job that nobody scrapes",
        *(LOGS, 'max by (job) (up{job="analyzer"})', 'max by (job) (up{job="analyser"})', "analyser"),
        'no up has job="analyser" (did you mean "analyzer"?)',
    ),
    Fault(
        "an alert in a pattern that no rule has",
        ((META, "StorageFailing|ExporterConfigReloadFailed", "StorageFailing|ExporterConfgReloadFailed"),),
        (
            (
                *(META, "ExporterConfgReloadFailed"),
                'no ALERTS has alertname=~"ExporterConfgReloadFailed" (did you mean "ExporterConfigReloadFailed"?)',
            ),
            (
                *(META, 'held{alertname="ExporterConfigReloadFailed"}'),
                'no heartline:held has alertname="ExporterConfigReloadFailed"; it has HeartbeatStorageFailing',
            ),
        ),
    ),
    rule(
        "by a label that is not there",
        *(alert("sum by (divice) (node_disk_io_now) > 9"), "divice"),
        'nothing here has a label "divice" (did you mean "device"?)',
    ),
    rule(
        "on a label that one side lacks",
        *(alert("heartbeat_failing == 1 unless on (schedule) schedule:closed"), "on (schedule)"),
        'the left side of "unless" has no label "schedule"; there is heartbeat, host, instance, job',
    ),
    rule(
        "ignoring a label that neither side has",
        *(alert("node_load1 > ignoring (cpus) node_load5"), "cpus"),
        'neither side has a label "cpus"; there is every, host, instance, job, schedule, via',
    ),
    rule(
        "group_left with a label that is not there",
        *(alert("node_load1 * on (instance, job) group_left (relaese) node_uname_info > 1"), "relaese"),
        'the side that is one has no label "relaese" (did you mean "release"?)',
    ),
    fault(
        "a label in a message",
        *(
            HOST,
            "description: >-\n            {{ $labels.mountpoint }} on",
            "description: >-\n            {{ $labels.mountpiont }} on",
        ),
        *("mountpiont", 'what HostDiskFull finds has no label "mountpiont" (did you mean "mountpoint"?)'),
    ),
    rule(
        "a label in a message that the rule adds",
        *(alert("node_load1 > 9", REST.replace("It is.", "'{{ $labels.severity }}: it is.'")), "$labels.severity"),
        "$labels.severity is empty: it holds what the expression finds, not what the rule adds; write the text out",
    ),
    fault(
        "a function in a query of a message",
        *(HEARTBEATS, "`floor(vector(time()", "`flor(vector(time()", "`flor("),
        'there is no function "flor" (did you mean "floor"?)',
    ),
    fault(
        "a query of a message that ends too early",
        *(HEARTBEATS, "`floor(vector(time() - %f))`", "`floor(vector(time() - %f)`", "- %f)`"),
        "the query is wrong: expected ','",
    ),
    Fault(
        "an annotation that other alerts have",
        ((HEARTBEATS, "expected_every: *expected_every", "expectde_every: *expected_every"),),
        (
            (
                *(HEARTBEATS, "expectde_every"),
                'only HeartbeatNeverSeen has the annotation "expectde_every" (did you mean "expected_every"?)',
            ),
        ),
        hint=True,
    ),
    fault(
        "a label of a query in a message",
        *(PROBES, '{{ . | label "reason" }}', '{{ . | label "raeson" }}', "raeson"),
        'nothing here has a label "raeson" (did you mean "reason"?)',
    ),
)
