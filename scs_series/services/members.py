"""Members: made when a user of the host first writes."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac
from django.utils.text import slugify
from django.utils.translation import gettext as _

from scs_series.conf import app_settings
from scs_series.exceptions import InvalidInput, NotAllowed
from scs_series.models import MailPace, Member, RetiredName, member_of
from scs_series.policies import policy
from scs_series.ratelimit import count_or_refuse
from scs_series.services.transactions import atomic_write
from scs_series.services.validation import validate


def member_for(user: Any) -> Member:
    """The member this user is, made now if it is the first time they write.

    The public username is the host's, unless that is an e-mail address: then the part before the @. A number is
    put behind it where it is taken. The full name a host may know is not shown unless the member asks for it.
    Raises NotAllowed for visitors.
    """
    if not user.is_authenticated:
        raise NotAllowed
    member = member_of(user)
    if member is not None:
        return member
    wanted = _public_username(user)
    for attempt in range(1, 40):
        number = (
            attempt if attempt < 20 else secrets.randbelow(10**9)
        )  # a thousand people are info@ somewhere
        username = wanted if attempt == 1 else f"{wanted}-{number}"
        if is_taken(username):
            continue
        try:
            with transaction.atomic():
                member, _made_now = Member.objects.get_or_create(user=user, defaults={"username": username})
        except IntegrityError:  # somebody took the name in between
            continue
        user.scs_member = member
        return member
    raise InvalidInput("No free username was found.", code="no_username")


def is_taken(username: str, *, but: Member | None = None) -> bool:
    """Whether another member has this public name, or had it and was erased: such a name is given to nobody again."""
    others = Member.objects.exclude(pk=but.pk) if but else Member.objects.all()
    return (
        others.filter(username=username).exists()
        or RetiredName.objects.filter(digest__in=_digests(username)).exists()
    )


def retire_name(username: str) -> None:
    """Give this name to nobody again."""
    RetiredName.objects.get_or_create(digest=_digests(username)[0])


def _digests(username: str) -> list[str]:
    """Of a name, however its letters are cased: under the site's secret, and under those before it."""
    secrets_of_ours = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [
        salted_hmac(
            "scs_series.retired_name", username.casefold(), secret=secret, algorithm="sha256"
        ).hexdigest()
        for secret in secrets_of_ours
    ]


def _public_username(user: Any) -> str:
    username = str(user.get_username()).partition("@")[0]
    return slugify(username, allow_unicode=True)[:120].strip("-") or "member"


@atomic_write
def save_member(*, member: Member, by: Any) -> Member:
    """Save a member's public names and text about themselves; texts that show an old name are rendered again.

    Raises NotAllowed, InvalidInput (field ``username``) for a name that is taken.
    """
    from scs_series.services.maintenance import refresh_member

    if not policy.can_edit_member(by, member):
        raise NotAllowed
    before = Member.objects.get(pk=member.pk)
    member.username = slugify(member.username, allow_unicode=True)[:150]
    if not member.username or (member.username != before.username and is_taken(member.username, but=member)):
        raise InvalidInput(
            _("Choose another username: this one is taken or empty."), code="username_taken", field="username"
        )
    validate(member, exclude=["user"], validate_unique=False, validate_constraints=False)
    member.save(
        update_fields=["user", "username", "display_name", "about"]
    )  # the counts are not the editor's
    if (before.username, before.display_name) != (member.username, member.display_name):
        refresh_member(member, was=before.username if before.username != member.username else None)
    return member


#: What of a member nobody but themselves sees or sets.
PREFERENCES = ("mail_pace", "watches_started", "watches_answered", "hears_reactions")


@atomic_write
def save_preferences(*, member: Member, by: Any) -> Member:
    """Save how a member wants to be told, and their public names and text if these changed.

    Raises NotAllowed for everybody else, InvalidInput naming the field, RateLimited.
    """
    if not policy.can_edit_preferences(by, member):
        raise NotAllowed
    count_or_refuse("own", member.pk, app_settings.OWN_RATE)
    if member.mail_pace not in MailPace.values:
        raise InvalidInput(_("Choose how soon you want to be told."), code="bad_pace", field="mail_pace")
    before = Member.objects.get(pk=member.pk)
    changed = {
        name
        for name in ("username", "display_name", "about")
        if getattr(before, name) != getattr(member, name)
    }
    if changed - {"about"}:  # all that shows the old name is written anew
        count_or_refuse("name", member.pk, app_settings.NAME_RATE)
    if changed:
        save_member(member=member, by=by)
    member.save(update_fields=PREFERENCES)
    if member.mail_pace != before.mail_pace and member.unread_count:
        from scs_series.services.mail import note_digest  # by way of who is told, it needs this module

        note_digest(member)
    return member


def preview_of_member(user: Any) -> Member:
    """The member that a user is, or would be once they write: reading makes none."""
    return member_of(user) or Member(username=_public_username(user))
