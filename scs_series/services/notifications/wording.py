"""What a notification says, in one line: the same words in the page, in mail and in the API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from scs_series.models import Member, Notification, Thread
from scs_series.text.plain import is_quoted, to_quote

Kind = Notification.Kind
_NUMBERS = {
    3: gettext_lazy("Three people"),
    4: gettext_lazy("Four people"),
    5: gettext_lazy("Five people"),
    6: gettext_lazy("Six people"),
    7: gettext_lazy("Seven people"),
    8: gettext_lazy("Eight people"),
    9: gettext_lazy("Nine people"),
}
_SENTENCES = {
    Kind.POST: gettext_lazy("%(who)s answered in %(title)s"),
    Kind.THREAD: gettext_lazy("%(who)s started %(title)s"),
    Kind.ANSWER: gettext_lazy("%(who)s answered you in %(title)s"),
    Kind.MENTION: gettext_lazy("%(who)s mentioned you in %(title)s"),
    Kind.REACTION: gettext_lazy("%(who)s reacted to your post in %(title)s"),
    Kind.PART: gettext_lazy("%(who)s published %(title)s"),
}
_ACCEPTED_YOURS = gettext_lazy("%(who)s accepted your answer in %(title)s")
_ACCEPTED_ANOTHERS = gettext_lazy("%(who)s accepted an answer in %(title)s")
_RESOLVED = {
    Thread.Resolution.ACCEPTED: gettext_lazy("%(who)s accepted what you proposed in %(title)s"),
    Thread.Resolution.DECLINED: gettext_lazy("%(who)s declined what you proposed in %(title)s"),
    Thread.Resolution.OPEN: gettext_lazy("%(who)s opened %(title)s again"),
}


#: Of a hundred people, so many are read by name.
_NAMED = 10


def names_of(notifications: Iterable[Notification]) -> dict[int, Member]:
    """The last few who did what each of these tells of, by key, in one query."""
    keys = {key for one in notifications for key in last_actors(one)}
    return Member.objects.only("username", "display_name").in_bulk(keys) if keys else {}


def last_actors(notification: Notification) -> list[int]:
    """The keys of the last few people, newest first."""
    return list(notification.actors[:_NAMED])


def sentence(notification: Notification, names: Mapping[int, Member]) -> str:
    """Plain text, as "Five people answered in “Credit scores”". Its thread or part is asked for."""
    return str(_sentence(notification)) % {
        "who": who(notification, names),
        "title": quoted(title(notification)),
    }


def _sentence(notification: Notification) -> object:
    kind, thread = Kind(notification.kind), notification.thread
    if kind == Kind.ACCEPTED:
        is_asker = thread is not None and thread.author_id == notification.member_id
        return _ACCEPTED_ANOTHERS if is_asker else _ACCEPTED_YOURS
    if kind == Kind.RESOLVED:
        return _RESOLVED[Thread.Resolution(thread.resolution if thread else Thread.Resolution.OPEN)]
    return _SENTENCES[kind]


def who(notification: Notification, names: Mapping[int, Member]) -> str:
    """Names of one or two, else how many."""
    known = [names[key].name for key in last_actors(notification) if key in names]
    people = max(notification.people, len(known))
    if people == 1:
        return known[0] if known else _("Somebody")
    if people == 2 and len(known) == 2:
        return _("%(one)s and %(other)s") % {"one": known[1], "other": known[0]}
    if people in _NUMBERS:
        return str(_NUMBERS[people])
    if people >= Notification.PEOPLE_MOST:
        return _("%(n)d people or more") % {"n": people}
    return ngettext("%(n)d person", "%(n)d people", people) % {"n": people}


def details(notification: Notification, names: Mapping[int, Member]) -> str:
    """What the sentence leaves out: names of the last few, and how many posts."""
    pieces = []
    known = [names[key].name for key in notification.actors[:3] if key in names]
    if notification.people > 2:
        more = notification.people - len(known)
        listed = ", ".join(known)
        if more > 0 and known:
            listed = ngettext("%(names)s and %(n)d other", "%(names)s and %(n)d others", more) % {
                "names": listed, "n": more,
            }  # fmt: skip
        pieces.append(listed)
    if notification.kind == Kind.POST and notification.count > 1:
        pieces.append(ngettext("%(n)d post", "%(n)d posts", notification.count) % {"n": notification.count})
    return " · ".join(filter(None, pieces))


def title(notification: Notification) -> str:
    if notification.thread is not None:
        return notification.thread.title
    if notification.part is not None:
        return notification.part.title
    return ""


def address(notification: Notification) -> str:
    """Where it leads: the first post that is new, or the thread or part itself. Raises NoReverseMatch without pages."""
    if notification.thread is not None:
        url = notification.thread.get_absolute_url()
        return f"{url}?post={notification.first_number}" if notification.first_number else url
    return notification.part.get_absolute_url() if notification.part is not None else ""


def quoted(text: str) -> str:
    """In quotation marks, unless it brings its own; those within it become single ones."""
    return text if is_quoted(text) else f"“{to_quote(text)}”"


__all__ = ["address", "details", "last_actors", "names_of", "quoted", "sentence", "title", "who"]
