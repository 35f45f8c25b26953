"""What a text must be before it is stored."""

from __future__ import annotations

import re
import unicodedata

from scs_series.text import words
from scs_series.text.markdown import is_too_deep
from scs_series.text.records import TextError

_NEWLINES = re.compile(r"\r\n?")
# C0 controls but tab and line feed, and surrogates (no database or UTF-8 response takes those).
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff]")
# Unicode's canonical ordering sorts combining marks in n² steps; UAX 15's stream-safe format allows 30 in a row.
_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u064b-\u065f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{31,}"
)


def normalise(markdown: str) -> str:
    """Line feeds only, and Unicode NFC so that equal words are equal strings. Never fails."""
    text = _NEWLINES.sub("\n", markdown)
    if unicodedata.is_normalized("NFC", text):
        return text
    return unicodedata.normalize("NFC", _MARKS.sub(lambda match: match.group()[:30], text))


def harmless(markdown: str) -> str:
    """``normalise``, with characters that check_text refuses shown as U+FFFD: for text stored before the check."""
    return _FORBIDDEN.sub("\ufffd", normalise(markdown))


def check_text(markdown: str, *, max_length: int = 100_000) -> str:
    """The text in the form to store: line feeds only, Unicode NFC.

    Raises TextError: "nul" for NUL and other control characters (all of C0 but tab and line feed) and for
    surrogates; "too_long" for more than ``max_length`` characters, counted after normalising; "too_deep" for
    more than 19 nested quotes or 9 nested lists (mixed: a list counts twice), which would be shown flat.
    """
    # The raw text may be longer only by its carriage returns and by what NFC joins: refuse the absurd at once.
    if len(markdown) > 4 * max_length:
        raise TextError("too_long", _too_long(len(markdown), max_length))
    text = _NEWLINES.sub("\n", markdown)
    forbidden = _FORBIDDEN.search(text)
    if forbidden:
        line = text.count("\n", 0, forbidden.start()) + 1
        named = {"line": line, "character": f"U+{ord(forbidden.group()):04X}"}
        raise TextError("nul", words.word(words.BAD_CHARACTER) % named)
    text = normalise(text)
    if len(text) > max_length:
        raise TextError("too_long", _too_long(len(text), max_length))
    if is_too_deep(text):
        raise TextError("too_deep", words.word(words.TOO_DEEP))
    return text


def _too_long(length: int, limit: int) -> str:
    return words.word(words.TOO_LONG) % {"length": length, "limit": limit}
