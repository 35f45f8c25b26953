"""Pandoc's citation syntax in brackets: ``[@key]``, ``[see @a, pp. 3–4; -@b]``, as an inline rule.

https://pandoc.org/MANUAL.html#citation-syntax. Not taken over: citations without brackets (``@key`` alone is
kept free for mentions) and keys in braces.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from scs_series.text.records import Citation

# A longer bracket is prose with an address in it, not a citation; the bound also keeps the rule linear.
_MAX_GROUP = 1_000
MAX_KEY = 200

_GROUP = re.compile(rf"\[(?!\^)([^\[\]`\\<]{{2,{_MAX_GROUP}}}+)\]")
# Letters, digits and _; single marks between them ("Foo_bar.baz." ends before the last dot, as in Pandoc).
_KEY = re.compile(rf"(?<![\w@./-])-?@(\w(?:\w|[:.#$%&\-+?<>~/](?=\w)){{0,{MAX_KEY - 1}}}+)")
_BLANK = re.compile(r"\s+")

# What may follow a key as the place in the source: {anything}, or a short label, then numbers, ranges, lists.
_NUMBER = r"(?:\d+(?:[.:]\d+)*[a-z]?|[ivxlcdm]+(?![\w.])|[IVXLCDM]+(?![\w.]))"
_NUMBERS = rf"{_NUMBER}(?:\s?(?:[-–—,&]|and|ff?\.?)\s?{_NUMBER})*+(?:\s?ff?\.)?"
_LOCATOR = re.compile(
    rf"\{{([^{{}}]*)\}}|(第\s?\w{{1,12}}|(?:(?:[^\W\d_]{{1,12}}\.?|[§¶]{{1,2}})\s?){{0,2}}{_NUMBERS})"
)

KIND = "citation"


def citation_plugin(md: MarkdownIt) -> None:
    """Add the rule after links, so that ``[@key](url)`` and defined references stay links."""
    md.inline.ruler.after("link", KIND, _rule)


def _rule(state: StateInline, silent: bool) -> bool:
    # In silent mode the parser only looks for the end of a link's text. Saying no there makes the brackets
    # count as plain nested ones, so [text [@key]](url) stays a link with a citation in it.
    if silent or state.src[state.pos] != "[":
        return False
    match = _GROUP.match(state.src, state.pos, state.posMax)
    if match is None or "@" not in match.group(1):
        return False
    group = parse_group(match.group(1))
    if not group:
        return False
    token = state.push(KIND, "", 0)
    token.content = match.group()
    token.meta = {"group": group, "offset": state.pos}
    state.pos = match.end()
    return True


def parse_group(inside: str) -> tuple[Citation, ...]:
    """Read what stands between the brackets; empty if any piece between semicolons names no key.

    The ``line`` of the citations is 0: only the parser knows it. Prefix and suffix are plain text.
    """
    found = []
    for piece in inside.split(";"):
        match = _KEY.search(piece)
        if match is None:
            return ()
        rest = _BLANK.sub(" ", piece[match.end() :]).strip()
        # "[@a b@c.org]" or a second key in the same piece is not this syntax.
        if _KEY.search(rest):
            return ()
        locator, suffix = _split_rest(rest)
        prefix = _BLANK.sub(" ", piece[: match.start()]).strip()
        found.append(Citation(key=match.group(1), locator=locator, prefix=prefix, suffix=suffix, line=0))
    return tuple(found)


def _split_rest(rest: str) -> tuple[str, str]:
    body = rest.removeprefix(",").strip()
    match = _LOCATOR.match(body)
    if match is None:
        return "", body
    locator = match.group(1) if match.group(1) is not None else match.group(2)
    return locator.strip(), body[match.end() :].strip().removeprefix(",").strip()


def citations_in(tokens: Sequence[Token]) -> tuple[Citation, ...]:
    """All citations of a parsed text in reading order (footnotes last), each with its line."""
    found: list[Citation] = []
    for block in tokens:
        if block.type != "inline":
            continue
        first = block.map[0] + 1 if block.map else 1
        counted = lines = 0
        for token in block.children or ():
            if token.type != KIND:
                continue
            # Counting on from the last one keeps a paragraph of thousands of citations linear.
            offset = token.meta["offset"]
            lines += block.content.count("\n", counted, offset)
            counted = offset
            found.extend(replace(one, line=first + lines) for one in token.meta["group"])
    return tuple(found)


def suggest_key(key: str, known: Iterable[str]) -> str | None:
    """The known citation key that looks most like ``key``, or None if none comes near.

    Case does not count. The threshold 0.6 is difflib's own.
    """
    folded: dict[str, str] = {}
    for candidate in known:
        folded.setdefault(candidate.casefold(), candidate)
    wanted = key[:MAX_KEY].casefold()
    if wanted in folded:
        return folded[wanted]
    near = difflib.get_close_matches(wanted, folded, n=1, cutoff=0.6)
    return folded[near[0]] if near else None
