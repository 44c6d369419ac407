"""Routes and inhibitions that meet no alert."""

from tests.stack.faults.fault import ALERTMANAGER, TEMPLATE, Fault, fault, inhibition, route

FAULTS = (
    route(
        "a value in a route that no alert has",
        *(
            "    - matchers: ['severity=\"critcal\"']\n",
            "critcal",
            'no alert has severity="critcal" (did you mean "critical"?)',
        ),
    ),
    route(
        "a label in a route that no alert has",
        *(
            "    - matchers: ['severty=\"critical\"']\n",
            "severty",
            'no alert has a label "severty" (did you mean "severity"?)',
        ),
    ),
    route(
        "an alert in a route's pattern that no rule has",
        *("    - matchers: ['alertname=~\"HostDown|HostDiskFul\"']\n      continue: true\n", "HostDiskFul"),
        'no alert has alertname=~"HostDiskFul" (did you mean "HostDiskFull"?)',
    ),
    route(
        "a route behind one that takes all",
        "    - matchers: ['alertname=\"HostLoadHigh\"']\n      group_wait: 7s\n"
        '    - matchers: [\'alertname="HostLoadHigh", severity="warning"\']\n      group_wait: 9s\n',
        *(
            '"HostLoadHigh", severity',
            "no alert comes to this route: the route in line {['alertname=\"HostLoadHigh\"']} takes them before",
        ),
    ),
    route(
        "a route whose labels never come together",
        *("    - matchers: ['alertname=\"HostLoadHigh\"', 'severity=\"critical\"']\n", "HostLoadHigh"),
        "no alert comes to this route: no alert has all of its labels",
    ),
    Fault(
        "an alert that nobody is told of",
        (
            (ALERTMANAGER, "receivers:\n", "receivers:\n  - name: phone\n"),
            (
                ALERTMANAGER,
                "  routes:\n",
                "  routes:\n    - matchers: ['alertname=\"HostDown\"']\n      receiver: phone\n",
            ),
        ),
        (
            (
                ALERTMANAGER,
                "- matchers: ['alertname=\"HostDown\"']",
                'HostDown: nobody is told, the receiver "phone" has no integration'
                ' (if that is meant, call it "nobody")',
            ),
        ),
    ),
    route(
        "a receiver that is not there",
        "    - matchers: ['alertname=\"HostDown\"']\n      receiver: watchdgo\n",
        *("watchdgo", 'there is no receiver "watchdgo" (did you mean "watchdog"?)'),
    ),
    route(
        "a time interval that is not there",
        "    - matchers: ['alertname=\"HostDown\"']\n      mute_time_intervals: [siesta]\n",
        *("siesta", 'there is no time interval "siesta"'),
    ),
    route(
        "grouping by a label that no alert has",
        "    - matchers: ['alertname=\"HostDown\"']\n      group_by: [hsot]\n",
        *("hsot", 'no alert has a label "hsot" (did you mean "host"?)'),
    ),
    route(
        "a key in a route that is none",
        "    - matchers: ['alertname=\"HostDown\"']\n      repeat_intervall: 5m\n",
        *("repeat_intervall", 'unknown key "repeat_intervall" (did you mean "repeat_interval"?)'),
    ),
    inhibition(
        "an inhibition of an alert that no rule has",
        "  - source_matchers: ['alertname=\"HostDwon\"']\n    target_matchers: ['alertname=\"HostLoadHigh\"']\n",
        *("HostDwon", 'no alert has alertname="HostDwon" (did you mean "HostDown"?)'),
    ),
    inhibition(
        "an inhibition whose targets never come",
        "  - source_matchers: ['alertname=\"HostDown\"']\n"
        "    target_matchers: ['alertname=\"HostLoadHigh\"', 'severity=\"info\"']\n",
        *("HostLoadHigh", "no alert has all labels of target_matchers: this inhibits nothing"),
    ),
    inhibition(
        "equal labels that nobody has",
        "  - source_matchers: ['alertname=\"HostDown\"']\n    target_matchers: ['alertname=\"HostLoadHigh\"']\n"
        "    equal: [instnace]\n",
        *("instnace", 'no alert of this inhibition has a label "instnace" (did you mean "instance"?)'),
    ),
    inhibition(
        "equal labels that one side lacks",
        "  - source_matchers: ['alertname=\"HostDown\"']\n    target_matchers: ['alertname=\"HostUnitFailed\"']\n"
        "    equal: [host, name]\n",
        *("equal: [host, name]", 'no alert of source_matchers has a label "name"'),
    ),
    Fault(
        "a time zone that is not there",
        (
            (
                ALERTMANAGER,
                "inhibit_rules:\n",
                "mute_time_intervals:\n  - name: nights\n    time_intervals:\n"
                "      - {location: Europe/Berlni}\ninhibit_rules:\n",
            ),
            (
                ALERTMANAGER,
                "  routes:\n",
                "  routes:\n    - matchers: ['alertname=\"HostLoadHigh\"']\n      mute_time_intervals: [nights]\n",
            ),
        ),
        ((ALERTMANAGER, "Berlni", 'there is no time zone "Europe/Berlni" (did you mean "Europe/Berlin"?)'),),
    ),
    fault(
        "a template that nobody defines",
        *(
            ALERTMANAGER,
            '{{ template "heartline.discord.title" . }}',
            '{{ template "heartline.discord.titel" . }}',
            "titel",
        ),
        'nobody defines the template "heartline.discord.titel" (did you mean "heartline.discord.title"?)',
    ),
    fault(
        "a label in a template",
        *(
            TEMPLATE,
            ".CommonLabels.heartbeat }}",
            ".CommonLabels.heartbaet }}",
            "heartbaet",
        ),
        'no alert has a label "heartbaet" (did you mean "heartbeat"?)',
    ),
    fault(
        "a function in a text",
        *(ALERTMANAGER, "title: '{{ template \"", "title: '{{ tempalte \"", "tempalte"),
        'templates have no function "tempalte" (did you mean "template"?)',
    ),
    fault(
        "a field in a template",
        *(TEMPLATE, ".CommonLabels.heartbeat }}", ".CommonLabesl.heartbeat }}", "CommonLabesl"),
        'templates have no field "CommonLabesl" (did you mean "CommonLabels"?)',
    ),
    fault(
        "a template that cannot be read",
        *(TEMPLATE, "{{ with .Annotations.deadline }}", "{{ with }}", "{{ with }}"),
        "the template is wrong: missing value for with",
    ),
    route(
        "a value that a label's template never becomes",
        "    - matchers: ['alertname=\"HeartbeatLate\"', 'scope=\"hsot\"']\n",
        *("hsot", 'no alert has scope="hsot" (did you mean "host"?)'),
    ),
    fault(
        "templates that are not there",
        *(ALERTMANAGER, "templates/*.tmpl", "templates/*.tpl", "*.tpl", 'there is no file "templates/*.tpl"'),
    ),
)
