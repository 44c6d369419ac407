"""What went wrong, in one line for the person at the terminal."""


class Problem(Exception):
    """Ends the command with exit code 1; its text is one clear line, `shown` what a program said about it."""

    def __init__(self, line: str, shown: str = "") -> None:
        super().__init__(line)
        self.shown = shown
