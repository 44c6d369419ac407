"""`python -m stack <verb>`: what `./heartline` hands over to."""

import sys
from collections.abc import Callable, Mapping

from stack import alerts, check, demo, log_review, rule_tests, run_tests, silences, tools, up, urls
from stack.problem import exit_code

VERBS: Mapping[str, Callable[[list[str]], int]] = {
    "up": up.main,
    "check": check.main,
    "demo": demo.main,
    "test": run_tests.main,
    "test-rules": rule_tests.main,
    "tools": tools.main,
    "urls": urls.main,
    "alerts": alerts.main,
    "silence": silences.silence,
    "silences": silences.silences,
    **log_review.MAINS,
}


def main(arguments: list[str]) -> int:
    verb = arguments[0] if arguments else ""
    if verb not in VERBS:
        print(f"heartline: unknown command {verb!r}, known are: {', '.join(VERBS)}", file=sys.stderr)
        return 2
    return exit_code("heartline", lambda: VERBS[verb](arguments[1:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
