"""The Markdown parsers. One base, two uses.

*Base*: CommonMark 0.31.2 by markdown-it-py with our bounded block parser. ``to_html`` is the base with raw HTML
on, written by markdown-it's own renderer: what the conformance suite judges.

``render`` parses with the same base plus tables, strikethrough, task lists, footnotes, bare addresses and
citations; raw HTML is read for parts and is text in posts; posts name members, tags and each other. Its tokens are
then written by ``writer.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.parser_block import ParserBlock
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from scs_series.text.autolinks import autolink_plugin
from scs_series.text.citations import citation_plugin, citations_in
from scs_series.text.footnotes import bounded_footnote_plugin
from scs_series.text.naming import name_plugin
from scs_series.text.records import Citation, Profile

# From this level on text is flat: 19 quotes or 9 lists (a list and its item are two levels) may be nested. Also
# the limit of brackets inside a paragraph.
# markdown-it-py's own default for CommonMark; 100 KB of "[" take 1.2 s at 20, and the time grows with it.
MAX_NESTING = 20


class BoundedParserBlock(ParserBlock):
    """markdown-it's block parser, except that what is nested too deeply becomes one flat paragraph.

    The original drops such text without a word; here nothing an author wrote is lost.
    """

    def tokenize(self, state: StateBlock, startLine: int, endLine: int) -> None:
        if state.level < MAX_NESTING:
            super().tokenize(state, startLine, endLine)
            return
        line = startLine
        while line < endLine and (state.isEmpty(line) or state.sCount[line] >= state.blkIndent):
            line += 1
        state.line = line
        content = state.getLines(startLine, line, state.blkIndent, False).strip()
        if content:
            state.env["too_deep"] = True
            state.push("paragraph_open", "p", 1).map = [startLine, line]
            inline = state.push("inline", "", 0)
            inline.content, inline.map, inline.children = content, [startLine, line], []
            state.push("paragraph_close", "p", -1)


def _base(*, html: bool) -> MarkdownIt:
    md = MarkdownIt("commonmark", {"html": html, "maxNesting": MAX_NESTING})
    block = BoundedParserBlock()
    block.ruler = md.block.ruler
    md.block = block
    return md


@cache
def _plain_parser() -> MarkdownIt:
    md = _base(html=True)
    md.add_render_rule("blockquote_open", _blockquote_open)
    return md


def _blockquote_open(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    """The specification writes an empty quote on two lines; markdown-it on one."""
    tag = self.renderToken(tokens, index, options, env)
    return tag if tag.endswith("\n") else tag + "\n"


@cache
def _parser(profile: Profile) -> MarkdownIt:
    md = _base(html=profile is Profile.PART)
    md.enable(["table", "strikethrough"])
    md.options["tasklists"] = True
    md.options["strikethrough_single_tilde"] = True
    bounded_footnote_plugin(md)
    citation_plugin(md)
    autolink_plugin(md)
    if profile is Profile.POST:
        name_plugin(md)
    return md


def to_html(markdown: str) -> str:
    """Plain CommonMark to HTML with raw HTML passed through: unsafe to show, made to be compared."""
    return str(_plain_parser().render(markdown))


def parse(markdown: str, profile: Profile) -> list[Token]:
    """The token stream of a text with all extensions."""
    return _parser(profile).parse(markdown, {})


def is_too_deep(markdown: str) -> bool:
    """Whether some of the text is nested MAX_NESTING levels deep and would come out flat. Parses blocks only."""
    md = _parser(Profile.PART)
    env: dict[str, Any] = {}
    md.block.parse(markdown, md, env, [])
    return "too_deep" in env


def find_citations(markdown: str, *, profile: Profile = Profile.PART) -> tuple[Citation, ...]:
    """Every citation in a text in reading order, found by the parser that renders it: code does not count.

    ``profile`` only matters for citations inside raw HTML: a block of HTML in a part is not Markdown, the same
    characters in a post are.
    """
    if "@" not in markdown:
        return ()
    return citations_in(parse(markdown, profile))
