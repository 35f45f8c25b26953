"""Judges rendered HTML by html5lib, which shares no code with what made it, and by lists of its own."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from urllib.parse import unquote

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import html5lib

from scs_series.text import Profile
from scs_series.text.markup import names

_COMMON = names(
    "a blockquote br code del div em h4 h5 h6 hr img input li ol p pre section span strong sup table tbody td th "
    "thead tr ul abbr b bdi cite i q s small sub u wbr"
)
ELEMENTS = {
    Profile.POST: _COMMON,
    Profile.PART: _COMMON
    | names(
        "h2 h3 bdo caption col colgroup data dd details dfn dl dt figcaption figure ins kbd mark rp rt ruby samp "
        "summary tfoot time var"
    ),
}
ATTRIBUTES = names(
    "href id class aria-label src alt width height loading decoding title role tabindex type checked disabled lang "
    "dir rel start reversed colspan rowspan scope span cite datetime value open"
)
CLASSES = re.compile(
    r"scs-(?:ref|refs|note|notes|note-n|note-x|locator|fn|fn-back|footnotes|task|scroll|table|n|c|code|nobr|mention|hashtag|k-[a-z])"
)
IDS = re.compile(r"[\w-]+")
_NAMESPACE = "{http://www.w3.org/1999/xhtml}"


def faults(html: str, profile: Profile) -> list[str]:
    """What a browser could do with this HTML that a text must not do. Empty: harmless."""
    found = []
    for element, inside_link in _walk(html):
        tag = element.tag
        if not isinstance(tag, str):
            found.append(f"not an element: {element!r}")
            continue
        if not tag.startswith(_NAMESPACE) or tag.removeprefix(_NAMESPACE) not in ELEMENTS[profile]:
            found.append(f"element {tag}")
        name = tag.removeprefix(_NAMESPACE)
        if name == "a" and inside_link:
            found.append("link in a link")
        if name == "input" and (element.get("type") != "checkbox" or element.get("disabled") is None):
            found.append("form control")
        for key, value in element.attrib.items():
            found.extend(_attribute_faults(name, key, value))
        if name == "img" and not _stays(element.get("src", "")):
            found.append(f"image from elsewhere: {element.get('src')}")
    return found


def _walk(html: str) -> Iterator[tuple]:
    root = html5lib.parseFragment(html, namespaceHTMLElements=True)
    waiting = [(child, False) for child in root]
    while waiting:
        element, inside = waiting.pop()
        yield element, inside
        inside = inside or element.tag == f"{_NAMESPACE}a"
        waiting.extend((child, inside) for child in element)


def _attribute_faults(name: str, key: str, value: str) -> Iterator[str]:
    if key not in ATTRIBUTES:
        yield f"attribute {key} on {name}"
    if key == "class":
        yield from (f"class {one}" for one in value.split() or [""] if not CLASSES.fullmatch(one))
    if key == "id" and not IDS.fullmatch(value):
        yield f"id {value}"
    if key in ("href", "src", "cite"):
        plain = value
        for _ in range(3):
            plain = unquote(plain)
        squeezed = re.sub(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ufeff]", "", value).lower()
        scheme = re.match(r"([a-z][a-z0-9+.-]*):", squeezed)
        if scheme and scheme.group(1) not in ("http", "https", "mailto"):
            yield f"address {value}"
        if re.match(r"(?:javascript|data|vbscript):", re.sub(r"[\x00-\x20]", "", plain).lower()):
            yield f"address {value}"


def _stays(source: str) -> bool:
    return re.match(r"/(?![/\\])", source) is not None and not re.search(r"[\t\n\r\\]", source)
