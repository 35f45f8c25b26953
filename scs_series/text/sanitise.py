"""The one gate through which all HTML of ours goes: nh3 for the structure, then values, tag by tag.

nh3 parses as browsers do, keeps allowed elements and attributes, drops unsafe addresses and exact-matches
classes. The second pass reads nh3's own canonical output and checks what a list of names cannot say: shapes of
ids, numbers and languages, where links lead, which pictures may be fetched.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache

import nh3

from scs_series.text import addresses, words
from scs_series.text.highlight import CLASSES
from scs_series.text.markup import attributes_of, escape_text, names, pieces, start_tag
from scs_series.text.rawhtml import ATTRIBUTES as RAW_ATTRIBUTES
from scs_series.text.rawhtml import BLOCK, DROPPED_WHOLE, INLINE
from scs_series.text.records import Profile

# What Markdown itself makes, and the elements around it that writer.py adds.
_MARKDOWN = names(
    "a blockquote br code del div em h2 h3 h4 h5 h6 hr img input li ol p pre section span strong sup table tbody "
    "td th thead tr ul"
)
# A formatted reference stands inside a paragraph or a note. sup and sub: "2nd ed." in some styles.
_PHRASING = names("a abbr b bdi br cite code em i q s small span strong sub sup u wbr")
_POST = (_MARKDOWN | _PHRASING) - {"h2", "h3"}
_PART = _MARKDOWN | INLINE | BLOCK

_OWN_ATTRIBUTES: dict[str, frozenset[str]] = {
    "a": frozenset({"href", "id", "aria-label"}),
    "img": frozenset({"src", "alt", "width", "height"}),
    "span": frozenset({"id", "role"}),
    "div": frozenset({"tabindex", "role", "aria-label"}),
    "section": frozenset({"role", "aria-label"}),
    "ol": frozenset({"start", "aria-label"}),
    "li": frozenset({"id"}),
    "sup": frozenset({"id"}),
    "input": frozenset({"checked", "aria-label"}),
    "pre": frozenset({"tabindex"}),
    **{f"h{level}": frozenset({"id"}) for level in range(2, 7)},
}

# Every class this package writes, by element; any other value goes.
CLASSES_BY_ELEMENT: dict[str, frozenset[str]] = {
    "a": frozenset({"scs-ref", "scs-note-x", "scs-fn-back", "scs-mention", "scs-hashtag"}),
    "span": frozenset({"scs-note", "scs-note-n", "scs-nobr", "scs-locator", *CLASSES.values()}),
    "p": frozenset({"scs-notes"}),
    "ol": frozenset({"scs-refs"}),
    "ul": frozenset({"scs-tasks"}),
    "li": frozenset({"scs-task"}),
    "sup": frozenset({"scs-fn"}),
    "section": frozenset({"scs-footnotes"}),
    "div": frozenset({"scs-scroll"}),
    "table": frozenset({"scs-table"}),
    "td": frozenset({"scs-n", "scs-c"}),
    "th": frozenset({"scs-n", "scs-c"}),
    "pre": frozenset({"scs-code"}),
}

_PREFIX = r"(?:[A-Za-z0-9_-]+-)?"
# Python's \w as in markdown headings: letters and digits of any script, and _.
_IDS: dict[str, re.Pattern[str]] = {
    "a": re.compile(_PREFIX + r"r\d+"),
    "sup": re.compile(_PREFIX + r"fnref\d+(?:-\d+)?"),
    "span": re.compile(_PREFIX + r"n\d+"),
    "li": re.compile(_PREFIX + r"(?:s|fn)\d+"),
    **{f"h{level}": re.compile(r"[\w-]{1,200}") for level in range(2, 7)},
}
_SMALL_NUMBER = re.compile(r"[1-9][0-9]{0,3}")
_VALUES: dict[str, Callable[[str], object]] = {
    "role": frozenset({"note", "group"}).__contains__,
    "tabindex": frozenset({"0"}).__contains__,
    "dir": frozenset({"ltr", "rtl", "auto"}).__contains__,
    "scope": frozenset({"row", "col", "rowgroup", "colgroup"}).__contains__,
    # BCP 47, loosely.
    "lang": re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,7}").fullmatch,
    "width": _SMALL_NUMBER.fullmatch,
    "height": _SMALL_NUMBER.fullmatch,
    # A table cell of a thousand columns is drawn slower than anything we make: HTML's own cap, tightened.
    "colspan": re.compile(r"[1-9][0-9]?").fullmatch,
    "rowspan": re.compile(r"[1-9][0-9]?").fullmatch,
    "span": re.compile(r"[1-9][0-9]?").fullmatch,
    "start": re.compile(r"-?[0-9]{1,9}").fullmatch,
    "href": addresses.is_allowed_link,
    "cite": addresses.is_allowed_link,
}


# Nearly everything settles in the second round; of 40,000 random fragments none needed more than three.
_MAX_ROUNDS = 10
_PRE_LINE = re.compile(r"(<pre(?: [^<>]*+)?>)\n")


def sanitise(html: str, *, profile: Profile, image_prefixes: Sequence[str] = ("/",)) -> str:
    """Make any HTML safe to show as a text of this profile.

    ``html``: anything. Returns balanced HTML with only the elements, attributes, classes, id shapes and
    addresses of the profile; sanitising the result again changes nothing. Links that leave get a ``rel``;
    pictures from elsewhere than ``image_prefixes`` become links, as no request may leave the site. An element
    that is not allowed goes and its text stays, except scripts, styles and the like, which go whole.
    """
    return _checked(_settled(html, _cleaner(profile)), profile, image_prefixes)


def _settled(html: str, cleaner: nh3.Cleaner) -> str:
    """Clean until nothing changes: misnested tables and lists can parse anew into another tree.

    That other tree is what a browser would make of the text, so it is the one that has to be judged.
    """
    for _ in range(_MAX_ROUNDS):
        # A parser drops the first line feed in <pre>, and nh3 does not put it back.
        cleaned = _PRE_LINE.sub(r"\1\n\n", cleaner.clean(html))
        if cleaned == html:
            break
        html = cleaned
    return html


def sanitise_reference(html: str) -> str:
    """A formatted reference cut down to phrasing content that can stand inside a note: no ids, no classes."""
    cleaned = nh3.clean(
        html,
        tags=set(_PHRASING),
        clean_content_tags=set(DROPPED_WHOLE),
        attributes={"*": {"lang", "dir"}, "a": {"href"}, "abbr": {"title"}},
        url_schemes=set(addresses.SCHEMES),
        link_rel=None,
    )
    return cleaned.strip()


@cache
def _cleaner(profile: Profile) -> nh3.Cleaner:
    tags = _POST if profile is Profile.POST else _PART
    attributes: dict[str, set[str]] = {"*": {"lang", "dir", "title"}}
    for name in tags:
        own = set(_OWN_ATTRIBUTES.get(name, ()))
        if profile is Profile.PART:
            own |= RAW_ATTRIBUTES.get(name, frozenset()) - {"align"}
        if own:
            attributes[name] = own
    return nh3.Cleaner(
        tags=set(tags),
        clean_content_tags=set(DROPPED_WHOLE),
        attributes=attributes,
        allowed_classes={
            name: set(CLASSES_BY_ELEMENT.get(name, ())) for name in tags if name in CLASSES_BY_ELEMENT
        },
        url_schemes=set(addresses.SCHEMES),
        link_rel=None,
    )


def _checked(html: str, profile: Profile, image_prefixes: Sequence[str]) -> str:
    out: list[str] = []
    # One entry an open <a>: whether its tag was written. Links do not nest in parsed HTML, but count anyway.
    links: list[bool] = []
    for name, closing, attributes, raw in pieces(html):
        if not name:
            out.append(raw)
        elif closing:
            if name != "a" or (links and links.pop()):
                out.append(raw)
        elif name == "img":
            out.append(_image(_values("img", attributes), image_prefixes, profile, linked=any(links)))
        elif name == "input":
            out.append(_checkbox(attributes_of(attributes)))
        elif name == "a":
            values = _values("a", attributes)
            links.append("href" in values)
            if "href" in values:
                out.append(start_tag("a", _with_rel(values, profile)))
        elif attributes:
            out.append(start_tag(name, _values(name, attributes)))
        else:
            out.append(raw)
    return "".join(out)


def _values(name: str, source: str) -> dict[str, str]:
    kept = {}
    for key, value in attributes_of(source).items():
        if key == "id":
            pattern = _IDS.get(name)
            valid: object = pattern and pattern.fullmatch(value)
        elif key == "class":
            valid = value
        else:
            check = _VALUES.get(key)
            valid = check is None or check(value)
        if valid:
            kept[key] = value
    return kept


def _with_rel(values: dict[str, str], profile: Profile) -> dict[str, str]:
    if addresses.leaves_the_site(values["href"]):
        values["rel"] = "nofollow ugc noopener" if profile is Profile.POST else "noopener"
    return values


def _image(values: dict[str, str], prefixes: Sequence[str], profile: Profile, *, linked: bool) -> str:
    source, alt = values.get("src", ""), values.get("alt", "")
    if source and addresses.is_own_image(source, prefixes):
        values["alt"] = alt
        return start_tag("img", {**values, "loading": "lazy", "decoding": "async"})
    name = alt.strip() or words.word(words.IMAGE)
    if linked or not source or not addresses.is_allowed_link(source):
        return escape_text(name)
    link = {"href": source, **({"title": values["title"]} if "title" in values else {})}
    return start_tag("a", _with_rel(link, profile)) + escape_text(name) + "</a>"


def _checkbox(values: dict[str, str]) -> str:
    checked = "checked" in values
    name = values.get("aria-label") or words.word(words.TASK_DONE if checked else words.TASK_OPEN)
    state = {"checked": ""} if checked else {}
    return start_tag("input", {"type": "checkbox", **state, "disabled": "", "aria-label": name})
