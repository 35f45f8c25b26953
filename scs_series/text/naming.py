"""What a post names: a member by ``@name``, a tag by ``#tag``, another post of its thread by ``#12``.

Names are found among the tokens that are left after code, links, addresses and citations were recognised, so none of
those is ever touched. What a name leads to, if to anything, the renderer is told (``Targets``); one that leads nowhere
stays the text that it is. ``\\@name`` and ``\\#tag`` are text always.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from scs_series.text.language import HAN, KANA, isolate
from scs_series.text.markup import escape_attribute, escape_text
from scs_series.text.records import Names, Targets

KIND = "name"
_ESCAPED = "escaped_sigil"

#: Different members, and different tags, that one text may name; further ones stay text. Bounds what is looked up.
MAX_NAMES = 100

# What a word is made of: letters and digits, and the marks that Python does not count among them: combining accents,
# Hebrew and Arabic vowels, the signs of Indic and South-East Asian scripts, joiners.
_WORD = (
    r"\w\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0900-\u0963\u0971-\u0df3"
    r"\u0e31-\u0e4e\u0eb1-\u0ece\u0f18-\u0fc6\u102b-\u103e\u200c\u200d"
)
# A sigil begins a name at the edge of a word. Chinese and Japanese put no space before it.
_NAME = re.compile(
    rf"(?:(?<![{_WORD}@#.,/&=\[-])|(?<=[{HAN}{KANA}]))([@#])([{_WORD}-]{{1,150}}+)(?![{_WORD}-]|[@/=]\S)"
)
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")
#: Before the first character of a text there may be one of these, and the edge of a word all the same.
_EDGES = frozenset({"softbreak", "hardbreak", "em_open", "strong_open", "s_open"})


def name_plugin(md: MarkdownIt) -> None:
    """Add the rules; after bare addresses, which may hold the same characters."""
    md.inline.ruler.before("escape", _ESCAPED, _escape)
    md.core.ruler.push(KIND, _rule)


def _escape(state: StateInline, silent: bool) -> bool:
    """An escaped sigil is kept apart until names are found; CommonMark's own rule would join it to its text."""
    if state.src[state.pos] != "\\" or state.src[state.pos + 1 : state.pos + 2] not in ("@", "#"):
        return False
    if state.pos + 1 >= state.posMax:
        return False
    if not silent:
        state.push(_ESCAPED, "", 0).content = state.src[state.pos + 1]
    state.pos += 2
    return True


def _rule(state: StateCore) -> None:
    quotes = 0
    for block in state.tokens:
        if block.type in ("blockquote_open", "blockquote_close"):
            quotes += block.nesting
        elif block.type == "inline" and block.children and ("@" in block.content or "#" in block.content):
            block.children = list(_named(block.children, quoted=quotes > 0))


def _named(children: Sequence[Token], *, quoted: bool) -> Iterator[Token]:
    links = 0
    before: Token | None = None
    for token in children:
        if token.type in ("link_open", "link_close"):
            links += token.nesting
        if token.type == _ESCAPED:
            yield _text(token, token.content)
        elif token.type == "image":
            token.children = list(_unescaped(token.children or ()))
            yield token
        elif token.type == "text" and not links:
            yield from _split(token, before is None or before.type in _EDGES, quoted)
        else:
            yield token
        before = token


def _unescaped(children: Iterable[Token]) -> Iterator[Token]:
    """The description of a picture names nobody."""
    for token in children:
        if token.type == "image":
            token.children = list(_unescaped(token.children or ()))
        yield _text(token, token.content) if token.type == _ESCAPED else token


def _split(token: Token, at_edge: bool, quoted: bool) -> Iterator[Token]:
    text, done = token.content, 0
    for match in _NAME.finditer(text):
        name = match.group(2).rstrip("-_\u200c\u200d")
        if not name or not (match.start() or at_edge):
            continue
        if match.start() > done:
            yield _text(token, text[done : match.start()])
        done = match.start() + 1 + len(name)
        yield Token(
            KIND, "", 0, content=text[match.start() : done], level=token.level,
            meta={"sigil": match.group(1), "name": name, "quoted": quoted},
        )  # fmt: skip
    if done < len(text):
        yield _text(token, text[done:])


def _text(model: Token, content: str) -> Token:
    return Token("text", "", 0, content=content, level=model.level)


def names_in(tokens: Sequence[Token]) -> Names:
    """Everything that a parsed text names, each once, as it is written, in reading order."""
    members: dict[str, bool] = {}
    tags: dict[str, None] = {}
    for block in tokens:
        for token in (block.children or ()) if block.type == "inline" else ():
            if token.type != KIND:
                continue
            name = token.meta["name"]
            if token.meta["sigil"] == "@":
                if name in members or len(members) < MAX_NAMES:
                    members[name] = members.get(name, False) or not token.meta["quoted"]
            elif not _NUMBER.fullmatch(name) and len(tags) < MAX_NAMES:
                tags[name] = None
    return Names(tuple(members), tuple(name for name, told in members.items() if told), tuple(tags))


def link(token: Token, targets: Targets) -> str:
    """A name as HTML: a link where it leads somewhere, else its text."""
    name, shown = token.meta["name"], isolate(escape_text(token.content))
    if token.meta["sigil"] == "@":
        address, kind = targets.members.get(name, ""), ' class="scs-mention"'
    elif _NUMBER.fullmatch(name):
        address, kind = targets.post(int(name)), ""
    else:
        address, kind = targets.tags.get(name, ""), ' class="scs-hashtag"'
    if not address:
        return escape_text(token.content)
    return f'<a{kind} href="{escape_attribute(address)}">{shown}</a>'
