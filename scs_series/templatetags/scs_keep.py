"""What makes pages cheap.

``{% keep … %}`` renders once what many pages share, ``{% shared … %}`` what all readers of one page share, and
``{% lean %}`` drops indentation. ``{% personal %}`` puts what is the reader's into what they share.
"""

from __future__ import annotations

import re
import weakref
from typing import Any

from django import template
from django.core.signals import setting_changed
from django.template.base import FilterExpression, NodeList, Parser, TextNode, Token
from django.template.context import Context
from django.urls import get_script_prefix, get_urlconf
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from scs_series import pieces
from scs_series.services.rendering import own_mark

register = template.Library()

#: Kept of one block at a time; then all of it is made anew.
_MOST = 256
_LINE_END = re.compile(r"\s*\n\s*")
#: What services.rendering.own_mark writes.
_OWN = re.compile(r"<!--scs:own ([a-z0-9-]+)-->")
_nodes: weakref.WeakSet[KeepNode] = weakref.WeakSet()


class KeepNode(template.Node):
    """A block and what it became, by the values that it is made from."""

    def __init__(self, nodelist: NodeList, values: list[FilterExpression]) -> None:
        self.nodelist = nodelist
        self.values = values
        self.kept: dict[tuple[Any, ...], SafeString] = {}
        _nodes.add(self)

    def render(self, context: Context) -> SafeString:
        values = [value.resolve(context) for value in self.values]
        key = (get_language(), get_urlconf(), get_script_prefix(), context.autoescape, *values)
        html = self.kept.get(key)
        if html is None:
            if len(self.kept) >= _MOST:
                self.kept.clear()
            html = self.kept[key] = self.nodelist.render(context)
        return html


class SharedNode(template.Node):
    """A block that is the same for every reader of a page in one state."""

    def __init__(self, nodelist: NodeList, name: str, given: list[FilterExpression]) -> None:
        self.nodelist = nodelist
        self.name = name
        self.given = given
        self.names = [value.token for value in given]

    def render(self, context: Context) -> SafeString:
        # A piece within a piece is part of it.
        kept = None if pieces.is_watched(context) else pieces.pieces_of(context.get("request"))
        if kept is None:
            return self.nodelist.render(context)
        # That a name is not there may say something of the reader too, and no look at it is seen.
        name = (self.name, frozenset().union(*context.dicts), *(v.resolve(context) for v in self.given))
        html: SafeString | None = kept.get(name)
        if html is None:
            html = pieces.build(kept, name, self.names, context, lambda: self.nodelist.render(context))
        return html


class PersonalNode(template.Node):
    """A block with marks, and what each becomes for this reader."""

    def __init__(self, nodelist: NodeList, own: FilterExpression) -> None:
        self.nodelist = nodelist
        self.own = own

    def render(self, context: Context) -> SafeString:
        own = self.own.resolve(context, ignore_failures=True) or {}
        html = self.nodelist.render(context)
        return mark_safe(_OWN.sub(lambda mark: conditional_escape(own.get(mark[1], "")), html))  # noqa: S308


class LeanNode(template.Node):
    """A block whose own text has no indentation; what variables put into it is as it is."""

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist
        for text in nodelist.get_nodes_by_type(TextNode):
            text.s = _LINE_END.sub("\n", text.s)  # type: ignore[attr-defined]

    def render(self, context: Context) -> SafeString:
        return self.nodelist.render(context)


@register.tag
def lean(parser: Parser, token: Token) -> LeanNode:
    """Leave the template's indentation out of the page, once, when the template is read: ``{% lean %}…{% endlean %}``.

    A line's end stays, so that everything looks as it would with the indentation. Only the template's own text is
    touched, never what a variable holds: code in a post keeps its lines.
    """
    nodelist = parser.parse(("endlean",))
    parser.delete_first_token()
    return LeanNode(nodelist)


@register.tag
def personal(parser: Parser, token: Token) -> PersonalNode:
    """A block in which ``{% own "name" %}`` becomes what the reader has under that name, or nothing.

    ``{% personal own %}{% shared "main" %}…{% own "continue" %}…{% endshared %}{% endpersonal %}``: what is shared holds
    the marks alone. ``own`` is given by the view, name → safe HTML.
    """
    _name, given = token.split_contents()
    nodelist = parser.parse(("endpersonal",))
    parser.delete_first_token()
    return PersonalNode(nodelist, parser.compile_filter(given))


@register.simple_tag
def own(name: str, pk: int | None = None) -> SafeString:
    """The mark of something of the reader's: see ``personal``."""
    return mark_safe(own_mark(name if pk is None else f"{name}-{pk:d}"))  # noqa: S308  (a comment of ours)


@register.tag
def shared(parser: Parser, token: Token) -> SharedNode:
    """A piece of a page that is the same for every reader: ``{% shared "main" %}…{% endshared %}``.

    Members' pages take it from the cache while the page's versions stand (see scs_series.pieces). A piece that looks at
    who reads it is built each time. ``{% shared "nav" nav %}``: plain values that it differs by, beside the address.
    """
    name, *given = token.split_contents()[1:]
    nodelist = parser.parse(("endshared",))
    parser.delete_first_token()
    return SharedNode(nodelist, name.strip("\"'"), [parser.compile_filter(bit) for bit in given])


@register.tag
def keep(parser: Parser, token: Token) -> KeepNode:
    """Render a block once for each choice of the given values, and keep it in this process.

    ``{% keep series.slug part.number %}…{% endkeep %}``: whatever the block shows must follow from the values (and
    from language, addresses and settings, which are always told apart): nothing of the reader or the moment. Values
    are few and hashable. A page outside the page cache spends most of its time in its template; what all pages share
    is then free (docs/performance.md).
    """
    values = [parser.compile_filter(bit) for bit in token.split_contents()[1:]]
    nodelist = parser.parse(("endkeep",))
    parser.delete_first_token()
    return KeepNode(nodelist, values)


def _forget(**kwargs: Any) -> None:
    """A test changed a setting: what was kept may show the old one."""
    for node in list(_nodes):
        node.kept.clear()


setting_changed.connect(_forget, dispatch_uid="scs_series.templatetags.scs_keep.forget")
