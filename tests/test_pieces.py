"""``{% shared %}``: kept for every reader, and never with anything of one of them."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from django import template
from django.contrib.auth.models import AnonymousUser, User
from django.core.cache import caches as configured
from django.http import HttpRequest
from django.template import Context, Engine, RequestContext
from django.test import RequestFactory

from scs_series import pieces
from scs_series.pieces import Pieces, kept, late

#: As a host's own tags do: one asks the context, one the request that hangs on it.
register = template.Library()


@register.simple_tag(takes_context=True)
def by_context(context: Any) -> str:
    return str(context["request"].user)


@register.simple_tag(takes_context=True)
def by_attribute(context: Any) -> str:
    return str(context.request.user)


@register.inclusion_tag("piece.html", takes_context=True)
def including(context: Any) -> dict[str, Any]:
    return {"who": context["request"].COOKIES.get("name", "")}


@register.simple_tag(takes_context=True)
def by_flatten(context: Any) -> str:
    return str(context.flatten()["user"])


@register.simple_tag(takes_context=True)
def by_layers(context: Any) -> str:
    taken: dict[str, Any] = {}
    for layer in context.dicts:
        taken.update(layer)
    return str(taken["user"])


@register.simple_tag(takes_context=True)
def by_get(context: Any) -> str:
    return str(context.get("user")) + str([layer.get("user") for layer in context.dicts if "user" in layer])


@register.simple_tag(takes_context=True)
def by_a_context_made_of_it(context: Any) -> str:
    return ENGINE.from_string("{{ user }}{{ request.user }}").render(Context(context.flatten()))


@register.simple_tag(takes_context=True)
def by_a_copy(context: Any) -> str:
    return str(copy.copy(context.request).user)


def a_hosts_processor(request: HttpRequest) -> dict[str, Any]:
    said = {"is_restricted": True} if getattr(request.user, "username", "") == "cy" else {}
    return {"basket": getattr(request.user, "username", ""), **said}


ENGINE = Engine(
    loaders=[
        (
            "django.template.loaders.locmem.Loader",
            {"piece.html": "{{ who }}", "said.html": "{{ text }}", "asks.html": "{{ request.user }}"},
        )
    ],
    context_processors=[
        "django.template.context_processors.request",
        "django.contrib.auth.context_processors.auth",
        "tests.test_pieces.a_hosts_processor",
    ],
    libraries={
        "scs_keep": "scs_series.templatetags.scs_keep",
        "scs_series": "scs_series.templatetags.scs_series",
        "ours": "tests.test_pieces",
        "i18n": "django.templatetags.i18n",
    },
)


class Page:
    """One page in one state, asked for by one reader after another."""

    def __init__(self, source: str) -> None:
        self.template = ENGINE.from_string("{% load scs_keep scs_series ours i18n %}" + source)
        self.cache = configured["default"]
        self.cache.delete("page")
        self.values_made = 0

    def read(self, username: str, *, shares: bool = True, **given: Any) -> str:
        request = RequestFactory().get("/there/?page=2")
        request.user = User(username=username) if username else AnonymousUser()
        request.COOKIES["name"] = username
        if shares:
            request.scs_pieces = Pieces(self.cache, "page")

        def values() -> dict[str, Any]:
            self.values_made += 1
            return {"text": f"made for {username}", "few": [1, 2]}

        context = RequestContext(request, {**late(request, values, "text", "few"), **given})
        html = self.template.render(context)
        if shares:
            request.scs_pieces.save()
        return html


@pytest.mark.parametrize(
    "inner",
    [
        "{{ text }}",
        "{% for n in few %}{{ forloop.counter }}{{ text }}{% endfor %}",
        "{% with also=text %}{{ also }}{% endwith %}",
        '{% include "said.html" %}',
        "{% get_current_language as LANGUAGE_CODE %}{{ LANGUAGE_CODE }}{{ text }}",
        "{{ request.path }} {% query page=3 %} {{ text }}",
        "{% if few and text %}{{ text }}{% endif %}",
        '{% shared "inner" %}{{ text }}{% endshared %}',
    ],
)
def test_what_says_nothing_of_the_reader_is_built_once(inner: str) -> None:
    page = Page('{% shared "main" %}' + inner + "{% endshared %}, {{ request.user.username }}")
    first = page.read("ada")
    assert "made for ada" in first
    assert first.endswith(", ada")
    assert page.read("bela") == first.replace(", ada", ", bela")
    assert page.values_made == 1


@pytest.mark.parametrize(
    "inner",
    [
        "{{ request.user }}",
        "{{ user }}",
        "{{ user.username }}",
        "{{ perms.app.can }}{{ basket }}",
        "{{ basket }}",
        "{{ given }}",
        "{% if text and request.user.username == 'ada' %}ada{% else %}another{% endif %}",
        "{% if few == 3 or user.username == 'ada' %}ada{% else %}another{% endif %}",
        "{% with who=user %}{{ who }}{% endwith %}",
        "{% include 'asks.html' %}",
        "{% by_context %}",
        "{% by_attribute %}",
        "{% including %}",
        "{% by_flatten %}",
        "{% by_layers %}",
        "{% by_get %}",
        "{% by_a_context_made_of_it %}",
        "{% by_a_copy %}",
        "{{ request.COOKIES.name }}",
        '{% shared "inner" %}{{ user }}{% endshared %}',
        "{% for n in few %}{{ user }}{% endfor %}",
    ],
)
def test_what_looked_at_the_reader_is_not_kept(inner: str) -> None:
    page = Page('{% shared "main" %}' + inner + "{% endshared %}")
    alone = {name: page.read(name, shares=False, given=name) for name in ("ada", "bela")}
    assert alone["ada"] != alone["bela"], "the piece differs by reader"
    for name in ("ada", "bela", "ada"):
        assert page.read(name, given=name) == alone[name]


def test_a_name_that_only_some_readers_contexts_have_makes_another_piece() -> None:
    page = Page('{% shared "main" %}{% if not is_restricted %}for those who may{% endif %}{% endshared %}')
    assert page.read("ada") == "for those who may"
    assert page.read("cy") == ""
    assert page.read("bela") == "for those who may"


def test_a_look_at_the_form_token_is_noted() -> None:
    page = Page('{% shared "main" %}{% csrf_token %}{% endshared %}')
    first = page.read("ada")
    assert "csrfmiddlewaretoken" in first
    assert page.read("bela") != first


def test_a_piece_differs_by_the_values_that_it_is_given() -> None:
    page = Page('{% shared "nav" nav %}{{ nav }}{{ text }}{% endshared %}')
    assert page.read("ada", nav="tags") == "tagsmade for ada"
    assert page.read("bela", nav="series") == "seriesmade for bela"
    assert page.read("dora", nav="tags") == "tagsmade for ada"


def test_the_context_is_as_it_was_after_a_piece_and_after_an_error() -> None:
    page = Page('{% shared "main" %}{{ text }}{% endshared %}{{ user }}{{ given }}')
    assert page.read("ada", given="!") == "made for adaada!"
    request = RequestFactory().get("/")
    context = RequestContext(request, {"a": 1})
    layers = list(context.dicts)

    def fails() -> str:
        raise LookupError

    with pytest.raises(LookupError):
        pieces.build(Pieces(page.cache, "other"), "main", (), context, fails)
    assert [id(layer) for layer in context.dicts] == [id(layer) for layer in layers]
    assert context.request is request
    assert not pieces.is_watched(context)


def test_a_reader_who_shares_nothing_is_given_the_page_as_a_whole() -> None:
    page = Page('{% shared "main" %}{{ text }}{% endshared %}')
    assert page.read("ada") == "made for ada"
    assert page.read("an editor", shares=False) == "made for an editor"
    assert page.read("bela") == "made for ada"
    assert ENGINE.from_string("{% load scs_keep %}{% shared 'a' %}b{% endshared %}").render(Context()) == "b"


def test_rows_are_kept_as_they_are() -> None:
    request = RequestFactory().get("/")
    assert kept(request, "rows", lambda: [1]) == [1]
    assert kept(request, "rows", lambda: [2]) == [2], "no pieces, nothing kept"
    page = Page("")
    for made in ([1], [2]):
        request.scs_pieces = Pieces(page.cache, "page")
        assert kept(request, "rows", lambda made=made: made) == [1]
        request.scs_pieces.save()


def test_a_page_that_is_not_there_is_told_before_its_template_begins() -> None:
    def not_there() -> dict[str, Any]:
        raise LookupError

    with pytest.raises(LookupError):
        late(RequestFactory().get("/"), not_there, "text")


def test_a_late_value_is_itself_within_a_translated_sentence() -> None:
    """``{% blocktranslate %}`` does not call what it finds."""
    request: Any = RequestFactory().get("/")
    request.scs_pieces = Pieces(configured["default"], "a-page")
    found = late(request, lambda: {"total": "<47"}, "total")
    said = template.Template("{% load i18n %}{% blocktranslate %}1 to {{ total }}{% endblocktranslate %}")
    assert said.render(Context(found)) == "1 to &lt;47"
