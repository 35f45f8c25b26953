"""HTML that authors of parts write among their Markdown, cut down to a safe subset while it is being read.

Every tag is written anew from its name and the few attributes below: ids, classes, roles, styles and handlers
cannot get through, whatever they look like. What is no tag is text. The sanitiser checks the result again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

from scs_series.text.markup import names

INLINE = names(
    "a abbr b bdi bdo br cite code data del dfn em i img ins kbd mark q rp rt ruby s samp small span strong sub "
    "sup time u var wbr"
)
BLOCK = names(
    "blockquote caption col colgroup dd details div dl dt figcaption figure hr li ol p pre summary table tbody "
    "td tfoot th thead tr ul"
)
EVERYWHERE = frozenset({"lang", "dir", "title"})
ATTRIBUTES: dict[str, frozenset[str]] = {
    "a": frozenset({"href"}),
    "img": frozenset({"src", "alt", "width", "height"}),
    "blockquote": frozenset({"cite"}),
    "q": frozenset({"cite"}),
    "del": frozenset({"cite", "datetime"}),
    "ins": frozenset({"cite", "datetime"}),
    "time": frozenset({"datetime"}),
    "data": frozenset({"value"}),
    "details": frozenset({"open"}),
    "ol": frozenset({"start", "reversed"}),
    "li": frozenset({"value"}),
    "td": frozenset({"colspan", "rowspan", "align"}),
    "th": frozenset({"colspan", "rowspan", "scope", "align"}),
    "col": frozenset({"span"}),
    "colgroup": frozenset({"span"}),
}
# Their content is not prose: it goes with them.
DROPPED_WHOLE = names(
    "script style template iframe noembed noframes noscript xmp plaintext title textarea select svg math object "
    "audio video canvas"
)

_TAG = re.compile(
    r"<(/?)([A-Za-z][A-Za-z0-9-]*+)"
    r"((?:\s++[A-Za-z_:][\w.:-]*+(?:\s*+=\s*+(?:[^\s\"'=<>`]++|'[^']*+'|\"[^\"]*+\"))?)*+)\s*+/?>"
)
_ATTRIBUTE = re.compile(
    r"\s++([A-Za-z_:][\w.:-]*+)(?:\s*+=\s*+(?:([^\s\"'=<>`]++)|'([^']*+)'|\"([^\"]*+)\"))?"
)
# Constructs that are no tags but no text either: comment, processing instruction, CDATA, declaration.
_SKIPPED = (("<!--", "-->"), ("<?", "?>"), ("<![CDATA[", "]]>"))
_DECLARATION = re.compile(r"<![A-Za-z][^>]*+>")

_END_TAGS = {name: re.compile(rf"</{name}\b[^>]*+>", re.IGNORECASE) for name in DROPPED_WHOLE}


class Markup(NamedTuple):
    """One thing read: "text" (``value``), or a tag "open", "close" with its name and safe attributes."""

    kind: str
    value: str
    attributes: dict[str, str]


def read(html: str) -> Iterator[Markup]:
    """Read HTML as its author wrote it; only allowed tags come out, unknown ones vanish and their text stays."""
    position = 0
    missing: set[str] = set()
    while True:
        start = html.find("<", position)
        if start < 0:
            break
        if start > position:
            yield Markup("text", html[position:start], {})
        end = _skip(html, start, missing)
        if end is not None:
            position = end
            continue
        match = _TAG.match(html, start)
        if match is None:
            yield Markup("text", "<", {})
            position = start + 1
            continue
        position = match.end()
        closing, name, attributes = match.group(1), match.group(2).lower(), match.group(3)
        if name in DROPPED_WHOLE:
            end = None if closing else _after_element(html, name, position, missing)
            if end is not None:
                position = end
            # Without its end tag nothing says how much goes with it: better the tag as text than text lost.
            elif not closing:
                yield Markup("text", match.group(), {})
        elif name in INLINE or name in BLOCK:
            yield Markup(
                "close" if closing else "open", name, {} if closing else _attributes(name, attributes)
            )
    if position < len(html):
        yield Markup("text", html[position:], {})


def opens_dropped(html: str) -> str:
    """The name of the element a lone tag opens, if that element goes with its content; else ""."""
    match = _TAG.match(html)
    name = match.group(2).lower() if match else ""
    return name if match and not match.group(1) and name in DROPPED_WHOLE else ""


def closes(html: str) -> str:
    """The name of the element a lone closing tag closes; else ""."""
    match = _TAG.match(html)
    return match.group(2).lower() if match and match.group(1) else ""


def _skip(html: str, start: int, missing: set[str]) -> int | None:
    """Where a comment and the like ends. ``missing`` remembers absent terminators, or rows of openers cost n²."""
    for opener, terminator in _SKIPPED:
        if html.startswith(opener, start):
            if terminator in missing:
                return None
            # <!--> and <!---> are whole comments (CommonMark 0.31.2, HTML comment).
            end = html.find(terminator, start + (2 if opener == "<!--" else len(opener)))
            if end < 0:
                missing.add(terminator)
                return None
            return end + len(terminator)
    match = _DECLARATION.match(html, start)
    return match.end() if match else None


def _after_element(html: str, name: str, position: int, missing: set[str]) -> int | None:
    if name in missing:
        return None
    match = _END_TAGS[name].search(html, position)
    if match is None:
        missing.add(name)
    return match.end() if match else None


def _attributes(name: str, source: str) -> dict[str, str]:
    allowed = ATTRIBUTES.get(name, frozenset()) | EVERYWHERE
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(source):
        key = match.group(1).lower()
        if key in allowed and key not in found:
            found[key] = unescape(match.group(2) or match.group(3) or match.group(4) or "")
    return found
