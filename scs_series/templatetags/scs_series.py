"""Small pieces of markup that every template uses."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast
from urllib.parse import urlencode

from django import template
from django.conf import settings
from django.forms import BoundField, Textarea
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch
from django.utils.formats import date_format
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, get_language_bidi, get_language_info, gettext, gettext_lazy

from scs_series.bibliography.record import Name, issued_text
from scs_series.conf import app_settings
from scs_series.models import Member, Thread, member_of
from scs_series.text import plain
from scs_series.text.language import direction_of, is_rtl_language, isolate, mark_languages

register = template.Library()

#: Languages that Django has no name for; what it knows of Chinese is its two scripts.
_LANGUAGE_NAMES = {
    "zh": gettext_lazy("Chinese"),
    "bo": gettext_lazy("Tibetan"),
    "la": gettext_lazy("Latin"),
    "yi": gettext_lazy("Yiddish"),
    "mul": gettext_lazy("several languages"),
    "und": gettext_lazy("language not known"),
}

_KIND_ICONS = {"discussion": "talk", "question": "question", "correction": "correction", "source": "source"}


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon from the sprite that base.html holds; decoration only, words stand beside it."""
    return format_html(
        '<svg class="scs-icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false"><use href="#i-{}"/></svg>',
        name,
    )


@register.simple_tag
def kind(thread: Thread) -> SafeString:
    """A thread's kind: glyph and word."""
    return format_html(
        '<span class="scs-kind">{}{}</span>',
        icon(_KIND_ICONS.get(thread.kind, "talk")),
        thread.get_kind_display(),
    )


@register.simple_tag
def thread_state(thread: Thread) -> SafeString:
    """What a question, correction or source came to, as glyph and word; empty where there is nothing to say."""
    if thread.is_answered:
        glyph, word = "check", gettext("Answered")
    elif not thread.has_resolution:
        return mark_safe("")
    elif thread.resolution == Thread.Resolution.OPEN:
        return format_html('<span class="scs-state">{}{}</span>', icon("none"), gettext("Open"))
    elif thread.resolution == Thread.Resolution.ACCEPTED:
        glyph, word = "check", gettext("Accepted")
    else:
        glyph, word = "cross", gettext("Declined")
    return format_html('<span class="scs-state scs-state--done">{}{}</span>', icon(glyph), word)


@register.filter
def when(moment: datetime | None) -> SafeString | str:
    """``<time>`` with the machine's value; people read the date, and a script makes it local and relative."""
    return "" if moment is None else _when(moment.astimezone(UTC), get_language())


@lru_cache(maxsize=4_096)
def _when(utc: datetime, language: str | None) -> SafeString:
    exact = date_format(utc, "j F Y, H:i") + " UTC"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        f"{utc:%Y-%m-%dT%H:%M:%SZ}",
        exact,
        date_format(utc, "j F Y"),
    )


@register.filter
def languages(value: object) -> SafeString:
    """Plain text, escaped, with every run of Han, kana or Hangul marked by its language.

    Text with letters from right to left is isolated, so that it does not draw the words beside it into its order.
    """
    return mark_safe(isolate(mark_languages(conditional_escape(cast(str, value)))))  # noqa: S308  (escaped, then marked)


@register.filter
def direction(text: str) -> SafeString:
    """`` dir="rtl"`` for the element that holds nothing but this plain text, if it runs against the page; else "".

    ``dir="auto"`` would not see through the isolation that ``languages`` puts around such text.
    """
    runs = direction_of(str(text))
    if runs == "rtl" or (runs and get_language_bidi()):
        return mark_safe(f' dir="{runs}"')  # noqa: S308  (one of two words of our own)
    return mark_safe("")


@register.filter
def language_direction(code: str) -> SafeString:
    """The same for a text in a language (BCP 47)."""
    runs = "rtl" if is_rtl_language(code) else "ltr"
    return mark_safe(f' dir="{runs}"' if (runs == "rtl") != get_language_bidi() else "")  # noqa: S308  (as above)


@register.filter
def quoted(text: str) -> SafeString:
    """A title in quotation marks, unless it brings its own; escaped and marked as by ``languages``."""
    return languages(text) if plain.is_quoted(text) else format_html("“{}”", languages(plain.to_quote(text)))


@register.simple_tag
def avatar(member: Member) -> SafeString:
    return format_html('<span class="scs-avatar" aria-hidden="true">{}</span>', member.initials)


@register.simple_tag
def site_name() -> str:
    return str(app_settings.SITE_NAME)


@register.simple_tag(takes_context=True)
def sign_in_url(context: dict[str, Any], next_url: str = "") -> str:
    """Where a visitor signs in, to come back to this page (or to ``next_url``)."""
    return _with_next(app_settings.LOGIN_URL or settings.LOGIN_URL, context.get("request"), next_url)


@register.simple_tag(takes_context=True)
def sign_up_url(context: dict[str, Any]) -> str:
    """The same for signing up; empty where the host has no such page."""
    return _with_next(app_settings.SIGNUP_URL, context.get("request"), "") if app_settings.SIGNUP_URL else ""


@register.simple_tag
def sign_out_url() -> str:
    return _resolved(app_settings.LOGOUT_URL) if app_settings.LOGOUT_URL else ""


def _with_next(target: str, request: HttpRequest | None, next_url: str) -> str:
    here = next_url or (request.get_full_path() if request else "")
    return f"{_resolved(target)}?{urlencode({'next': here})}"


def _resolved(target: str) -> str:
    try:
        return resolve_url(target)
    except NoReverseMatch:
        return target


@register.simple_tag(takes_context=True)
def current_member(context: dict[str, Any]) -> Member | None:
    """The member who reads the page; None for visitors and for users who never wrote."""
    request = context.get("request")
    return member_of(getattr(request, "user", None)) if request else None


@register.simple_tag(takes_context=True)
def query(context: dict[str, Any], **changes: Any) -> str:
    """This page's query string with some values changed; None or "" takes one out. Always starts with ``?``."""
    request: HttpRequest = context["request"]
    params = request.GET.copy()
    for name, value in changes.items():
        params.pop(name, None)
        if value not in (None, ""):
            params[name] = value
    return f"?{params.urlencode()}"


@register.filter
def described(field: BoundField, hint: str = "") -> SafeString:
    """A form's field with our class, and its hint and errors tied to it for assistive tech."""
    ids = [f"h-{field.name}"] if hint else []
    # Whoever writes from right to left sees it so while typing. No autocomplete="off": with it, a browser that comes
    # back to the page does not put back what was typed.
    attrs: dict[str, Any] = {"dir": "auto"}
    if field.errors:
        ids.append(f"e-{field.name}")
        attrs["aria-invalid"] = "true"
    if ids:
        attrs["aria-describedby"] = " ".join(ids)
    if not isinstance(field.field.widget, Textarea):
        attrs["class"] = "scs-input"
    return field.as_widget(attrs=attrs)


@register.filter
def unlocalized(value: object) -> str:
    """A number as SVG wants it, whatever the language: a point, no grouping."""
    return str(value)


@register.filter
def language_name(code: str) -> str:
    """A language's name in the reader's language, or its code."""
    rest = code.lower()
    while rest:
        if rest in _LANGUAGE_NAMES:
            return str(_LANGUAGE_NAMES[rest])
        try:
            return gettext(get_language_info(rest)["name"])
        except KeyError:  # "zh-hans-cn" is not known, "zh-hans" is
            rest = rest.rpartition("-")[0]
    return code


@register.filter
def author_name(value: dict[str, str]) -> str:
    """A CSL name as people write it."""
    return Name.from_csl(value).straight


@register.filter
def issued(value: str) -> str:
    """A date as far as it is known: "21 March 2018", "March 2018", "2018"."""
    return issued_text(value)


@register.filter
def excerpt(html: str) -> str:
    """The beginning of a rendered text in plain words, without note numbers and references."""
    return plain.excerpt(html, limit=260)


@register.filter
def shorten(value: object, limit: int) -> str:
    """A text of at most so many characters, cut between words and never within one, where there are words."""
    text = " ".join(str(value).split())
    if len(text) <= limit:
        return text
    cut = text[:limit]
    if not text[limit].isspace() and " " in cut[limit // 2 :]:
        cut = cut[: cut.rindex(" ")]
    return cut.rstrip(" ,;:.–—-(“‘") + "…"
