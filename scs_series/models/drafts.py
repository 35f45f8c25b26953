"""Draft: what a member has typed and not sent."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Case, Q, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scs_series.models.discussion import Thread
from scs_series.models.members import Member
from scs_series.models.series import Part


class DraftQuerySet(models.QuerySet["Draft"]):
    def for_list(self, user: Any) -> DraftQuerySet:
        """With what they are written for, and ``is_shown``: whether the user may still see it."""
        shown = Q(thread__in=Thread.objects.visible_to(user).order_by().values("pk")) | Q(
            part__in=Part.objects.visible_to(user).order_by().values("pk")
        )
        return (
            self.select_related("thread", "part__series")
            .defer("thread__row_html", "part__body", "part__body_html", "part__references_html", "part__toc")
            .annotate(is_shown=Case(When(shown, then=True), default=False))
        )


class Draft(models.Model):
    """One text per member and thread (an answer), or per member and part (a new thread); dropped when it is sent."""

    member = models.ForeignKey(
        Member, verbose_name=_("member"), on_delete=models.CASCADE, related_name="drafts"
    )
    thread = models.ForeignKey(Thread, null=True, blank=True, on_delete=models.CASCADE, related_name="drafts")
    part = models.ForeignKey(Part, null=True, blank=True, on_delete=models.CASCADE, related_name="drafts")
    body = models.TextField(_("text"), blank=True)
    answers = models.PositiveIntegerField(_("answers"), null=True, blank=True)
    title = models.CharField(_("title"), max_length=1_000, blank=True)
    kind = models.CharField(_("kind"), max_length=10, blank=True)
    tags = models.CharField(_("tags"), max_length=5_000, blank=True)
    #: The key of the form that the text is typed in. Wherever the draft is taken up again, the form gets this key: sent
    #: from two places, the text is one post. A save that comes after it was sent is known by it.
    submission_key = models.CharField(max_length=64, blank=True, editable=False)
    #: What its writer called this state. Who does not know it has not seen it, and does not write over it.
    stamp = models.CharField(max_length=32, blank=True, editable=False)
    updated_at = models.DateTimeField(_("saved"), default=timezone.now)

    objects = DraftQuerySet.as_manager()

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        constraints = (
            models.UniqueConstraint(
                fields=("member", "thread"), condition=Q(thread__isnull=False), name="scs_draft_thread_once"
            ),
            models.UniqueConstraint(
                fields=("member", "part"), condition=Q(part__isnull=False), name="scs_draft_part_once"
            ),
            models.CheckConstraint(
                name="scs_draft_one_place",
                condition=Q(thread__isnull=False, part=None) | Q(thread=None, part__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.member}: {self.thread or self.part}"
