"""Bare addresses become links: ``http://``, ``https://``, ``www.`` and e-mail, as in GitHub's extension.

https://github.github.com/gfm/#autolinks-extension-. A rule of our own and not linkify-it, which also links
every word with a dot that ends like a domain ("README.md", "e.g.it"), and which does not stop an address at
the full-width punctuation that follows it in Chinese text.
"""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.common.utils import isLinkClose, isLinkOpen
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

# Full-width marks and quotes that end an address in running text; none of them is legal in one (RFC 3986).
_ENDS = (
    "\u3001\u3002\u3008-\u3011\u3014-\u301b\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f\u201c\u201d\u2018\u2019"
)
# 2,048: longer addresses are refused by many servers; the bound keeps long rows of letters linear.
_URL = re.compile(
    r"(?<![A-Za-z0-9_/@.-])(?:https?://|www\.)[^\s<>%s]{1,2048}+" % _ENDS,  # noqa: UP031
    re.IGNORECASE,
)
# RFC 5321: 64 characters before the @, 63 in a label.
_EMAIL = re.compile(
    r"(?<![\w.+@/-])[A-Za-z0-9][A-Za-z0-9._+-]{0,63}+@(?:[A-Za-z0-9_-]{1,63}+\.){1,8}[A-Za-z]{1,63}(?![\w@-])"
)
_TRAILING = "?!.,:*_~'\"[]&"
_ENTITY = re.compile(r"&[A-Za-z0-9]{1,31};$")


def autolink_plugin(md: MarkdownIt) -> None:
    """Add the rule after inline parsing; links, code and raw HTML links are left alone."""
    md.core.ruler.push("bare_addresses", _rule)


def _rule(state: StateCore) -> None:
    for block in state.tokens:
        if block.type != "inline" or not block.children:
            continue
        if "://" not in block.content and "www." not in block.content.lower() and "@" not in block.content:
            continue
        children: list[Token] = []
        depth = 0
        for token in block.children:
            if token.type in ("link_open", "link_close"):
                depth += token.nesting
            elif token.type == "html_inline":
                depth = max(0, depth + isLinkOpen(token.content) - isLinkClose(token.content))
            if token.type == "text" and depth == 0:
                children.extend(_split(state.md, token))
            else:
                children.append(token)
        block.children = children


def _split(md: MarkdownIt, token: Token) -> list[Token]:
    text = token.content
    out: list[Token] = []
    done = 0
    for start, end, address in _addresses(text):
        href = md.normalizeLink(address)
        if start < done or not md.validateLink(href):
            continue
        out.extend((_text(token, text[done:start]), *_link(token, text[start:end], href)))
        done = end
    if not out:
        return [token]
    out.append(_text(token, text[done:]))
    return [piece for piece in out if piece.type != "text" or piece.content]


def _addresses(text: str) -> list[tuple[int, int, str]]:
    found = []
    for match in _URL.finditer(text):
        shown = _without_trailing(match.group())
        _, _, host = shown.partition("://")
        if not host and "." not in shown[4:]:
            continue
        if host and not re.match(r"[^\W_]", host) and ord(host[0]) < 128:
            continue
        address = shown if host else "http://" + shown
        found.append((match.start(), match.start() + len(shown), address))
    found.extend((match.start(), match.end(), "mailto:" + match.group()) for match in _EMAIL.finditer(text))
    return sorted(found)


def _without_trailing(address: str) -> str:
    """Cut what belongs to the sentence: closing marks, unbalanced brackets, entities."""
    end = len(address)
    surplus = address.count(")") - address.count("(")
    while end:
        last = address[end - 1]
        if last == ";":
            entity = _ENTITY.search(address, max(0, end - 33), end)
            end = entity.start() if entity else end - 1
        elif last in _TRAILING:
            end -= 1
        elif last == ")" and surplus > 0:
            surplus -= 1
            end -= 1
        else:
            break
    return address[:end]


def _text(model: Token, content: str) -> Token:
    return Token("text", "", 0, content=content, level=model.level)


def _link(model: Token, shown: str, href: str) -> tuple[Token, Token, Token]:
    opening = Token("link_open", "a", 1, attrs={"href": href}, level=model.level)
    closing = Token("link_close", "a", -1, level=model.level)
    return opening, _text(model, shown), closing
