"""Plain functions that make things through the services, as the app itself does."""

from __future__ import annotations

import itertools
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.utils import timezone

from scs_series.models import Member, Part, Post, Series, Source, Tag, Thread
from scs_series.services import discussion, sources
from scs_series.services import series as series_service
from scs_series.services.members import member_for
from scs_series.services.tagging import tags_named

_counter = itertools.count(1)

MODERATOR = (
    "pin_thread", "lock_thread", "hide_thread", "edit_any_thread", "see_hidden", "hide_post", "edit_any_post",
    "resolve_thread",
    "view_series", "view_part", "view_thread", "change_thread", "view_post", "change_post", "view_postrevision",
    "view_source", "change_source", "add_source", "view_sourcelink", "view_tag", "add_tag", "change_tag", "view_member",
)  # fmt: skip
AUTHOR = (
    "publish_part", "view_series", "change_series", "view_part", "add_part", "change_part", "view_partrevision",
    "view_source", "add_source", "change_source", "view_sourcelink", "add_sourcelink", "change_sourcelink",
    "delete_sourcelink", "view_tag", "view_thread", "view_post",
)  # fmt: skip


def make_user(username: str | None = None, *, permissions: tuple[str, ...] = (), **fields: Any) -> Any:
    """A user of the host; ``permissions`` are codenames of the app."""
    user_model = get_user_model()
    user = user_model.objects.create_user(
        username=username or f"user{next(_counter)}", password="pw", **fields
    )
    if permissions:
        found = Permission.objects.filter(content_type__app_label="scs_series", codename__in=permissions)
        assert found.count() == len(set(permissions)), "a permission of that name does not exist"
        user.user_permissions.add(*found)
    return user


def make_users(count: int) -> list[Any]:
    """Many users with an address, in one statement; nobody signs in as one of them."""
    model = get_user_model()
    number = next(_counter)
    return model.objects.bulk_create(
        model(username=f"many{number}-{n}", email=f"many{number}-{n}@example.org") for n in range(count)
    )


def make_admin(username: str | None = None) -> Any:
    return make_user(username, is_staff=True, is_superuser=True)


def make_moderator(username: str | None = None) -> Any:
    return make_user(username, is_staff=True, permissions=MODERATOR)


def make_member(username: str | None = None, **fields: Any) -> Member:
    return member_for(make_user(username, **fields))


def make_series(*, author: Any = None, **fields: Any) -> Series:
    """A public series; ``author`` (a user) becomes its only author."""
    number = next(_counter)
    fields = {"title": f"Series {number}", "slug": f"series-{number}", **fields}
    series = series_service.save_series(series=Series(**fields), by=_anybody())
    series.authors.set([member_for(author)] if author else [])
    return series


def make_part(series: Series | None = None, *, published: bool = True, at: Any = None, **fields: Any) -> Part:
    """A part, public unless said otherwise; ``at`` sets the time of publication."""
    series = series or make_series()
    number = fields.pop("number", None) or Part.objects.filter(series=series).count() + 1
    fields = {"title": f"Part {number}", "slug": f"part-{number}", "body": "## One\n\nSome text.", **fields}
    by = _anybody()
    part = series_service.save_part(part=Part(series=series, number=number, **fields), by=by)
    if published:
        series_service.publish_part(part=part, by=by, at=at or timezone.now())
    return part


def make_source(
    series: Series, key: str | None = None, *, tags: tuple[str, ...] = (), **fields: Any
) -> Source:
    number = next(_counter)
    fields = {
        "title": f"Source {number}", "authors": [{"family": "Kuo", "given": "Lily"}], "issued": "2019",
        "url": f"https://example.org/{number}", **fields,
    }  # fmt: skip
    by = _anybody()
    chosen = tags_named(tags, by=by, limit=10)
    return sources.add_source(
        source=Source(series=series, key=key or f"key{number}", **fields), by=by, tags=chosen
    )


def make_thread(part: Part | None = None, *, by: Any = None, **fields: Any) -> Thread:
    """A thread with its opening post, as pages load it: part, series and author at hand."""
    fields = {"title": "A question about this", "body": "What does it mean?", **fields}
    thread = discussion.start_thread(
        part=part or make_part(), by=by or make_user(), at=fields.pop("at", None) or timezone.now(), **fields
    )
    return Thread.objects.select_related("part", "series", "author").get(pk=thread.pk)


def make_post(
    thread: Thread | None = None, *, by: Any = None, body: str = "An answer.", **fields: Any
) -> Post:
    return discussion.reply(
        thread=thread or make_thread(),
        by=by or make_user(),
        body=body,
        at=fields.pop("at", None) or timezone.now(),
        **fields,
    )


def make_tag(name: str) -> Tag:
    return tags_named([name], by=_anybody())[0]


def _anybody() -> Any:
    """An administrator who makes what a test only needs to be there."""
    user_model = get_user_model()
    return user_model.objects.filter(username="maker").first() or make_admin("maker")
