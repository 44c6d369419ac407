"""The table of kinds."""

from exporter.heartbeats.schedules import KINDS, Cron, Every, OnCalendar


def test_every_key_of_the_configuration_has_its_kind() -> None:
    assert {"every": Every, "cron": Cron, "oncalendar": OnCalendar} == KINDS


def test_the_kinds_of_the_calendar_take_an_expression_and_a_zone_and_the_others_seconds() -> None:
    assert {key for key, kind in KINDS.items() if kind.calendar} == {"cron", "oncalendar"}
