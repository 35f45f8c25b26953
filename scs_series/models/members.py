"""Member: the app's record of a user of the host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scs_series.prepared import Prepared

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

    from scs_series.models.series import Series

    User = AbstractBaseUser | AnonymousUser


def member_of(user: Any) -> Member | None:
    """The member a user already is, or None: reading never writes one. Asked once per user object."""
    if user is None or not user.is_authenticated:
        return None
    one_to_one = Member._meta.get_field("user")
    if isinstance(user.pk, int) and not one_to_one.remote_field.is_cached(user):
        # What user.scs_member does, at a quarter of its price: every page asks it for who is signed in.
        found = _member_by_user.first(user=user.pk)
        one_to_one.remote_field.set_cached_value(user, found)
        if found is not None:
            one_to_one.set_cached_value(found, user)
    try:
        member: Member = user.scs_member  # the reverse one-to-one keeps its answer on the user
    except Member.DoesNotExist:
        return None
    return member


_member_by_user: Prepared[Member] = Prepared(lambda user: Member.objects.filter(user=user))


class MemberQuerySet(models.QuerySet["Member"]):
    def public(self) -> MemberQuerySet:
        """Members whose page anybody may see: those with an account still in use."""
        return self.filter(models.Q(user__is_active=True) | models.Q(user=None))


class MailPace(models.TextChoices):
    """How soon a member is told by e-mail."""

    AT_ONCE = "at_once", _("at once")
    DAILY = "daily", _("once a day")
    WEEKLY = "weekly", _("once a week")
    NEVER = "never", _("never")


class Member(models.Model):
    """What the app knows of a user of the host: a public name, counts.

    Texts belong to the member and not to the user: when an account is deleted, what it wrote stays readable.
    ``username`` is ours because a host's user model may know people by their e-mail address, which is never shown.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="scs_member",
    )
    username = models.CharField(
        _("username"), max_length=150, unique=True, help_text=_("Part of the address.")
    )
    display_name = models.CharField(_("display name"), max_length=150, blank=True)
    about = models.TextField(_("about"), max_length=1_000, blank=True)
    thread_count = models.PositiveIntegerField(_("threads"), default=0, editable=False)
    post_count = models.PositiveIntegerField(_("posts"), default=0, editable=False)
    source_count = models.PositiveIntegerField(_("sources brought"), default=0, editable=False)
    accepted_count = models.PositiveIntegerField(_("answers accepted"), default=0, editable=False)
    reaction_count = models.PositiveIntegerField(_("reactions received"), default=0, editable=False)
    joined_at = models.DateTimeField(_("joined"), default=timezone.now, editable=False)

    # Preferences. They stand here and not in a table of their own: the member is read with every page anyway.
    mail_pace = models.CharField(_("e-mail"), max_length=10, choices=MailPace, default=MailPace.AT_ONCE)
    watches_started = models.BooleanField(_("watch threads I start"), default=True)
    watches_answered = models.BooleanField(_("watch threads I answer in"), default=True)
    hears_reactions = models.BooleanField(_("tell me of reactions"), default=True)

    unread_count = models.PositiveIntegerField(_("unread notifications"), default=0, editable=False)
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True, editable=False)
    #: Set once nothing that is stored shows the old name any more; until then the work can be taken up again.
    erasure_done_at = models.DateTimeField(null=True, blank=True, editable=False)

    #: What is counted of what they wrote and brought, and of what came of it.
    COUNTS = ("thread_count", "post_count", "source_count", "accepted_count", "reaction_count")

    objects = MemberQuerySet.as_manager()

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        ordering = ("username",)
        constraints = (
            models.CheckConstraint(name="scs_member_has_username", condition=~models.Q(username="")),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("scs_series:member-detail", args=[self.username])

    def is_author_of(self, series: Series) -> bool:
        """Asked of the database, unless the page being made has found out already (``note_author_of``)."""
        known: bool | None = getattr(self, "_author_of", {}).get(series.pk)
        return series.authors.filter(pk=self.pk).exists() if known is None else known

    def note_author_of(self, series_id: int, is_author: bool) -> None:
        """For who read it along with other things: this object belongs to one request, and is asked again and again."""
        self.__dict__.setdefault("_author_of", {})[series_id] = is_author

    @property
    def name(self) -> str:
        """The name shown beside what they wrote."""
        return self.display_name or self.username

    @property
    def initials(self) -> str:
        """One or two letters for the round mark beside a post."""
        words = self.name.replace("_", " ").replace(".", " ").split()
        letters = [word[0] for word in words if word[0].isalnum()]
        return "".join(letters[:2]).upper() or "?"


class RetiredName(models.Model):
    """A name whose member was erased: nobody takes it again, for what others wrote to it would be said to them.

    Kept as a digest under the site's secret, so that whoever reads this table cannot read the names.
    """

    digest = models.CharField(max_length=64, unique=True)
    retired_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.digest[:12]


class BlockQuerySet(models.QuerySet["Block"]):
    def blocking(self) -> BlockQuerySet:
        return self.filter(level=Block.Level.BLOCK)


class Block(models.Model):
    """A member keeps another away. Muted: neither is told of the other. Blocked: besides, the other may not answer,
    mention or react to what the member writes."""

    class Level(models.TextChoices):
        MUTE = "mute", _("muted")
        BLOCK = "block", _("blocked")

    member = models.ForeignKey(
        Member, verbose_name=_("member"), on_delete=models.CASCADE, related_name="blocks"
    )
    other = models.ForeignKey(
        Member, verbose_name=_("other member"), on_delete=models.CASCADE, related_name="blocked_by"
    )
    level = models.CharField(_("level"), max_length=5, choices=Level, default=Level.MUTE)
    created_at = models.DateTimeField(_("since"), default=timezone.now, editable=False)

    objects = BlockQuerySet.as_manager()

    class Meta:
        verbose_name = _("block")
        verbose_name_plural = _("blocks")
        constraints = (
            models.UniqueConstraint(fields=("member", "other"), name="scs_block_once"),
            models.CheckConstraint(name="scs_block_other", condition=~models.Q(member=models.F("other"))),
        )

    def __str__(self) -> str:
        return f"{self.member} → {self.other}: {self.get_level_display()}"
