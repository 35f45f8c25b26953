"""Languages and directions: marks runs of Chinese, Japanese or Korean text, so that they get the right glyphs, and
sets blocks of Arabic, Hebrew and the like from right to left."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from scs_series.text.markup import VOID, attributes_of, names, pieces

# Unicode 16 blocks: CJK radicals, the ideographic iteration marks and zero, the unified ideographs with
# extension A, compatibility ideographs, and planes 2 and 3 (extensions B to I).
HAN = (
    "\u2e80-\u2fdf\u3005\u3007\u3021-\u3029\u3038-\u303b\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
KANA = "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9d"
HANGUL = "\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff"

# Punctuation that belongs to such text only; it stays in a run at its ends too.
_OPENING = "\u3008\u300a\u300c\u300e\u3010\u3014\u3016\uff08"  # 〈《「『【〔〖（
_CLOSING = "\u3009\u300b\u300d\u300f\u3011\u3015\u3017\uff09\u3001\u3002\uff0c\uff0e\uff1a\uff1b\uff01\uff1f"
# Inside a run also what Latin text shares: quotes, dashes, dots, digits, ASCII marks.
_INSIDE = (
    _OPENING + _CLOSING + "\u2018\u2019\u201c\u201d\u2014\u2013\u2026\u00b7\u30fb\uff10-\uff190-9,.:;!?()%/-"
)

_CJK = HAN + KANA + HANGUL
_HAS_CJK = re.compile(f"[{_CJK}]")
# The bounds (4 opening, 40 inside) keep the search linear on long rows of punctuation.
_RUN = re.compile(f"[{_OPENING}]{{0,4}}[{_CJK}]++(?:[{_INSIDE}]{{0,40}}[{_CJK}]++)*+[{_CLOSING}]{{0,4}}")
_HAS_KANA = re.compile(f"[{KANA}]")
_HAS_HANGUL = re.compile(f"[{HANGUL}]")
# 发改财金〔2016〕141号: the short name of the issuer, the year in tortoise-shell brackets, a number. Eight
# characters before the bracket: joint numbers of several bodies are longer, but breaking those is no harm.
_DOCUMENT_NUMBER = re.compile(f"[{HAN}]{{1,8}}\u3014[0-9]{{4}}\u3015[{HAN}]?[0-9]{{1,5}}\u53f7")

# Code is not prose; title and the like never stand in sanitised text.
_LEFT_ALONE = frozenset({"code", "pre", "kbd", "samp"})


def mark_languages(html: str) -> str:
    """Wrap runs of Han script (and kana, hangul) in ``<span lang>``; takes and returns sanitised HTML.

    A run with kana is "ja", with hangul "ko", else "zh-Hans". Code and anything inside an element that carries
    a ``lang`` stay as they are. Document numbers also get the class ``scs-nobr``.
    """
    if not _HAS_CJK.search(html):
        return html
    out: list[str] = []
    # Names of open elements inside which nothing is marked; empty string: an ordinary one.
    stack: list[bool] = []
    quiet = 0
    for name, closing, attributes, raw in pieces(html):
        if not name:
            out.append(raw if quiet else _RUN.sub(_wrap, raw))
            continue
        out.append(raw)
        if name in VOID:
            continue
        if closing:
            if stack:
                quiet -= stack.pop()
            continue
        silent = name in _LEFT_ALONE or ("lang=" in attributes and "lang" in attributes_of(attributes))
        stack.append(silent)
        quiet += silent
    return "".join(out)


def _wrap(match: re.Match[str]) -> str:
    run = match.group()
    language = "ja" if _HAS_KANA.search(run) else "ko" if _HAS_HANGUL.search(run) else "zh-Hans"
    if _DOCUMENT_NUMBER.fullmatch(run):
        return f'<span class="scs-nobr" lang="{language}">{run}</span>'
    inner = _DOCUMENT_NUMBER.sub(r'<span class="scs-nobr">\g<0></span>', run)
    return f'<span lang="{language}">{inner}</span>'


# Directions.

#: Languages written from right to left, by their primary subtag.
_RTL_LANGUAGES = names("ar arc ckb dv fa he nqo ps sd syr ug ur yi")
# Hebrew, Arabic and their relatives; their presentation forms; the old scripts of plane 1; Adlam and its neighbours.
RTL = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff"
_HAS_RTL = re.compile(f"[{RTL}]")
_RTL_LETTER = re.compile(f"(?=[{RTL}])[^\\W\\d_]")
_LETTER = re.compile(r"[^\W\d_]")
# What has a start side of its own: lines, bullets, rules and columns. An item goes with its list, so that all
# bullets of a list stand in one column.
_DIRECTED = names("p h2 h3 h4 h5 h6 blockquote ul ol dl table td th caption figcaption summary")
# Numbers, notes, arrows and names say nothing about the text they stand in; code is always from the left.
_NO_WORDS = frozenset({"scs-ref", "scs-note", "scs-fn", "scs-fn-back", "scs-mention", "scs-hashtag"})
_CODE = frozenset({"code", "pre", "kbd", "samp"})

Direction = Literal["ltr", "rtl", ""]


def direction_of(text: str) -> Direction:
    """The direction of plain text by its first letter, as ``dir="auto"`` finds it; empty if it has none."""
    first = _LETTER.search(text)
    return "" if first is None else "rtl" if _HAS_RTL.match(first.group()) else "ltr"


def is_rtl_language(code: str) -> bool:
    """Whether a language (BCP 47) is written from right to left."""
    return code.lower().partition("-")[0] in _RTL_LANGUAGES


def isolate(html: str) -> str:
    """Phrasing HTML, in ``<bdi>`` if any of it runs from right to left: it cannot pull at what stands beside it."""
    return f"<bdi>{html}</bdi>" if _HAS_RTL.search(html) else html


@dataclass
class _Block:
    """An element being read. ``at``: where its tag stands in the output; ``dir``: what its author wrote."""

    name: str
    at: int
    parent: _Block | None
    quiet: bool
    dir: str
    first: Direction = ""
    has_rtl: bool = False


def mark_directions(html: str) -> str:
    """Give blocks a ``dir`` where their text needs one; takes and returns sanitised HTML.

    Text without a letter from right to left comes back as it is. Else a block that begins with such a letter gets
    "rtl", and one that holds none gets "ltr"; a block with both that begins from the left follows what encloses it,
    as a paragraph of an Arabic text may begin with a foreign name. What its parent says already is not said again.
    """
    if not _RTL_LETTER.search(html):
        return html
    out: list[str] = []
    blocks: list[_Block] = []
    open_: _Block | None = None
    for name, closing, attributes, raw in pieces(html):
        out.append(raw)
        if not name:
            if open_ is not None and not open_.quiet:
                _read(open_, raw)
        elif name in VOID:
            continue
        elif closing:
            if open_ is not None:
                open_ = open_.parent
        else:
            given = attributes_of(attributes) if attributes else {}
            quiet = (
                name in _CODE
                or not _NO_WORDS.isdisjoint(given.get("class", "").split())
                or (open_ is not None and open_.quiet)
            )
            open_ = _Block(name, len(out) - 1, open_, quiet, given.get("dir", ""))
            blocks.append(open_)
    if not any(block.has_rtl for block in blocks):
        return html
    effective: dict[int, str] = {}
    for block in blocks:
        around = effective[block.parent.at] if block.parent else ""
        wanted = block.dir
        if not wanted and block.name in _DIRECTED and not block.quiet:
            wanted = block.first if block.first == "rtl" or not block.has_rtl else ""
            if wanted and wanted != around:
                out[block.at] = f'{out[block.at][:-1]} dir="{wanted}">'
        effective[block.at] = wanted or around
    return "".join(out)


def _read(innermost: _Block, text: str) -> None:
    """Tell the innermost element and all around it what letters came. Depth is bounded by the writer."""
    first, has_rtl = direction_of(text), _RTL_LETTER.search(text) is not None
    block: _Block | None = innermost
    while block is not None and first and not (block.first and (block.has_rtl or not has_rtl)):
        block.first = block.first or first
        block.has_rtl = block.has_rtl or has_rtl
        block = block.parent
