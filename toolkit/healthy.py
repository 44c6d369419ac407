"""Does a program answer 200? `python -m toolkit.healthy URL`, for images in which nothing else asks for a page."""

import sys
import urllib.error
import urllib.request

SECONDS = 3.0


def complaint(url: str) -> str | None:
    """What is wrong, None where it answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=SECONDS) as answer:
            return None if answer.status == 200 else f"{url}: {answer.status}"
    except (urllib.error.URLError, OSError) as e:
        return f"{url}: {e}"


if __name__ == "__main__":
    sys.exit(complaint(sys.argv[1]))
