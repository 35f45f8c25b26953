"""Small pieces of markup for lists and change pages. Attributes and classes only: a strict CSP passes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from scs_series.models import Member, Part, Post, Thread

#: Paths on a 16 × 16 grid, drawn as lines. The word beside an icon says the same, so icons are decoration.
_ICONS = {
    "pin": "M6 2h4l-.5 4.5L12 9H4l2.5-2.5zM8 9v5",
    "lock": "M4 7h8v7H4zM5.5 7V5a2.5 2.5 0 0 1 5 0v2",
    "hidden": "M2 8s2.2-4 6-4 6 4 6 4-2.2 4-6 4-6-4-6-4zM3 13 13 3",
    "shown": "M2 8s2.2-4 6-4 6 4 6 4-2.2 4-6 4-6-4-6-4zM8 9.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3z",
    "draft": "M3 13l.7-3L10.5 3.2l2.3 2.3L6 12.3z",
    "clock": "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 5v3.2l2.2 1.3",
    "talk": "M2.5 3.5h11v7h-6l-3 2.5v-2.5h-2z",
    "question": "M5.8 6a2.2 2.2 0 1 1 3.2 2c-.8.4-1 .8-1 1.7M8 12.2v.1",
    "correction": "M3 13h10M4 10l6-6 2 2-6 6H4z",
    "source": "M4 2.5h6l2.5 2.5v8.5H4zM6 7h4.5M6 9.5h4.5",
}
_KINDS = {
    Thread.Kind.DISCUSSION: "talk",
    Thread.Kind.QUESTION: "question",
    Thread.Kind.CORRECTION: "correction",
    Thread.Kind.SOURCE: "source",
}


def icon(name: str) -> SafeString:
    """A drawing without meaning of its own."""
    return format_html(
        '<svg class="scs-adm-icon" viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" focusable="false">'
        '<path d="{}"/></svg>',
        _ICONS[name],
    )


def badge(name: str, word: object, *, title: str = "") -> SafeString:
    """An icon and its word. ``title`` holds more, which must also stand elsewhere."""
    extra = format_html(' title="{}"', title) if title else ""
    return format_html(
        '<span class="scs-adm-badge scs-adm-badge--{}"{}>{}{}</span>', name, extra, icon(name), word
    )


def badges(items: Iterable[SafeString]) -> SafeString:
    return format_html_join(" ", "{}", ((item,) for item in items))


def moment(value: datetime | None) -> str:
    """A time in the reader's zone, as the rest of the admin prints it."""
    if value is None:
        return ""
    return date_format(timezone.localtime(value), "DATETIME_FORMAT")


def thread_state(thread: Thread) -> SafeString:
    """Everything that is not as usual about a thread; "open" where nothing is."""
    found = []
    if thread.hidden_at:
        found.append(badge("hidden", _("hidden"), title=thread.hidden_reason))
    if thread.locked_at:
        found.append(badge("lock", _("locked"), title=thread.locked_reason))
    if thread.pinned_at:
        found.append(badge("pin", _("pinned")))
    if thread.is_answered:
        found.append(badge("shown", _("answered")))
    if thread.is_decided:
        found.append(badge("shown", thread.get_resolution_display(), title=thread.resolved_reason))
    return badges(found) if found else format_html('<span class="scs-adm-quiet">{}</span>', _("open"))


def post_state(post: Post) -> SafeString:
    if post.is_withdrawn:
        return badge("hidden", _("withdrawn"), title=post.hidden_reason)
    if post.is_hidden:
        return badge("hidden", _("hidden"), title=post.hidden_reason)
    return badge("shown", _("shown"))


def part_state(part: Part) -> SafeString:
    """Draft, public, or scheduled with the time at which it goes public."""
    if part.is_scheduled:
        when = _("public from %(time)s") % {"time": moment(part.published_at)}
        return badge("clock", format_html("{}: {}", _("scheduled"), when))
    if part.is_public:
        return badge("shown", _("public"))
    return badge("draft", _("draft"))


def thread_kind(thread: Thread) -> SafeString:
    return badge(_KINDS.get(Thread.Kind(thread.kind), "talk"), thread.get_kind_display())


def table(heads: Sequence[object], rows: Iterable[Sequence[Any]], *, empty: object) -> SafeString:
    """A small table in the admin's look; ``empty`` is said where there are no rows."""
    body = format_html_join(
        "", "<tr>{}</tr>", ((format_html_join("", "<td>{}</td>", ((cell,) for cell in row)),) for row in rows)
    )
    if not body:
        return format_html('<p class="scs-adm-quiet">{}</p>', empty)
    head = format_html_join("", '<th scope="col">{}</th>', ((head,) for head in heads))
    return format_html(
        '<div class="scs-adm-scroll"><table class="scs-adm-table"><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>',
        head,
        body,
    )


def excerpt(text: str, length: int = 120) -> str:
    """The beginning of a text on one line."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[:length].rstrip() + "…"


def who_and_why(at: datetime | None, by: Member | None, reason: str) -> str:
    """When something was done to a thread or post, by whom, and the reason given."""
    said = _("%(time)s by %(member)s") % {"time": moment(at), "member": by.name if by else "?"}
    return f"{said}: {reason}" if reason else said
