"""Notification, and OutboxItem: what is still to be told, and to whom."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scs_series.models.discussion import Thread
from scs_series.models.members import Member
from scs_series.models.series import Part


class NotificationQuerySet(models.QuerySet["Notification"]):
    def unread(self) -> NotificationQuerySet:
        return self.filter(read_at=None)

    def visible_to(self, user: Any) -> NotificationQuerySet:
        """Notifications of what the user may still see: what was hidden meanwhile is not told of."""
        # Asked of each row, for there are few: a list of all threads that somebody may see is long.
        threads = Thread.objects.visible_to(user).filter(pk=OuterRef("thread"))
        parts = Part.objects.visible_to(user).filter(pk=OuterRef("part"))
        return self.filter(Exists(threads) | Q(Exists(parts), thread=None) | Q(thread=None, part=None))

    def for_list(self) -> NotificationQuerySet:
        """With what a line about each needs."""
        return self.select_related("thread", "part__series").only(
            *(f.attname for f in Notification._meta.concrete_fields), "thread__title", "thread__author",
            "thread__resolution", "part__title", "part__slug", "part__number", "part__series__slug",
            "part__series__title",
        )  # fmt: skip


class Notification(models.Model):
    """A thing a member is told. While it is unread, more of the same are added to it: "five people answered in …"."""

    class Kind(models.TextChoices):
        POST = "post", _("new posts")
        THREAD = "thread", _("new thread")
        ANSWER = "answer", _("answer to you")
        MENTION = "mention", _("mention of you")
        REACTION = "reaction", _("reactions to your post")
        ACCEPTED = "accepted", _("your answer was accepted")
        RESOLVED = "resolved", _("what you proposed was decided")
        PART = "part", _("new part")

    member = models.ForeignKey(
        Member, verbose_name=_("member"), on_delete=models.CASCADE, related_name="notifications"
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    thread = models.ForeignKey(
        Thread, null=True, blank=True, on_delete=models.CASCADE, related_name="notifications"
    )
    part = models.ForeignKey(
        Part, null=True, blank=True, on_delete=models.CASCADE, related_name="notifications"
    )
    #: What belongs together: "post:<thread>", "reaction:<post>" …
    group = models.CharField(max_length=60)
    first_number = models.PositiveIntegerField(null=True, blank=True)
    last_number = models.PositiveIntegerField(null=True, blank=True)
    count = models.PositiveIntegerField(_("how many"), default=1)
    #: So many people are told apart. Whoever comes then is not counted: nobody knows whether they were there before.
    PEOPLE_MOST = 100
    #: The keys of who did it, the last first, each once.
    actors = models.JSONField(default=list, blank=True)
    people = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(_("last"), default=timezone.now)
    read_at = models.DateTimeField(_("read"), null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        indexes = (models.Index(fields=("member", "-updated_at", "-id"), name="scs_notification_newest"),)
        constraints = (
            models.UniqueConstraint(
                fields=("member", "group"), condition=Q(read_at=None), name="scs_notification_unread_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.member}: {self.group} × {self.count}"


class OutboxItem(models.Model):
    """One thing to do after the transaction that caused it: tell those who want to know, send a mail.

    Written in that very transaction, so that neither is there without the other. Doing it twice does it once: ``key``
    names the act, and what was begun goes on from ``cursor``.
    """

    class Kind(models.TextChoices):
        FAN_OUT = "fan_out", _("tell members")
        MAIL = "mail", _("e-mail")
        DIGEST = "digest", _("digest by e-mail")

    class Status(models.TextChoices):
        DUE = "due", _("due")
        DONE = "done", _("done")
        GIVEN_UP = "given_up", _("given up")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    key = models.CharField(max_length=150, unique=True)
    payload = models.JSONField(default=dict, blank=True)
    member = models.ForeignKey(
        Member, verbose_name=_("to"), null=True, blank=True, on_delete=models.CASCADE, related_name="outbox"
    )
    cursor = models.PositiveBigIntegerField(default=0)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DUE)
    due_at = models.DateTimeField(_("due"), default=timezone.now)
    claimed_until = models.DateTimeField(_("being done until"), null=True, blank=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    last_error = models.TextField(_("last error"), blank=True)
    created_at = models.DateTimeField(_("written"), default=timezone.now)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)

    class Meta:
        verbose_name = _("outbox item")
        verbose_name_plural = _("outbox")
        ordering = ("-created_at", "-id")
        permissions = (("resend_outboxitem", _("Can send outbox items again")),)
        indexes = (
            models.Index(fields=("due_at", "id"), name="scs_outbox_due", condition=Q(status="due")),
            models.Index(fields=("-created_at", "-id"), name="scs_outbox_newest"),
        )

    def __str__(self) -> str:
        return self.key
