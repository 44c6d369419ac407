"""What wrk and its script print."""

import pytest

from bench import wrk

SAID = """Running 1s test @ http://127.0.0.1:1
  1 threads and 64 connections
  2 requests in 2.00s, 1.00KB read
Requests/sec:      1.00
Transfer/sec:     0.50KB
{"requests": 4000, "duration_us": 2000000, "p50_us": 1500, "p99_us": 25000, "status": 3, "socket": 1}
"""


def test_the_line_of_json_below_wrks_own_words_is_read() -> None:
    load = wrk.parse(SAID)
    assert load == wrk.Load(requests=4000, seconds=2.0, p50=0.0015, p99=0.025, bad=3, broken=1)
    assert load.rate == 2000


def test_an_output_without_that_line_is_refused() -> None:
    with pytest.raises(ValueError, match="Expecting value"):
        wrk.parse("unable to connect to 127.0.0.1:1 Connection refused\n")
