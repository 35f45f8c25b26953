"""One small world for many tests: a series with sources, parts and talk, and somebody in every role.

Everything is made through the services, so that counts, versions and stored pieces are as in a real site.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from scs_series.models import Part, Post, Series, Source, Tag, Thread
from scs_series.services import discussion
from scs_series.services.counts import wrong_counts
from tests import factories
from tests.beginnings import beginning

#: The order of columns in every permission table.
ROLES = ("anonymous", "member", "owner", "moderator", "editor", "other_editor", "superuser")


@dataclass
class Stage:
    """``owner`` wrote the thread and its first post; ``editor`` is an author of the series, ``other_editor`` of
    ``other_series``. ``post`` is no. 2 of ``thread``, by ``member_2``, and answers no. 1."""

    series: Series
    other_series: Series
    part: Part
    next_part: Part
    draft: Part
    source: Source
    uncited: Source
    thread: Thread
    opening: Post
    post: Post
    tag: Tag
    users: dict[str, Any]

    def user(self, role: str) -> Any:
        """The user of a role as a request brings it: fresh, with no permission remembered."""
        user = self.users[role]
        return type(user).objects.get(pk=user.pk) if user.pk else user

    def client(self, role: str) -> Client:
        client = Client()
        if role != "anonymous":
            client.force_login(self.users[role])
        return client

    def addresses(self) -> dict[str, str]:
        """Every page of the app that shows something of this stage, by the name of its route."""
        series, part, thread = self.series.slug, self.part.slug, (self.thread.pk, self.thread.slug)
        return {
            "series-list": reverse("scs_series:series-list"),
            "series-detail": reverse("scs_series:series-detail", args=[series]),
            "source-list": reverse("scs_series:source-list", args=[series]),
            "source-detail": reverse("scs_series:source-detail", args=[series, self.source.key]),
            "part-detail": reverse("scs_series:part-detail", args=[series, part]),
            "part-history": reverse("scs_series:part-history", args=[series, part]),
            "thread-list": reverse("scs_series:thread-list", args=[series, part]),
            "thread-detail": reverse("scs_series:thread-detail", args=thread),
            "post-history": reverse("scs_series:post-history", args=[*thread, 2]),
            "post-detail": reverse("scs_series:post-detail", args=[*thread, 2]),
            "post-branch": reverse("scs_series:post-branch", args=[*thread, 1]),
            "post-reactions": reverse("scs_series:post-reactions", args=[*thread, 2]),
            "tag-list": reverse("scs_series:tag-list"),
            "tag-detail": reverse("scs_series:tag-detail", args=[self.tag.slug]),
            "member-detail": reverse("scs_series:member-detail", args=[self.thread.author.username]),
        }

    def own(self) -> dict[str, str]:
        """Every page of what is a member's own."""
        thread = (self.thread.pk, self.thread.slug)
        return {
            "preferences": reverse("scs_series:preferences"),
            "own-data": reverse("scs_series:own-data"),
            "erase": reverse("scs_series:erase"),
            "subscription-list": reverse("scs_series:subscription-list"),
            "notification-list": reverse("scs_series:notification-list"),
            "bookmark-list": reverse("scs_series:bookmark-list"),
            "bookmark-create": reverse("scs_series:bookmark-create", args=[*thread, 2]),
            "part-bookmark": reverse("scs_series:part-bookmark", args=[self.series.slug, self.part.slug]),
        }

    def told(self) -> dict[str, str]:
        """What scripts ask for while a thread or a part is read, and tell."""
        thread = (self.thread.pk, self.thread.slug)
        return {
            "thread-new": reverse("scs_series:thread-new", args=thread),
            "thread-events": reverse("scs_series:thread-events", args=thread),
            "thread-read": reverse("scs_series:thread-read", args=thread),
            "part-read": reverse("scs_series:part-read", args=[self.series.slug, self.part.slug]),
        }

    def forms(self) -> dict[str, str]:
        """Every page with a form that writes."""
        thread = (self.thread.pk, self.thread.slug)
        return {
            "thread-create": reverse("scs_series:thread-create", args=[self.series.slug, self.part.slug]),
            "thread-edit": reverse("scs_series:thread-edit", args=thread),
            "post-create": reverse("scs_series:post-create", args=thread),
            "post-edit": reverse("scs_series:post-edit", args=[*thread, 1]),
        }


def build_stage() -> Stage:
    users: dict[str, Any] = {
        "anonymous": AnonymousUser(),
        "member": factories.make_user("plain"),
        "member_2": factories.make_user("second"),
        "owner": factories.make_user("opener"),
        "moderator": factories.make_moderator("mod"),
        "editor": factories.make_user("editor", is_staff=True, permissions=factories.AUTHOR),
        "other_editor": factories.make_user("other-editor", is_staff=True, permissions=factories.AUTHOR),
        "superuser": factories.make_admin("root"),
    }
    series = factories.make_series(author=users["editor"], title="Social credit", slug="social-credit")
    other_series = factories.make_series(author=users["other_editor"], title="Another series", slug="another")
    source = factories.make_source(series, "kuo2019", tags=("Courts",), title="A long list", type="press")
    uncited = factories.make_source(series, "plan2014", title="Planning Outline", type="policy")
    yesterday = timezone.now() - dt.timedelta(days=1)
    part = factories.make_part(
        series, at=yesterday, title="Beginnings", slug="beginnings",
        body="## First\n\nA claim [@kuo2019, p. 12].\n\n## Second\n\nMore.\n", standfirst="How it began.",
    )  # fmt: skip
    next_part = factories.make_part(series, at=yesterday, title="Afterwards", slug="afterwards")
    draft = factories.make_part(series, published=False, title="Unfinished business", slug="unfinished")
    factories.make_part(other_series, at=yesterday)
    thread = factories.make_thread(
        part,
        by=users["owner"],
        title="What does the list say?",
        body="It says *this* [@kuo2019].",
        tags=("Courts", "lists"),
    )
    post = discussion.reply(thread=thread, by=users["member_2"], body="An answer from the second.", answers=1)
    thread = Thread.objects.select_related("part", "series", "author").get(pk=thread.pk)
    return Stage(
        series=Series.objects.get(pk=series.pk),
        other_series=Series.objects.get(pk=other_series.pk),
        part=Part.objects.select_related("series").get(pk=part.pk),
        next_part=Part.objects.select_related("series").get(pk=next_part.pk),
        draft=Part.objects.select_related("series").get(pk=draft.pk),
        source=Source.objects.select_related("series").get(pk=source.pk),
        uncited=Source.objects.select_related("series").get(pk=uncited.pk),
        thread=thread,
        opening=fresh_post(thread, 1),
        post=fresh_post(thread, post.number),
        tag=Tag.objects.get(key="courts"),
        users=users,
    )


stage = beginning("stage", build_stage)


def fresh_post(thread: Thread, number: int) -> Post:
    """A post as pages load it."""
    return Post.objects.select_related(
        "author", "answers__author", "thread__part", "thread__series", "thread__author"
    ).get(thread=thread, number=number)


def fresh_thread(thread: Thread) -> Thread:
    return Thread.objects.select_related("part", "series", "author").get(pk=thread.pk)


def fresh_part(part: Part) -> Part:
    return Part.objects.select_related("series").get(pk=part.pk)


def assert_counts() -> None:
    """Every stored count is what it counts."""
    wrong = list(wrong_counts())
    assert wrong == [], wrong
