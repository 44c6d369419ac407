"""What went wrong, in one line for the person at the terminal."""

import sys
from collections.abc import Callable


class Problem(Exception):
    """Ends the command with exit code 1; its text is one clear line, `shown` what a program said about it."""

    def __init__(self, line: str, shown: str = "") -> None:
        super().__init__(line)
        self.shown = shown


def exit_code(name: str, run: Callable[[], int]) -> int:
    """What `run` answers; 1 after a `Problem`, told as that of the command `name`, and 130 after Ctrl-C."""
    try:
        return run()
    except Problem as e:
        if e.shown:
            print(e.shown, file=sys.stderr)
        print(f"{name}: {e}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
