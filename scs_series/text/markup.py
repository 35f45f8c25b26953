"""Walking HTML that nh3 has written: every tag well formed, every attribute in double quotes.

Only for such canonical HTML. Anything that does not have that shape is treated as text, never as a tag.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

# nh3 (html5ever) writes `<name attr="value">`, no comments, `<` in text always as `&lt;`. Possessive
# quantifiers keep the scan linear whatever comes.
_TOKEN = re.compile(r'<(/?)([a-zA-Z][a-zA-Z0-9]*+)((?:\s++[^\s=>"/<]++(?:="[^"]*+")?)*+)\s*+/?>|([^<]++)|(<)')
_ATTRIBUTE = re.compile(r'\s++([^\s=>"/<]++)(?:="([^"]*+)")?')


def names(words: str) -> frozenset[str]:
    """A set of element names from one line of them."""
    return frozenset(words.split())


VOID = names("br hr img input wbr col")


# (name, closing, attributes, raw): one tag, or one stretch of text with an empty name. ``raw`` is exactly what
# stood there. A bare tuple, because a long text has some hundred thousand of them.
Piece = tuple[str, bool, str, str]


def pieces(html: str) -> Iterator[Piece]:
    """Split canonical HTML into tags and text, in order; joined ``raw`` gives the input back.

    A ``<`` that opens no well-formed tag comes out escaped, as text.
    """
    for match in _TOKEN.finditer(html):
        closing, name, attributes, text, stray = match.groups()
        if name:
            yield name.lower(), bool(closing), attributes, match.group()
        else:
            yield "", False, "", "&lt;" if stray else text


def attributes_of(source: str) -> dict[str, str]:
    """The attributes of a tag, decoded. The first of two equal names wins, as in browsers."""
    found: dict[str, str] = {}
    for name, value in _ATTRIBUTE.findall(source):
        found.setdefault(name.lower(), unescape(value))
    return found


def escape_text(text: str) -> str:
    """Escape text the way html5ever writes it, so that sanitising again changes nothing."""
    return text.replace("&", "&amp;").replace("\xa0", "&nbsp;").replace("<", "&lt;").replace(">", "&gt;")


def escape_attribute(value: str) -> str:
    """Escape an attribute value the way html5ever writes it."""
    return escape_text(value).replace('"', "&quot;")


def start_tag(name: str, attributes: dict[str, str]) -> str:
    """Write a start tag, attributes in the order given."""
    written = [f' {key}="{escape_attribute(value)}"' for key, value in attributes.items()]
    return f"<{name}{''.join(written)}>"
