"""The one pass over all words finds what looking for each word in each line finds."""

from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.rules.words import Words

TEXT = st.text(alphabet="abcAB \n", max_size=60)
WORD = st.text(alphabet="abc ", min_size=1, max_size=5)


@settings(max_examples=400, deadline=None)
@given(TEXT, st.lists(WORD, min_size=1, max_size=8, unique=True))
def test_overlapping_words_are_all_found(text: str, words: list[str]) -> None:
    asking = {word.encode(): [number] for number, word in enumerate(words)}
    found = {index: (line, set(numbers)) for index, line, numbers in Words(asking).lines(text.encode())}
    expected = {
        index: (line.encode(), {number for number, word in enumerate(words) if word in line.lower()})
        for index, line in enumerate(text.split("\n"))
        if any(word in line.lower() for word in words)
    }
    assert found == expected


def test_no_words_find_nothing() -> None:
    assert list(Words({}).lines(b"a\nb")) == []
