"""What a member remembers of their reading: how far they came, and bookmarks."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Case, Q, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scs_series.models.discussion import Post, Thread
from scs_series.models.members import Member
from scs_series.models.series import Part


class ThreadReading(models.Model):
    """How far a member has read a thread: up to the post of this number."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="thread_readings")
    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="readings")
    number = models.PositiveIntegerField(_("read up to"))
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("member", "thread"), name="scs_threadreading_once"),)

    def __str__(self) -> str:
        return f"{self.member}: {self.thread_id} #{self.number}"


class PartReading(models.Model):
    """Where a member stopped in a part: the anchor of the section, and how much of the text lies before, in percent."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="part_readings")
    part = models.ForeignKey(Part, on_delete=models.CASCADE, related_name="readings")
    section = models.CharField(max_length=200, blank=True)
    percent = models.PositiveSmallIntegerField(default=0)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("member", "part"), name="scs_partreading_once"),
            models.CheckConstraint(name="scs_partreading_percent", condition=Q(percent__lte=100)),
        )

    def __str__(self) -> str:
        return f"{self.member}: {self.part_id} {self.percent} %"


class BookmarkQuerySet(models.QuerySet["Bookmark"]):
    def for_list(self, user: Any) -> BookmarkQuerySet:
        """With what they mark, and ``is_shown``: whether the user may still see it."""
        shown = Q(post__thread__in=Thread.objects.visible_to(user).order_by().values("pk")) | Q(
            part__in=Part.objects.visible_to(user).order_by().values("pk")
        )
        return (
            self.select_related("post__thread", "post__author", "part__series")
            .defer(
                "post__body", "post__fragment", "post__thread__row_html", "post__author__about", "part__body",
                "part__body_html", "part__references_html", "part__toc",
            )
            .annotate(is_shown=Case(When(shown, then=True), default=False))
        )  # fmt: skip


class Bookmark(models.Model):
    """A post or a part that a member wants to find again, with a note of their own. Nobody else sees it."""

    member = models.ForeignKey(
        Member, verbose_name=_("member"), on_delete=models.CASCADE, related_name="bookmarks"
    )
    post = models.ForeignKey(
        Post,
        verbose_name=_("post"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="bookmarks",
    )
    part = models.ForeignKey(
        Part,
        verbose_name=_("part"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="bookmarks",
    )
    note = models.CharField(_("note"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("made"), default=timezone.now, editable=False)

    objects = BookmarkQuerySet.as_manager()

    class Meta:
        verbose_name = _("bookmark")
        verbose_name_plural = _("bookmarks")
        indexes = (models.Index(fields=("member", "-created_at", "-id"), name="scs_bookmark_newest"),)
        constraints = (
            models.UniqueConstraint(
                fields=("member", "post"), condition=Q(post__isnull=False), name="scs_bookmark_post_once"
            ),
            models.UniqueConstraint(
                fields=("member", "part"), condition=Q(part__isnull=False), name="scs_bookmark_part_once"
            ),
            models.CheckConstraint(
                name="scs_bookmark_one_target",
                condition=Q(post__isnull=False, part=None) | Q(post=None, part__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.member}: {self.post or self.part}"
