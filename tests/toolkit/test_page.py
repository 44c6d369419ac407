"""Pages show every text as text, and each cell tells its heading, for screens too narrow for a table."""

from html.parser import HTMLParser

import pytest

from toolkit.page import lines, linked, marked, page, table

HOSTILE = "<script>alert('1')</script> & \"quoted\""


class Read(HTMLParser):
    """Its elements with their attributes, and its texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def having(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for its, attributes in self.elements if its == tag]


def test_every_text_is_shown_as_text() -> None:
    row = (HOSTILE, marked(HOSTILE, "late"), linked(HOSTILE, HOSTILE), lines([HOSTILE, HOSTILE]))
    whole = page(HOSTILE, HOSTILE, {HOSTILE: HOSTILE}, table(HOSTILE, [HOSTILE] * 4, [row]))
    read = Read(whole)
    assert not read.having("script")
    # The title twice, what it says, a link, the caption, four headings, and five texts in the cells.
    assert sum(HOSTILE in text for text in read.texts) == 2 + 1 + 1 + 1 + 4 + 5
    assert [link["href"] for link in read.having("a")] == [HOSTILE, HOSTILE]
    assert [cell["data-of"] for cell in read.having("td")] == [HOSTILE] * 4


def test_a_row_that_does_not_fit_its_headings_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="shorter"):
        table("Hosts", ["Host", "Score"], [["nas"]])
