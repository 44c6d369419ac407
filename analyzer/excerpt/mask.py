"""What is the shape of a log line? What differs from line to line is masked; equal lines have equal shapes.

First, cheaply and for thousands of lines at once, every run of digits becomes one `0` (`sketches`); then each distinct
sketch is masked by regular expressions (`signature`), which is what may take microseconds. A line's signature depends
on that line alone, never on what came before it, so its hash (`identity`) is a name for good. Changing a pattern here
renames the templates it touches: each of them is new once, and findings about them close and open again.
"""

import re
from hashlib import sha256

LINE_CHARS = 512  # what follows is not looked at
TOKENS = 48  # words of a signature; what follows becomes one mark
MASK = "<*>"
MORE = "<...>"

DIGITS = bytes.maketrans(b"123456789", b"000000000")
# Whether a web server answered or failed must outlive the digits: 503 becomes S0, shown as 5xx.
STATUS = re.compile(rb'(HTTP/[\d.]{1,3}" )([1-5])\d\d(?= )')
CLASSES = {b"1": b"\\1V0", b"2": b"\\1W0", b"3": b"\\1X0", b"4": b"\\1Y0", b"5": b"\\1Z0"}
SHOWN_CLASSES = {"V0": "1xx", "W0": "2xx", "X0": "3xx", "Y0": "4xx", "Z0": "5xx"}

# --- in a sketch: when, where and who; of these the program stays
MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
CLOCK = r"0[:.]0[:.]0(?:[.,:]0)?"
STAMP = rf"(?:{DAY},? )?{MONTH} +0(?: 0)?(?: {CLOCK})?(?: [A-Z]{{2,5}}(?= 0))?(?: 0(?= |\]|$))?"
ZONE = r"(?: ?(?:Z\b|[+-]0(?::0)?(?= )|[A-Z]{3,4}(?= )))?"
DATE = rf"{STAMP}|0[-/.]0(?:[-/.]0)?[T :-]{CLOCK}{ZONE}|0 {CLOCK}|0/{MONTH}/0:{CLOCK}(?: [+-]0)?|0(?:\.0)?(?= |\])"
PREFIX = re.compile(rf"(?:<0>)?(?:0 )?(?:- )?\[? *(?:{DATE})\]?[,:]?(?:[ |]+|$)")
PROGRAM = re.compile(
    r"(?:[\w.:@/-]{1,253} )?([A-Za-z_][\w./@() -]{0,60}?)\[0\](?: \(\[0\]\))?: ?"
    r"|[\w.@/-]{1,253} ([A-Za-z_][\w./@()-]{0,60}): "
)
ACCESS = re.compile(
    r'\S{1,64} \S{1,64} .{1,64} \[0/[A-Z][a-z]{2}/[^\]"]{1,40}\] '
    r'"([A-Z]{3,10} )?[^"]{0,600}" ([V-Z]0|\S{1,4})(?= )'
)

# --- in the message, a word at a time
KEPT = "".join(rf"(?<!{key}=)" for key in ("level", "lvl", "severity", "msg", "message", "error", "err", "reason"))
FIXED = r"(?!(?:true|false|yes|no|on|off|none|null|ok|failed|success|denied)\b)"
CHARS = r"[\w.@#~$%+-]"
ENDINGS = "com|net|org|edu|gov|mil|info|biz|io|dev|app|local|lan|internal|arpa|[a-z]{2}"
WORD = re.compile(
    "|".join(
        (
            r"<[A-Z][A-Z_]*:[^<>]{1,80}>",  # what redaction put there
            r"(?<=^\()(?=\)$)",  # an address without a name
            r"\b[a-z][a-z0+-]{1,15}://[^\"'<>\])]*",
            r"(?<![\w.:>*/])/[^:\"'<>,;()\[\]{}]*(?:=[^\"']*)?|\b[A-Za-z]:\\[^\"'<>,;]*",
            rf"{KEPT}(?<==){FIXED}[^,;&()\[\]{{}}\"'<>]+",
            rf"(?<!{CHARS})[\w+-]{{1,64}}+(?:\.[\w-]{{1,64}}+)*+@[\w-]++(?:\.[\w-]++)+",
            rf"(?<!{CHARS})(?:[\w-]{{1,64}}+\.){{1,8}}(?:(?:{ENDINGS})(?![\w.-])|[\w-]{{1,64}}(?=:0)):?0?(?![\w.-])",
            rf"<?(?<!{CHARS})(?![A-Za-z_$.]{{2,64}}+:0)[^\W0][\w.:@#~$%+-]{{0,64}}?0(?:[\w:@#~$%+/-]|\.(?=\w))*+",
            r"<?(?<!\w)[+-]?0(?:[\w:@#~$%+-]|\.(?=\w))*+",
        )
    )
)
MONTHS = frozenset(MONTH[3:-1].split("|"))
KEPT_JSON = "".join(
    rf'(?<!"{key}":)' for key in ("level", "severity", "msg", "message", "error", "err", "reason", "log", "event")
)
JSON = re.compile(rf'(?<=":){KEPT_JSON} ?"(?:[^"\\]|\\.)*+"')
USER = re.compile(
    r"((?:\b[Uu]ser|password for|publickey for|pam for|none for|hostbased for|mic for|getaddrinfo for"
    r"|[Cc]onnection from|LOGIN FROM|[Aa]uthentication failed from) )"
    r"(?!invalid user|illegal user|unknown\b|request |name )([^\s<>()]+)"
)
SUDO = re.compile(r"^\s*\S+( : .*\bCOMMAND=).*")
NAMING = (" user ", "ser ", " for ", " from ", " FROM ")
WORDED = re.compile(rf"(?:{DAY},? )?{MONTH} <\*>(?: [A-Z]{{3,4}} <\*>)?")
UNIT = re.compile(r"<\*> (?:sec|ms|us|[KMGT]i?B|kB)\b")
SIZE = re.compile(r"(<\*> bytes) \(<\*>\)")
RUN = re.compile(r"<\*>(?:[\s,;:./|#xX-]{0,4}<\*>)+")
MOST_WORDS = 20_000  # kept with what they become
LONGEST_WORD = 256  # characters; the rest of it is not looked at, and hardly any word is as long
MOST_WORD = 64  # characters of one that is kept


def sketches(lines: list[str]) -> list[bytes]:
    """Each line, cut, with one `0` for each run of digits."""
    if not lines:
        return []
    joined = "\n".join([line[:LINE_CHARS] for line in lines]).encode(errors="surrogatepass")
    if joined.count(b"\n") != len(lines) - 1:
        joined = "\n".join([line[:LINE_CHARS].replace("\n", " ") for line in lines]).encode(errors="surrogatepass")
    if b" HTTP/" in joined:
        joined = STATUS.sub(lambda found: found.expand(CLASSES[found[2]]), joined)
    joined = joined.translate(DIGITS)
    while b"00" in joined:
        joined = joined.replace(b"0000", b"0").replace(b"00", b"0")
    return joined.split(b"\n")


class Masker:
    """Signatures of sketches; remembers words, which changes how fast it is and nothing else."""

    def __init__(self) -> None:
        self._words: dict[str, str] = {}

    def signature(self, sketch: str) -> str:
        """The shape of a line, from its sketch."""
        if sketch.find('] "') > 0 and (found := ACCESS.match(sketch)):
            return f'{MASK} [{MASK}] "{found[1] or ""}{MASK}" {SHOWN_CLASSES.get(found[2], MASK)} {MASK}'
        program, message = _split(sketch)
        return program + self._masked(message)

    def _masked(self, message: str) -> str:
        if "COMMAND=" in message:
            message = SUDO.sub(rf"{MASK}\1{MASK}", message)
        if '":' in message:
            message = JSON.sub(MASK, message)
        words = message.rstrip().split(None, TOKENS)
        more = len(words) > TOKENS and words.pop()
        told = " ".join([word if word.isalpha() else self._word(word) for word in words])
        if any(naming in told for naming in NAMING):
            told = USER.sub(lambda found: found[1] + MASK, told)
        if MASK in told:
            if not MONTHS.isdisjoint(words):
                told = WORDED.sub(MASK, told)
            told = RUN.sub(MASK, SIZE.sub(r"\1", UNIT.sub(MASK, told)))
        return f"{told} {MORE}" if more else told

    def _word(self, word: str) -> str:
        known = self._words.get(word)
        if known is None:
            known = WORD.sub(MASK, word[:LONGEST_WORD])
            if len(self._words) >= MOST_WORDS:
                self._words.clear()
            if len(word) <= MOST_WORD:
                self._words[word] = known
        return known


def _split(sketch: str) -> tuple[str, str]:
    """The program with a colon, or nothing, and the message."""
    if found := PREFIX.match(sketch):
        message = sketch[found.end() :]
        if who := PROGRAM.match(message):
            return f"{who[1] or who[2]}: ", message[who.end() :]
        return "", message
    return "", sketch


def signatures(lines: list[str]) -> list[str]:
    """The signature of each line."""
    known: dict[bytes, str] = {}
    masker = Masker()
    found = []
    for sketch in sketches(lines):
        if sketch not in known:
            known[sketch] = masker.signature(sketch.decode(errors="replace"))
        found.append(known[sketch])
    return found


def identity(text: str) -> str:
    """The name of a signature: 12 hex digits."""
    return sha256(text.encode(errors="surrogatepass")).hexdigest()[:12]
