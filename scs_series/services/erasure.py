"""Erasing a member: their account and all that is theirs alone go; what they said in public stays, under no name.

First the account is closed, in one transaction: from then on nobody signs in to it, and the name is gone from the
member. Then what is stored with the old name in it is rendered again, some rows at a time, each time in a transaction
of its own. That may be broken off and taken up again (``scs_erase``); it is never undone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.utils import timezone, translation
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from scs_series.conf import app_settings
from scs_series.exceptions import NotAllowed
from scs_series.models import (
    Block,
    Bookmark,
    Draft,
    Member,
    Notification,
    OutboxItem,
    PartReading,
    Submission,
    Subscription,
    ThreadReading,
)
from scs_series.policies import policy
from scs_series.services import maintenance
from scs_series.services.members import is_taken, retire_name
from scs_series.services.transactions import atomic_write
from scs_series.signals import member_erased

#: What is a member's alone, and of no use to anybody once they are gone. Reactions are not among it: they are counted
#: under what others wrote, and stay, as the posts do, under the neutral name.
_THEIRS: tuple[type[models.Model], ...] = (
    Draft, Bookmark, ThreadReading, PartReading, Subscription, Notification, OutboxItem, Block, Submission,
)  # fmt: skip


def erase_member(*, member: Member, by: Any) -> Member:
    """Erase a member for good. What they wrote stays readable under a neutral name, which is given back.

    Raises NotAllowed; for who is erased already too.
    """
    if not policy.can_erase_member(by, member):
        raise NotAllowed
    was = member.username
    _close(member)
    for _done in finish_erasure(member=member, was=was):
        pass
    return member


@atomic_write
def _close(member: Member) -> None:
    """End the account and forget what is theirs alone. Texts show the old name until ``finish_erasure``."""
    # Held and raised first: an answer that is being written now looks at the names again before it is kept.
    maintenance.raise_naming(member, was=member.username)
    now = Member.objects.select_for_update(of=("self",)).select_related("user").get(pk=member.pk)
    if now.erased_at is not None:
        raise NotAllowed
    _forget_theirs(now)
    user, old_name = now.user, now.username
    now.username, now.display_name = _neutral_names(now)
    now.about, now.user, now.unread_count, now.erased_at = "", None, 0, timezone.now()
    now.save(update_fields=["username", "display_name", "about", "user", "unread_count", "erased_at"])
    retire_name(old_name)
    _rename_in_admin_log(now)
    if user is not None:
        remove = import_string(app_settings.ERASE_USER) if app_settings.ERASE_USER else remove_user
        remove(user)
    for field in ("username", "display_name", "about", "unread_count", "erased_at"):
        setattr(member, field, getattr(now, field))
    member.user = None
    transaction.on_commit(lambda: member_erased.send(Member, member=member))


def finish_erasure(*, member: Member, was: str | None = None) -> Iterator[int]:
    """Render again what shows the old name of an erased member; yields how many rows each step looked at.

    ``was``, the old name, is kept nowhere: where it is not known any more, texts of others that mention it go on
    linking to a page that is not there, until ``scs_render``. May be run again at any time: what is done already
    costs a look and changes nothing.
    """
    yield from maintenance.refresh_names(member, was=was)
    _forget_theirs(member)  # what was being saved while the account was closed, and waited for it
    member.erasure_done_at = timezone.now()
    Member.objects.filter(pk=member.pk).update(erasure_done_at=member.erasure_done_at)


def _forget_theirs(member: Member) -> None:
    for model in _THEIRS:
        model._default_manager.filter(member=member).delete()
    Block.objects.filter(other=member).delete()


def unfinished() -> models.QuerySet[Member]:
    """Members whose account is closed and whose name may still stand in stored texts."""
    return Member.objects.filter(erased_at__isnull=False, erasure_done_at=None).order_by("pk")


def _neutral_names(member: Member) -> tuple[str, str]:
    with translation.override(settings.LANGUAGE_CODE):
        shown = _("former member %(number)d") % {"number": member.pk}
    wanted = username = f"former-member-{member.pk}"
    attempt = 1
    while is_taken(username, but=member):  # somebody took it as a joke
        attempt += 1
        username = f"{wanted}-{attempt}"
    return username, shown


# ---------------------------------------------------------------------- the host's account
def remove_user(user: Any) -> None:
    """Delete an account of the host's; where something rests on it, empty it and switch it off instead.

    What rests on it: rows that refuse to lose it, and the admin's log of what it did there, which would go with it.
    Either way no session of it is signed in any more.
    """
    if not _is_in_admin_log(user):
        try:
            with transaction.atomic():
                user.delete()
        except (IntegrityError, models.ProtectedError, models.RestrictedError):
            pass
        else:
            return
    _empty_user(user)


def _empty_user(user: Any) -> None:
    names = {
        type(user).USERNAME_FIELD,
        getattr(type(user), "EMAIL_FIELD", ""),
        "first_name",
        "last_name",
    }
    for field in user._meta.concrete_fields:
        if field.name in names and isinstance(field, models.CharField):
            setattr(user, field.name, "")
    unique = user._meta.get_field(type(user).USERNAME_FIELD)
    name = f"erased-{user.pk}"
    setattr(user, unique.name, f"{name}@invalid.invalid" if isinstance(unique, models.EmailField) else name)
    user.is_active = False
    user.set_unusable_password()
    user.save()


def _log_entries() -> models.QuerySet[Any] | None:
    if not apps.is_installed("django.contrib.admin"):
        return None
    from django.contrib.admin.models import LogEntry

    return LogEntry.objects.all()


def _is_in_admin_log(user: Any) -> bool:
    entries = _log_entries()
    return entries is not None and entries.filter(user=user).exists()


def _rename_in_admin_log(member: Member) -> None:
    """The admin's log keeps the name that a row had when something was done to it."""
    entries = _log_entries()
    if entries is not None:
        from django.contrib.contenttypes.models import ContentType

        entries.filter(
            content_type=ContentType.objects.get_for_model(Member), object_id=str(member.pk)
        ).update(object_repr=str(member))
