"""GitHub's footnotes: the parsing rules of mdit-py-plugins, with its two traps closed.

The plugin's reference rule scans to the end of the paragraph from every ``[^`` (100 KB of them took 403 s),
and its collecting step unbalances the text when a definition stands inside a definition.
"""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.footnote.index import footnote_def, footnote_ref

# GitHub allows 1,000 bytes (cmark-gfm, footnotes.c); nobody writes 100.
_REFERENCE = re.compile(r"\[\^[^\]\s]{1,100}+\]")


# References in one text; further ones stay as typed. Each makes some 170 characters of HTML out of five.
MAX_REFERENCES = 2_000


def letters(number: int) -> str:
    """1 as "a", 26 as "z", 27 as "aa": how a footnote is named, the same as CSS's lower-alpha."""
    name = ""
    while number > 0:
        number, place = divmod(number - 1, 26)
        name = chr(ord("a") + place) + name
    return name


def bounded_footnote_plugin(md: MarkdownIt) -> None:
    """Add footnote definitions and references; no inline notes (``^[…]``), as on GitHub."""
    footnote_plugin(md, inline=False)
    md.block.ruler.at("footnote_def", _definition, {"alt": ["paragraph", "reference"]})
    md.inline.ruler.at("footnote_ref", _reference)


def _definition(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    start = state.bMarks[start_line] + state.tShift[start_line]
    if not _REFERENCE.match(state.src, start, state.eMarks[start_line]):
        return False
    inside = state.env.get("in_footnote", False)
    if silent:
        # Only asked whether this line ends a paragraph; inside a footnote one that is not indented does.
        return (not inside or state.sCount[start_line] < state.blkIndent) and footnote_def(
            state, start_line, end_line, silent
        )
    if inside:
        return False
    state.env["in_footnote"] = True
    try:
        return footnote_def(state, start_line, end_line, silent)
    finally:
        state.env["in_footnote"] = False


def _reference(state: StateInline, silent: bool) -> bool:
    # Silent: the parser looks for the end of a link's text. No, so that [text[^1]](url) stays a link.
    if silent or not _REFERENCE.match(state.src, state.pos, state.posMax):
        return False
    used = state.env.get("footnote_references", 0)
    if used >= MAX_REFERENCES or not footnote_ref(state, silent):
        return False
    state.env["footnote_references"] = used + 1
    return True
