"""Which of many words stand in which lines? One linear pass over all lines at once, capitals or not."""

from collections.abc import Iterator, Mapping, Sequence

import re2  # type: ignore[import-untyped,unused-ignore]  # the wheel carries no types

from analyzer.rules.rule import QUIET

Numbers = tuple[int, ...]


class Words:
    """Words with the numbers of those who ask for them."""

    def __init__(self, asking: Mapping[bytes, Sequence[int]]) -> None:
        words = {word.lower(): tuple(numbers) for word, numbers in asking.items()}
        beginning = _by_beginning(words)
        self._inside = {word: _inside(word, words) for word in words}
        self._across = {word: _across(word, beginning, self._inside) for word in words}
        # The longest first, so that what is found at a place is the longest word there.
        ordered = sorted(words, key=lambda word: (-len(word), word))
        self._any = re2.compile(b"(?i)" + b"|".join(map(re2.escape, ordered)), QUIET) if words else None

    def lines(self, data: bytes) -> Iterator[tuple[int, bytes, Numbers]]:
        """The lines with words in them: index, line, and the numbers of those who asked for the words."""
        if self._any is None:
            return
        index, start, stop = 0, 0, -1
        numbers: Numbers = ()
        for found in self._any.finditer(data):
            at, end = found.span()
            if at >= stop:
                if numbers:
                    yield index, data[start:stop], numbers
                index += data.count(b"\n", start, at)
                start = max(start, data.rfind(b"\n", start, at) + 1)
                stop = data.find(b"\n", at)
                stop = len(data) if stop < 0 else stop
                numbers = ()
            more = self._at(data, at, end)
            numbers = more + tuple([n for n in numbers if n not in more]) if numbers else more
        if numbers:
            yield index, data[start:stop], numbers

    def _at(self, data: bytes, at: int, end: int) -> Numbers:
        """Who asks for the word found there, for one inside it, or for one that begins inside it and goes on."""
        word = data[at:end].lower()
        numbers = self._inside[word]
        across = self._across[word].get(data[end : end + 1].lower())
        if across is None:
            return numbers
        more = [n for rest, asking in across if data[end : end + len(rest)].lower() == rest for n in asking]
        return tuple(dict.fromkeys((*numbers, *more)))


def _by_beginning(words: Mapping[bytes, Numbers]) -> dict[bytes, list[bytes]]:
    beginning: dict[bytes, list[bytes]] = {}
    for word in words:
        for length in range(1, len(word)):
            beginning.setdefault(word[:length], []).append(word)
    return beginning


def _inside(word: bytes, words: Mapping[bytes, Numbers]) -> Numbers:
    parts = (word[a:b] for a in range(len(word)) for b in range(a + 1, len(word) + 1))
    return tuple(dict.fromkeys((*words[word], *(n for part in parts for n in words.get(part, ())))))


def _across(
    word: bytes, beginning: Mapping[bytes, list[bytes]], inside: Mapping[bytes, Numbers]
) -> dict[bytes, list[tuple[bytes, Numbers]]]:
    """By the character after the word: what has to follow it, and who asks for the word that then is there.

    The search goes on behind a word that it has found; what began within it would be missed.
    """
    across: dict[bytes, list[tuple[bytes, Numbers]]] = {}
    for place in range(1, len(word)):
        for other in beginning.get(word[place:], ()):
            rest = other[len(word) - place :]
            across.setdefault(rest[:1], []).append((rest, inside[other]))
    return across
