"""Tag, and what ties it to threads and sources."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from taggit.models import ItemBase, TagBase


class TagQuerySet(models.QuerySet["Tag"]):
    def in_use(self) -> TagQuerySet:
        return self.filter(models.Q(thread_count__gt=0) | models.Q(source_count__gt=0))

    def listed_to(self, user: Any, at: datetime | None = None) -> TagQuerySet:
        """Tags of a thread or source that lists show to the user: what is private gives nothing away by its tags."""
        return self.filter(self._listed(user, at))

    def visible_to(self, user: Any, at: datetime | None = None) -> TagQuerySet:
        """Those, and tags that nothing carries: they were made to be used, and give nothing away."""
        carried = models.Exists(ThreadTag.objects.filter(tag=models.OuterRef("pk"))) | models.Exists(
            SourceTag.objects.filter(tag=models.OuterRef("pk"))
        )  # asked of the rows: the counts leave out what moderators hid
        return self.filter(~carried | self._listed(user, at))

    @staticmethod
    def _listed(user: Any, at: datetime | None) -> models.Q:
        from scs_series.models.discussion import (
            Thread,  # models of one floor: a late import breaks the circle
        )
        from scs_series.models.series import Series

        threads = ThreadTag.objects.filter(
            tag=models.OuterRef("pk"), content_object__in=Thread.objects.listed_to(user, at)
        )
        sources = SourceTag.objects.filter(
            tag=models.OuterRef("pk"), content_object__series__in=Series.objects.listed_to(user)
        )
        return models.Q(models.Exists(threads) | models.Exists(sources))


class Tag(TagBase):  # type: ignore[misc]  # taggit carries no types
    """A label with its own page.

    ``key`` is the name with case and compatibility forms folded (NFKC, casefold): what makes two spellings one
    tag, on every database alike. ``name`` and ``slug`` come from taggit.
    """

    key = models.CharField(max_length=200, unique=True, editable=False)
    description = models.TextField(_("description"), blank=True, max_length=2_000)
    version = models.PositiveBigIntegerField(default=1, editable=False)
    thread_count = models.PositiveIntegerField(_("threads"), default=0, editable=False)
    source_count = models.PositiveIntegerField(_("sources"), default=0, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects = TagQuerySet.as_manager()

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ("name",)
        indexes = (models.Index(fields=("-thread_count", "id"), name="scs_tag_by_use"),)
        constraints = (
            models.CheckConstraint(
                name="scs_tag_has_key_and_slug", condition=~models.Q(key="") & ~models.Q(slug="")
            ),
        )

    def get_absolute_url(self) -> str:
        return reverse("scs_series:tag-detail", args=[self.slug])


class ThreadTag(ItemBase):  # type: ignore[misc]  # taggit carries no types
    """A tag on a thread.

    ``last_activity_at`` repeats the thread's, so that a tag's page walks one index, newest activity first,
    however many threads the tag has.
    """

    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="thread_items")
    content_object = models.ForeignKey(
        "scs_series.Thread", on_delete=models.CASCADE, related_name="tag_items"
    )
    last_activity_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("tag on a thread")
        verbose_name_plural = _("tags on threads")
        indexes = (
            models.Index(
                fields=("tag", "-last_activity_at", "-content_object"), name="scs_threadtag_activity"
            ),
        )
        constraints = (models.UniqueConstraint(fields=("content_object", "tag"), name="scs_threadtag_once"),)


class SourceTag(ItemBase):  # type: ignore[misc]  # taggit carries no types
    """A tag on a source."""

    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="source_items")
    content_object = models.ForeignKey(
        "scs_series.Source", on_delete=models.CASCADE, related_name="tag_items"
    )

    class Meta:
        verbose_name = _("tag on a source")
        verbose_name_plural = _("tags on sources")
        constraints = (models.UniqueConstraint(fields=("content_object", "tag"), name="scs_sourcetag_once"),)
