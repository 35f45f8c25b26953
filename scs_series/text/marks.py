"""Where the raised number of a citation stands: behind the punctuation that follows it, close to its word.

Authors write ``a claim [@key].`` as Pandoc has it; printed is ``a claim.¹``, as Pandoc does for styles with notes.
This works on the tokens of one paragraph, heading or cell, before they are written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from markdown_it.token import Token

from scs_series.text.citations import KIND

# What closes a clause or a bracket, Latin, Arabic and CJK. A quotation mark with a letter behind it is an apostrophe
# or opens; a stop with a digit behind it is a decimal point.
_PUNCTUATION = re.compile("(?:[,:;!?…)\\]»›”、。，；：！？」』）》〉】〕．،؛؟۔]|[.](?![0-9])|[’'\"](?!\\w))+")
_OPENING = frozenset("([{“‘«‹„‚「『（《〈【〔¿¡\"'")
# Behind "What?" a full stop of its own would read as a slip.
_ENDS = frozenset(".!?…。！？؟۔")
_CLOSERS = frozenset({"em_close", "strong_close", "s_close"})
_BREAKS = frozenset({"softbreak", "hardbreak"})
#: Between two marks: narrow, does not break, and keeps "1 2" from reading as twelve.
BETWEEN = "\u202f"


def set_marks(children: Sequence[Token], is_shown: Callable[[Token], bool]) -> list[Token]:
    """The tokens with every citation moved behind the closing punctuation after it and the space before it gone.

    ``is_shown``: whether a citation becomes a number; asked once for each, in reading order. Others stay where they
    are, for what they print is words. The marks of footnotes move only together with a citation. Nothing is lost and
    citations keep their order. The tokens given are not changed.
    """
    if not any(token.type == KIND for token in children):
        return list(children)
    shown = {id(token) for token in children if token.type == KIND and is_shown(token)}
    tokens = _out_of_links(children, shown)
    out: list[Token] = []
    index = 0
    while index < len(tokens):
        if not _is_mark(tokens[index], shown):
            out.append(tokens[index])
            index += 1
            continue
        marks, end = _run(tokens, index, shown)
        if not any(token.type == KIND for token in marks):
            out.extend(tokens[index:end])
            index = end
            continue
        behind = end
        while behind < len(tokens) and _closes(tokens[behind]):
            behind += 1
        punctuation = _punctuation(out, tokens, behind)
        _strip_end(out)
        if punctuation:
            out.extend(tokens[end:behind])
            out.append(_text(punctuation))
            tokens[behind] = _text(tokens[behind].content[len(punctuation) :])
            end = behind
        for number, mark in enumerate(marks):
            if number:
                out.append(_text(BETWEEN))
            out.append(mark)
        index = end
    return out


def _out_of_links(children: Sequence[Token], shown: set[int]) -> list[Token]:
    """Citations in the text of a link moved behind it: links cannot nest."""
    out: list[Token] = []
    waiting: list[Token] = []
    depth = 0
    for token in children:
        if depth and id(token) in shown:
            _strip_end(out)
            waiting.append(token)
            continue
        out.append(token)
        depth += (token.type == "link_open") - (token.type == "link_close")
        if waiting and not depth:
            out.extend(waiting)
            waiting = []
    return out + waiting


def _is_mark(token: Token, shown: set[int]) -> bool:
    return token.type == "footnote_ref" or id(token) in shown


def _is_blank(token: Token) -> bool:
    return token.type == "softbreak" or (token.type == "text" and not token.content.strip(" \n"))


def _closes(token: Token) -> bool:
    """The end of an emphasis; between two of them the parser leaves empty text."""
    return token.type in _CLOSERS or (token.type == "text" and not token.content)


def _run(tokens: Sequence[Token], start: int, shown: set[int]) -> tuple[list[Token], int]:
    """The marks that follow each other from here, blanks between them left out, and where the run ends."""
    marks = [tokens[start]]
    end = start + 1
    while True:
        after = end
        while after < len(tokens) and _is_blank(tokens[after]):
            after += 1
        if after == len(tokens) or not _is_mark(tokens[after], shown):
            return marks, end
        marks.append(tokens[after])
        end = after + 1


def _punctuation(before: Sequence[Token], tokens: Sequence[Token], index: int) -> str:
    """What of the text at ``index`` belongs before the marks; empty if nothing does or there is no word to close."""
    if index == len(tokens) or tokens[index].type != "text":
        return ""
    match = _PUNCTUATION.match(tokens[index].content)
    if match is None:
        return ""
    last = next((token for token in reversed(before) if not _is_blank(token)), None)
    if last is None or last.type.endswith("_open") or last.type in _BREAKS:
        return ""
    if last.type == "html_inline" and not last.content.startswith("</"):
        return ""
    if last.type == "text":
        end = last.content.rstrip(" \n")[-1]
        if end in _OPENING or (end in _ENDS and match.group()[0] in _ENDS):
            return ""
    return match.group()


def _strip_end(out: list[Token]) -> None:
    """Take away the blank at the end; a forced line break stays."""
    while out and _is_blank(out[-1]):
        out.pop()
    if out and out[-1].type == "text":
        out[-1] = _text(out[-1].content.rstrip(" \n"))


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)
