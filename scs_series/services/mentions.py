"""What a post names: members by ``@name``, tags by ``#tag``, other posts of its thread by ``#12``."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from django.db.models import Q
from django.urls import NoReverseMatch, reverse
from django.utils.translation import ngettext

from scs_series import text
from scs_series.conf import app_settings
from scs_series.exceptions import InvalidInput
from scs_series.models import Member, Post, Tag, Thread
from scs_series.services.tagging import key_of
from scs_series.text import Names, Profile, Targets


def mentioned(body: str) -> list[Member]:
    """The members whom a post tells by naming them, each once, in order of their keys.

    Found as the renderer finds them: not in code, links or addresses. Who is only named within a quote was named by
    somebody else.
    """
    if "@" not in body:
        return []
    told = text.read(body, profile=Profile.POST).names.told
    members = _members_named(told).values()
    return sorted({member.pk: member for member in members}.values(), key=lambda member: member.pk)


def quote_of(post: Post) -> str:
    """A post as Markdown to be quoted in an answer, with who said it where. Needs ``post.author``."""
    author = post.author
    name = author.name if author.erased_at else f"@{author.username}"
    return text.quote(post.body, source=f"{name}, #{post.number}")


def targets_of(names: Names, *, thread: Thread | None, by_limit: bool = True) -> Targets:
    """Where the names in a post of this thread lead: one query for members, one for tags, if any is named.

    A tag that visitors may not see is not there for anybody: a link would tell that it is. Raises InvalidInput (field
    ``body``, ``too_many_mentions``) where more members are told than MENTIONS_PER_POST, unless ``by_limit`` is off.
    """
    members = _members_named(names.members)
    if by_limit:
        _refuse_too_many({members[name].pk for name in names.told if name in members})
    return Targets(
        members={name: _page("member-detail", member.username) for name, member in members.items()},
        tags={name: _page("tag-detail", tag.slug) for name, tag in _tags_named(names.tags).items()},
        thread=_page("thread-detail", thread.pk, thread.slug) if thread else "",
        last_number=thread.last_number if thread else 0,
    )


def _refuse_too_many(told: set[int]) -> None:
    limit = app_settings.MENTIONS_PER_POST
    if len(told) > limit:
        raise InvalidInput(
            ngettext(
                "Mention at most one member in a post; this mentions %(told)d.",
                "Mention at most %(limit)d members in a post; this mentions %(told)d.",
                limit,
            )
            % {"limit": limit, "told": len(told)},
            code="too_many_mentions",
            field="body",
        )


def _members_named(names: Iterable[str]) -> dict[str, Member]:
    """Members with a page, by their name as it was written."""
    folded = {name: unicodedata.normalize("NFKC", name).lower() for name in names}
    if not folded:
        return {}
    found = Member.objects.public().filter(erased_at=None, username__in=set(folded.values()))
    by_username = {member.username: member for member in found.only("username")}
    return {name: by_username[fold] for name, fold in folded.items() if fold in by_username}


def _tags_named(names: Iterable[str]) -> dict[str, Tag]:
    """Tags that anybody may see, by slug or by key, as it was written."""
    keys = {name: key_of(name) for name in names}
    if not keys:
        return {}
    wanted = set(keys.values())
    found = list(
        Tag.objects.visible_to(None).filter(Q(slug__in=wanted) | Q(key__in=wanted)).only("slug", "key")
    )
    # The name itself goes before what another name's address happens to be.
    by_name = {tag.slug: tag for tag in found} | {tag.key: tag for tag in found}
    return {name: by_name[key] for name, key in keys.items() if key in by_name}


def _page(route: str, *args: object) -> str:
    try:
        return reverse(f"scs_series:{route}", args=args)
    except NoReverseMatch:  # a host that mounts only the API
        return ""
