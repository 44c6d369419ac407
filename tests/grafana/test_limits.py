"""Do colours change at the numbers of the alert rules?"""

from grafana import limits, rules
from grafana.limits import Limit, Limits, fires
from grafana.rules import Rule

TEXT = """
groups:
  - name: a
    rules:
      - {record: a:b, expr: a > 7}
      - {alert: Small, expr: (a / (b > 0)) < 0.05 and c > 3, for: 15m, labels: {severity: warning}}
      - {alert: Ends, expr: left < 7 * 86400 and left > 0, for: 1h, labels: {severity: info}}
      - {alert: Missing, expr: last > 0 + 3 * every < time(), for: 1d, labels: {severity: critical}}
"""


def test_the_numbers_of_a_rule_are_found() -> None:
    small, ends, missing = rules.parse([TEXT])
    assert small == Rule("Small", "warning", "(a / (b > 0)) < 0.05 and c > 3")
    assert (small.beyond, ends.beyond, missing.times) == (0.05, 7 * 86400, 3)


def test_a_disk_is_orange_where_it_is_almost_full_and_red_where_it_is_full() -> None:
    full, almost = rules.of("HostDiskFull")[0].beyond, rules.of("HostDiskAlmostFull")[0].beyond
    assert full < almost
    steps = [{"color": "red", "value": None}, {"color": "orange", "value": full}, {"color": "green", "value": almost}]
    assert limits.DISK.json() == {"mode": "absolute", "steps": steps}


def test_a_certificate_has_a_colour_for_each_of_its_three_rules() -> None:
    assert [limit.value for limit in limits.CERTIFICATE.limits] == [21 * 86400, 7 * 86400, 86400]
    assert [limit.colour for limit in limits.CERTIFICATE.limits] == ["blue", "orange", "red"]


def test_what_grows_is_green_below_its_number() -> None:
    found = rules.of("HostLoadHigh")[0].beyond
    assert fires("HostLoadHigh") == Limits((Limit(found, "orange"),))
    assert fires("HostLoadHigh").json()["steps"] == [
        {"color": "green", "value": None},
        {"color": "orange", "value": found},
    ]
