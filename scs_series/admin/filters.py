"""Filters of the lists. Their choices are few and known; none of them scans the table it filters."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scs_series.models import OutboxItem, Part, Post, Series, SourceLink, Tag, Thread

_MOST = 100


class SeriesFilter(admin.SimpleListFilter):
    """By series; ``path`` is the way there from the model."""

    title = _("series")
    parameter_name = "series"
    path = "series"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return list(
            Series.objects.visible_to(request.user).order_by("title").values_list("pk", "title")[:_MOST]
        )

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = str(self.value() or "")  # counting what each choice holds, Django gives the key itself
        if not value:
            return queryset
        # A made-up value finds nothing, as long as the database can hold it.
        fits = value.isascii() and value.isdigit() and len(value) < 18
        return queryset.filter(**{self.path: int(value)}) if fits else queryset.none()


class SeriesOfPart(SeriesFilter):
    path = "part__series"


class SeriesOfThread(SeriesFilter):
    path = "thread__series"


class SeriesOfPost(SeriesFilter):
    path = "post__thread__series"


class SeriesOfLink(SeriesFilter):
    """A link hangs on a part or on a post; its source knows the series of both."""

    path = "source__series"


class PublicationFilter(admin.SimpleListFilter):
    title = _("publication")
    parameter_name = "publication"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        return [("public", _("public")), ("scheduled", _("scheduled")), ("draft", _("draft"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "public":
            return queryset.published()  # type: ignore[attr-defined,no-any-return]
        if self.value() == "scheduled":
            return queryset.filter(status=Part.Status.PUBLISHED, published_at__gt=timezone.now())
        if self.value() == "draft":
            return queryset.filter(status=Part.Status.DRAFT)
        return queryset


class ThreadStateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        return [
            ("open", _("open")), ("pinned", _("pinned")), ("locked", _("locked")), ("hidden", _("hidden")),
            ("unanswered", _("unanswered")), ("to decide", _("correction or source to decide")),
            ("accepted", _("accepted")), ("declined", _("declined")), ("answered", _("question with an answer")),
        ]  # fmt: skip

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        proposals = Q(kind__in=(Thread.Kind.CORRECTION, Thread.Kind.SOURCE))
        rules = {
            "open": Q(hidden_at=None, locked_at=None),
            "pinned": Q(pinned_at__isnull=False),
            "locked": Q(locked_at__isnull=False),
            "hidden": Q(hidden_at__isnull=False),
            "unanswered": Q(post_count__lte=1, hidden_at=None),
            "to decide": proposals & Q(resolution=Thread.Resolution.OPEN, hidden_at=None),
            "accepted": proposals & Q(resolution=Thread.Resolution.ACCEPTED),
            "declined": proposals & Q(resolution=Thread.Resolution.DECLINED),
            "answered": Q(kind=Thread.Kind.QUESTION, resolution=Thread.Resolution.ACCEPTED),
        }
        return queryset.filter(rules[self.value() or ""]) if self.value() in rules else queryset


class PostStateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        return [
            ("shown", _("shown")), ("hidden", _("hidden")), ("withdrawn", _("withdrawn")), ("edited", _("edited")), ("opening", _("opening a thread")),
        ]  # fmt: skip

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        rules = {
            "shown": Q(status=Post.Status.PUBLISHED, thread__hidden_at=None),
            "hidden": Q(status=Post.Status.HIDDEN) | Q(thread__hidden_at__isnull=False),
            "withdrawn": Q(status=Post.Status.WITHDRAWN),
            "edited": Q(edited_at__isnull=False),
            "opening": Q(number=1),
        }
        return queryset.filter(rules[self.value() or ""]) if self.value() in rules else queryset


class OutboxFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        return [
            ("due", _("due")), ("later", _("waits for its time")), ("failed", _("failed, to be tried again")),
            ("given_up", _("given up")), ("done", _("done")),
        ]  # fmt: skip

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        due, now = OutboxItem.Status.DUE, timezone.now()
        rules = {
            "due": Q(status=due, due_at__lte=now),
            "later": Q(status=due, due_at__gt=now, attempts=0),
            "failed": Q(status=due) & ~Q(last_error=""),
            "given_up": Q(status=OutboxItem.Status.GIVEN_UP),
            "done": Q(status=OutboxItem.Status.DONE),
        }
        return queryset.filter(rules[self.value() or ""]) if self.value() in rules else queryset


class TagFilter(admin.SimpleListFilter):
    """The tags most used, and the one that a link from a tag's page names."""

    title = _("tag")
    parameter_name = "tag"
    _SHOWN = 15

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        asked = Q(slug=request.GET.get(self.parameter_name, "")[:100].replace("\x00", ""))
        top = Tag.objects.order_by("-thread_count", "id").values("pk")[: self._SHOWN]
        found = Tag.objects.filter(asked | Q(pk__in=list(top.values_list("pk", flat=True)))).order_by("name")
        return list(found.values_list("slug", "name"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = (self.value() or "").replace("\x00", "")
        return queryset.filter(tag_items__tag__slug=value) if value else queryset


class UseFilter(admin.SimpleListFilter):
    """Of sources: cited anywhere, or waiting to be."""

    title = _("use")
    parameter_name = "use"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        return [
            ("parts", _("cited in parts")), ("posts", _("cited in posts")), ("unused", _("not cited")),
        ]  # fmt: skip

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "parts":
            return queryset.filter(part_count__gt=0)
        if self.value() == "posts":
            return queryset.filter(post_count__gt=0)
        if self.value() == "unused":
            return queryset.filter(~Exists(SourceLink.objects.filter(source=OuterRef("pk"))))
        return queryset


class ArchiveFilter(admin.SimpleListFilter):
    """Of sources: an address that could die without a copy kept."""

    title = _("archived copy")
    parameter_name = "archived"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        return [("yes", _("has one")), ("no", _("address without one"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "yes":
            return queryset.exclude(archive_url="")
        if self.value() == "no":
            return queryset.filter(archive_url="").exclude(url="")
        return queryset


class InUseFilter(admin.SimpleListFilter):
    """Of tags."""

    title = _("use")
    parameter_name = "use"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        return [("used", _("in use")), ("unused", _("not in use")), ("bare", _("without description"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "used":
            return queryset.in_use()  # type: ignore[attr-defined,no-any-return]
        if self.value() == "unused":
            return queryset.filter(thread_count=0, source_count=0)
        if self.value() == "bare":
            return queryset.filter(description="")
        return queryset


class AccountFilter(admin.SimpleListFilter):
    """Of members: whether an account of the host's stands behind the name."""

    title = _("account")
    parameter_name = "account"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        return [("active", _("in use")), ("inactive", _("switched off")), ("none", _("none"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "active":
            return queryset.filter(user__is_active=True)
        if self.value() == "inactive":
            return queryset.filter(user__is_active=False)
        if self.value() == "none":
            return queryset.filter(user=None)
        return queryset
