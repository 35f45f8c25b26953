"""What an editor offers while a name, a tag or a citation is typed: what the text will link, and nothing else."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import islice
from typing import Any, TypedDict

from django.db.models import F, Q, QuerySet
from django.utils.translation import ngettext

from scs_series import bibliography, text
from scs_series.conf import app_settings
from scs_series.exceptions import NotAllowed
from scs_series.models import Member, Post, Series, Source, Tag, Thread
from scs_series.policies import policy
from scs_series.ratelimit import count_or_refuse
from scs_series.services.tagging import key_of
from scs_series.text import Profile
from scs_series.text.plain import shorten

#: More are not looked through; one letter more finds sooner.
MOST = 8
#: No name, tag or key is longer. What is longer begins none.
_LONGEST = 150
_DETAIL = 120


class Kind(StrEnum):
    NAME = "name"
    TAG = "tag"
    SOURCE = "source"


class Completion(TypedDict):
    """``insert`` stands in the text in place of what was typed, with its ``@`` or ``#``."""

    insert: str
    label: str
    detail: str


def count_completion(*, by: Any) -> None:
    """Before anything is looked up: whoever may not ask learns nothing, not even whether a thread is there.

    Raises NotAllowed, RateLimited.
    """
    if not policy.can_complete(by):
        raise NotAllowed
    count_or_refuse("complete", by.pk, app_settings.COMPLETION_RATE)


def complete(
    *, kind: Kind, typed: str, by: Any, thread: Thread | None = None, series: Series | None = None
) -> list[Completion]:
    """At most eight ways to go on with ``typed``, the likeliest first; the place is one that ``by`` may see.

    Who is named in a thread, its participants before all others; sources are those of ``series``. Raises NotAllowed.
    """
    if not policy.can_complete(by):
        raise NotAllowed
    if len(typed) > _LONGEST or "\x00" in typed:
        return []
    if kind == Kind.NAME:
        return [_name_row(member) for member in _members(typed, by=by, thread=thread)]
    if kind == Kind.TAG:
        return list(islice(_tag_rows(_tags(typed)), MOST))
    return [_source_row(source) for source in _sources(typed, series)] if series else []


# ------------------------------------------------------------------------------------------------------------- names
def _members(typed: str, *, by: Any, thread: Thread | None) -> list[Member]:
    """Who is told by being named: with an account in use, and, where not all may read, who may.

    Others only once a letter is typed, by the name that is written: its index is walked (``LIKE 'x%'``), as no index
    of shown names is. Of participants, who are few, both names count.
    """
    prefix = unicodedata.normalize("NFKC", typed).lower()
    members = (
        Member.objects.filter(user__is_active=True, erased_at=None)
        .exclude(user=by.pk)
        .only("username", "display_name")
        .order_by("username")
    )
    found: list[Member] = []
    if thread is not None:
        posts = Post.objects.published().filter(thread=thread)
        near = Q(pk__in=posts.values("author"))
        if not _is_public(thread):
            near |= Q(pk__in=Series.authors.through.objects.filter(series=thread.series_id).values("member"))
        named = Q(username__startswith=prefix) | Q(display_name__istartswith=typed)
        found = list(members.filter(near, named)[:MOST])
        if not _is_public(thread):
            return found
    if prefix and len(found) < MOST:
        others = members.filter(username__startswith=prefix).exclude(pk__in=[member.pk for member in found])
        found += others[: MOST - len(found)]
    return found


def _is_public(thread: Thread) -> bool:
    is_private = thread.part.series.visibility == Series.Visibility.PRIVATE
    return thread.hidden_at is None and thread.part.is_public and not is_private


def _name_row(member: Member) -> Completion:
    name = f"@{member.username}"
    return {"insert": name, "label": name, "detail": member.display_name[:_DETAIL]}


# -------------------------------------------------------------------------------------------------------------- tags
def _tags(typed: str) -> QuerySet[Tag]:
    """Those that become links, which are those that visitors see in lists; the most used first.

    Not what ``by`` sees besides: in the post it would be words without a link, to everybody.
    """
    prefix = key_of(typed)
    tags = Tag.objects.in_use().listed_to(None).only("name", "slug", "key", "thread_count")
    if typed and not prefix:  # nothing but what nobody sees
        return tags.none()
    if prefix:
        tags = tags.filter(Q(key__startswith=prefix) | Q(slug__startswith=prefix))
    # A few more than are shown: some have no name that can be written behind the sign.
    return tags.order_by("-thread_count", "id")[: 2 * MOST]


def _tag_rows(tags: Iterable[Tag]) -> Iterator[Completion]:
    for tag in tags:
        # As it is called where that can be written, else by its address.
        for name in (tag.name, tag.slug):
            if text.read(f"#{name}", profile=Profile.POST).names.tags == (name,):
                used = ngettext("%(count)d thread", "%(count)d threads", tag.thread_count)
                yield {
                    "insert": f"#{name}",
                    "label": f"#{name}",
                    "detail": used % {"count": tag.thread_count},
                }
                break


# ----------------------------------------------------------------------------------------------------------- sources
def _sources(typed: str, series: Series) -> QuerySet[Source]:
    """By key, first author or title, the most cited first. Within one series, whose index is walked: a few hundred."""
    sources = Source.objects.filter(series=series).only("key", "label", "title", "title_translated")
    if typed:
        sources = sources.filter(
            Q(key__istartswith=typed)
            | Q(sort_key__startswith=bibliography.folded(typed) or typed)
            | Q(title__istartswith=typed)
            | Q(title_translated__istartswith=typed)
        )
    return sources.order_by(F("part_count").desc(), "id")[:MOST]


def _source_row(source: Source) -> Completion:
    title = source.title_translated or source.title
    label = source.label if source.label and not title.startswith(source.label[:40]) else ""
    detail = ". ".join(filter(None, (label, title)))
    return {"insert": f"@{source.key}", "label": source.key, "detail": shorten(detail, _DETAIL)}
