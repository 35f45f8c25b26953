"""Where a rendered part cites a source: the sentence before each mark, and the mark's id to lead there."""

from __future__ import annotations

import re
from dataclasses import dataclass

from scs_series.text.markup import escape_attribute
from scs_series.text.plain import BLOCKS, plain_text, shorten

_NOTE = '<span class="scs-note" id="'
_NOTE_END = '<a class="scs-note-x"'
_EDGE = re.compile(rf"</?(?:{'|'.join(sorted(BLOCKS | {'td', 'th'}))})(?: [^<>]*)?>")
_ROW = re.compile(r"</?tr(?: [^<>]*)?>")
#: What is left of a word that a cut went through, where words are told apart.
_FIRST_WORD = re.compile(r"^\S{0,30}\s")
_SPACE = re.compile(r"\s+")
#: A sentence ends in a mark that a space and a capital, or a script without them, follows; behind an initial, "No.",
#: "Art." and the like it goes on.
_END = re.compile(r"(?<![A-Z])(?<!\b[A-Z][a-z])(?<!\b[A-Z][a-z]{2})[.!?…][”’\")\]]*\s(?=[^a-z])|[。！？]")
#: Whatever a block holds: this much on either side of a mark is looked at.
_AROUND = 4_000


@dataclass(frozen=True)
class Cited:
    """One place of a text that cites. ``number`` is the note's, ``id`` its mark's."""

    number: str
    id: str
    sentence: str


def cited_in(html: str, address: str, *, sentences: int = 3, limit: int = 320) -> tuple[Cited, ...]:
    """The places of a part's rendered text whose notes lead to ``address``, in order.

    Only the first ``sentences`` are told with their sentence of at most ``limit`` characters. ``html`` is what
    ``render`` gave for a part without a document of its own name. Anything else gives fewer places, never an error.
    """
    found: dict[str, Cited] = {}
    link = f'href="{escape_attribute(address)}"'
    at = html.find(link)
    while at >= 0:
        start = html.rfind(_NOTE, 0, at)
        # A link in the running text is not in the note before it.
        if start >= 0 and html.find(_NOTE_END, start, at) < 0:
            number = html[start + len(_NOTE) :].split('"', 1)[0].removeprefix("n")
            mark = html.find(f'<a class="scs-ref" id="r{number}"')
            if number not in found and mark >= 0:
                told = _sentence(html, mark, limit) if len(found) < sentences else ""
                found[number] = Cited(number, f"r{number}", told)
        at = html.find(link, at + len(link))
    return tuple(found.values())


def _sentence(html: str, mark: int, limit: int) -> str:
    """The sentence that the mark stands in or right behind; of a table, the row."""
    behind = html.find("</a>", mark) + len("</a>")
    start = max(0, mark - _AROUND)
    edges = list(_EDGE.finditer(html, start, mark))
    if edges and edges[-1].group().startswith(("<td", "<th")):
        rows = [row.end() for row in _ROW.finditer(html, start, mark)]
        row_end = _ROW.search(html, behind)
        if rows and row_end:
            return shorten(_line(html[rows[-1] : row_end.start()], between=" · "), limit)
    whole = bool(edges) or not start
    if edges:
        start = edges[-1].end()
    elif -1 < (tag_end := html.find(">", start)) < html.find("<", start):  # the window begins within a tag
        start = tag_end + 1
    before = _line(html[start:mark])
    edge = _EDGE.search(html, behind)
    after = _line(html[behind : min(edge.start() if edge else len(html), behind + _AROUND)])
    ends = [end.end() for end in _END.finditer(before)]
    if ends and ends[-1] == len(
        before
    ):  # the mark stands behind the sentence's end, in a script without spaces
        ends.pop()
    said = before[ends[-1] :] if ends else before
    if not re.search(r"[.!?。！？…][”’\")\]]*$", before):
        end = _END.search(after)
        joint = "" if re.match(r"[,;:.!?)”’。，；：！？]|[^\x00-\u2fff]", after) else " "
        said += joint + (after[: end.end()] if end else after)
    said = said.strip()
    if not ends and not whole:
        said = f"…{said}"
    if len(said) > limit:
        # The end is what the mark vouches for.
        said = f"…{_FIRST_WORD.sub('', said[-limit:])}" if len(before) > len(after) else shorten(said, limit)
    return said


def _line(html: str, between: str = " ") -> str:
    """A block in one line, its cells with ``between`` them."""
    return _SPACE.sub(" ", plain_text(html).replace("\t", between)).strip()
