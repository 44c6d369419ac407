"""How many tokens will a model count for a text? An estimate that every model can be asked with."""


def tokens(text: str) -> int:
    """A quarter of the ASCII characters and half of the UTF-8 bytes of the others, rounded up.

    Four characters a token is what vendors give for English. Outside ASCII tokenizers go down towards bytes: half the
    bytes is one token for an accented letter, one and a half for an ideograph and two for most emoji.
    """
    if text.isascii():
        return -(-len(text) // 4)
    encoded = len(text.encode(errors="replace"))
    ascii_only = len(text.encode("ascii", errors="ignore"))
    return -(-(ascii_only + 2 * (encoded - ascii_only)) // 4)
