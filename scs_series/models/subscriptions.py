"""Subscription: what a member wants to hear of."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Case, Q, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scs_series.models.discussion import Thread
from scs_series.models.members import Member
from scs_series.models.series import Part, Series
from scs_series.models.tagging import Tag

#: What can be subscribed to, from the narrowest to the widest: the narrowest that says something decides.
TARGETS = ("thread", "part", "tag", "series")


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def for_list(self, user: Any) -> SubscriptionQuerySet:
        """With their targets, and ``is_shown``: whether the user may still see what is subscribed to."""
        shown = (
            Q(thread__in=Thread.objects.visible_to(user).order_by().values("pk"))
            | Q(part__in=Part.objects.visible_to(user).order_by().values("pk"))
            | Q(tag__in=Tag.objects.visible_to(user).order_by().values("pk"))
            | Q(series__in=Series.objects.visible_to(user).order_by().values("pk"))
        )
        return (
            self.select_related("thread__part", "part__series", "tag", "series")
            .defer(
                "thread__row_html", "thread__part__body", "thread__part__body_html", "thread__part__references_html",
                "thread__part__toc", "part__body", "part__body_html", "part__references_html", "part__toc",
            )
            .annotate(is_shown=Case(When(shown, then=True), default=False))
        )  # fmt: skip


class Subscription(models.Model):
    """A member watches, follows or mutes a series, part, thread or tag.

    ====== ================================================ =====================================
    level  of a thread                                      of a series, part or tag
    ====== ================================================ =====================================
    watch  told of each post, in the page and by e-mail     told of each thread and post in it
    follow told of each post in the page and in digests     told of each new thread in it
    mute   told of nothing in it                            told of nothing in it
    ====== ================================================ =====================================
    """

    class Level(models.TextChoices):
        WATCH = "watch", _("watch")
        FOLLOW = "follow", _("follow")
        MUTE = "mute", _("mute")

    member = models.ForeignKey(
        Member, verbose_name=_("member"), on_delete=models.CASCADE, related_name="subscriptions"
    )
    level = models.CharField(_("level"), max_length=6, choices=Level)
    thread = models.ForeignKey(
        Thread, null=True, blank=True, on_delete=models.CASCADE, related_name="subscriptions"
    )
    part = models.ForeignKey(
        Part, null=True, blank=True, on_delete=models.CASCADE, related_name="subscriptions"
    )
    tag = models.ForeignKey(
        Tag, null=True, blank=True, on_delete=models.CASCADE, related_name="subscriptions"
    )
    series = models.ForeignKey(
        Series, null=True, blank=True, on_delete=models.CASCADE, related_name="subscriptions"
    )
    is_automatic = models.BooleanField(_("made by starting or answering"), default=False, editable=False)
    created_at = models.DateTimeField(_("since"), default=timezone.now, editable=False)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        constraints = (
            # The target first: who watches a thread is walked by member, in batches.
            *(
                models.UniqueConstraint(
                    fields=(target, "member"),
                    condition=Q(**{f"{target}__isnull": False}),
                    name=f"scs_subscription_{target}_once",
                )
                for target in TARGETS
            ),
            models.CheckConstraint(
                name="scs_subscription_one_target",
                condition=Q(thread__isnull=False, part=None, tag=None, series=None)
                | Q(thread=None, part__isnull=False, tag=None, series=None)
                | Q(thread=None, part=None, tag__isnull=False, series=None)
                | Q(thread=None, part=None, tag=None, series__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.member}: {self.get_level_display()} {self.target}"

    @property
    def target_kind(self) -> str:
        """One of TARGETS: "thread", "part", "tag" or "series"."""
        return next(name for name in TARGETS if getattr(self, f"{name}_id") is not None)

    @property
    def target(self) -> Thread | Part | Tag | Series:
        """What is subscribed to."""
        target = self.thread or self.part or self.tag or self.series
        assert target is not None, "the database holds a subscription to one target"  # noqa: S101  (a constraint)
        return target
