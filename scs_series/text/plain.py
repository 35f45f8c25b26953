"""The words of a rendered text without its markup: for search, counting, excerpts and e-mail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from scs_series.text.language import HAN, KANA
from scs_series.text.markup import VOID, attributes_of, names, pieces

BLOCKS = names(
    "p h1 h2 h3 h4 h5 h6 ul ol li blockquote pre div section table thead tbody tfoot tr caption figure "
    "figcaption details summary dl dt dd hr"
)
# Numbers of notes, the notes, the list of sources and the arrows back are interface, not text.
_INTERFACE = frozenset({"scs-ref", "scs-note", "scs-notes", "scs-refs", "scs-fn", "scs-fn-back"})
_NOT_IN_EXCERPT = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "pre", "table"})

# A stop before an ellipsis reads as a fourth dot; what only opens or joins has nothing left to do.
_BEFORE_ELLIPSIS = " \t.,;:…–—-(“‘[。，、；：（「『"

_QUOTES = ("“", "«", "„", "「", "『", "‘", '"')
_WITHIN = str.maketrans("“”", "‘’")

_CELL = re.compile(r" ?\f ?")
_SPACE = re.compile(r"[ \t\n\r]+")
# A Chinese or Japanese character counts as a word: readers take 255 characters of Chinese a minute and 228
# words of English (Trauzettel-Klosinski and Dietz, IReST, 2012, doi:10.1167/iovs.11-8284).
_WORD = re.compile(f"[{HAN}{KANA}]|(?:(?![{HAN}{KANA}])\\w)+(?:['’.-](?:(?![{HAN}{KANA}])\\w)+)*")


def plain_text(html: str) -> str:
    """The text of rendered (or sanitised) HTML: blocks apart by a blank line, cells by a tab, lines kept in code.

    Left out: note numbers, notes, the list of sources, the links back from footnotes; pictures (as in a
    browser's textContent). Never fails; unbalanced HTML is read as far as it goes.
    """
    return "\n\n".join(text for _, text in _blocks(html))


def is_quoted(text: str) -> bool:
    """Whether a text brings quotation marks of its own."""
    return text.startswith(_QUOTES)


def to_quote(text: str) -> str:
    """A text as it stands within quotation marks: its own become single ones."""
    return text.translate(_WITHIN)


def count_words(text: str) -> int:
    """Words in plain text; each Han or kana character counts as one."""
    return sum(1 for _ in _WORD.finditer(text))


def excerpt(html: str, limit: int = 200) -> str:
    """The first words of the running text (no headings, code, tables unless there is nothing else)."""
    chosen: list[str] = []
    rest: list[str] = []
    length = 0
    for kinds, text in _blocks(html):
        if kinds & _NOT_IN_EXCERPT:
            if len(rest) < limit:
                rest.append(text)
            continue
        chosen.append(text)
        length += len(text) + 1
        if length > limit:
            break
    return shorten(_SPACE.sub(" ", " ".join(chosen or rest)).strip(), limit)


def shorten(text: str, limit: int) -> str:
    """Cut at a word so that the result, with its ellipsis, has at most ``limit`` characters."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    # Only an unbroken run of letters is cut through, and then only where a script has no spaces.
    if not text[limit - 1].isspace() and " " in cut and not re.match(f"[{HAN}{KANA}]", text[limit - 1]):
        cut = cut[: cut.rindex(" ")]
    return cut.rstrip(_BEFORE_ELLIPSIS) + "…"


def _blocks(html: str) -> Iterator[tuple[frozenset[str], str]]:
    """Each block's text with the names of the elements it stands in."""
    buffer: list[str] = []
    stack: list[str] = []
    hidden: int | None = None
    preformatted = 0

    def flush() -> str:
        text = "".join(buffer)
        buffer.clear()
        if preformatted:
            return text.strip("\n")
        lines = (_SPACE.sub(" ", line).strip() for line in text.split("\v"))
        return _CELL.sub("\t", "\n".join(lines).strip())

    for name, closing, attributes, raw in pieces(html):
        if not name:
            # U+202F alone stands between the note numbers of one citation.
            if hidden is None and raw != "\u202f":
                # \v and \f never occur in accepted text; they carry <br> and cell borders through the
                # collapsing of white space.
                buffer.append(unescape(raw).replace("\v", " ").replace("\f", " "))
            continue
        if name in VOID:
            if hidden is None and name == "br":
                buffer.append("\n" if preformatted else "\v")
            if name != "hr":
                continue
        if hidden is None and name in BLOCKS:
            text = flush()
            if text:
                yield frozenset(stack), text
        if name == "hr":
            continue
        if closing:
            if name in ("td", "th") and hidden is None:
                buffer.append("\f")
            # Nearly always the innermost; asking that first keeps deep nesting linear.
            if stack and (stack[-1] == name or name in stack):
                while stack.pop() != name:
                    pass
                if hidden is not None and len(stack) <= hidden:
                    hidden = None
                preformatted = stack.count("pre") if name == "pre" else preformatted
            continue
        if hidden is None and "scs-" in attributes:
            classes = attributes_of(attributes).get("class", "").split()
            if not _INTERFACE.isdisjoint(classes):
                hidden = len(stack)
        stack.append(name)
        preformatted += name == "pre"
    text = flush()
    if text:
        yield frozenset(stack), text
