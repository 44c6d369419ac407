import pytest

from analyzer.excerpt.severity import level, worse


@pytest.mark.parametrize(
    "line",
    [
        "Kernel panic - not syncing: Attempted to kill init!",
        "FATAL:  the database system is shutting down",
        '{"level":"fatal","msg":"bye"}',
        '{"level":60,"msg":"bye"}',
        "<2>Nov 21 10:00:00 host app: gone",
        "2026-11-21 10:00:00 CRITICAL [main] gone",
        "ts=1 level=crit msg=gone",
    ],
)
def test_a_line_that_calls_itself_critical_is(line: str) -> None:
    assert level(line) == "critical"


@pytest.mark.parametrize(
    "line",
    [
        "sshd[3]: error: maximum authentication attempts exceeded",
        "mount: permission denied",
        "sshd[3]: fatal: Timeout before authentication for 10.0.0.1 port 22",
        'FATAL:  password authentication failed for user "bob"',
        "Failed password for root",
        "[Sun Dec 04 04:47:44 2005] [error] mod_jk child workerEnv in error state 6",
        "java.lang.NullPointerException at Foo",
        "3 errors, 0 warnings",
        "errors=12",
        "failed=3 ok=9",
        "<4>Nov 21 10:00:00 host app: hm",
        "level=warn msg=hm",
        "error='disk is tired'",
        "non-fatal error: disk is tired",
    ],
)
def test_a_line_that_warns_is_a_warning(line: str) -> None:
    assert level(line) == "warning"


@pytest.mark.parametrize(
    "line",
    [
        "0 errors",
        "0 errors, 0 warnings",
        "no error",
        "No errors found",
        "error=0",
        "errors: 0",
        "ok=3 failed=0 skipped=1",
        "failures: 0, passed: 10",
        "error=null",
        '"error": null',
        'error="" took=3',
        '"error": ""',
        "finished without errors",
        "errorlevel set",
        "error_log opened",
        "opened /var/log/error.log",
        "rotated error.log",
        "reading /srv/panic/fatal/crit.txt done",
        "alertmanager started",
        "panic=10 quiet splash",
        "session opened for user root",
        "fail2ban started",
        "failover complete",
        "terrors of the deep",
        "",
    ],
)
def test_a_line_that_only_names_what_it_does_not_have_says_nothing(line: str) -> None:
    assert level(line) is None


def test_a_level_field_of_info_stands_against_mere_words() -> None:
    assert level('{"level":"info","msg":"retrying after error"}') == "info"
    assert level("level=debug msg=error budget") == "info"


def test_a_level_that_a_message_quotes_is_not_believed() -> None:
    assert level(r'{"level":"error","msg":"he sent {\"level\":\"info\"}"}') == "warning"


def test_a_lone_surrogate_is_no_reason_to_fail() -> None:
    assert level("error \ud800") == "warning"


def test_the_worse_of_two_wins_and_nothing_is_the_least() -> None:
    assert worse("info", "critical") == "critical"
    assert worse(None, "info") == "info"
    assert worse("warning", None) == "warning"
    assert worse(None, None) is None
