"""Ending mail by the link that stands in each: it works signed out, for programs too (RFC 8058).

A token is signed and names a member and what they end. It does not expire: mail is kept for years. It gives no other
right than to be told less.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.utils.translation import gettext as _

from scs_series.exceptions import InvalidInput
from scs_series.models import MailPace, Member, Part, Series, Subscription, Tag, Thread
from scs_series.services.transactions import atomic_write

_SALT = "scs_series.unsubscribe"
_MAX_LENGTH = 300


@dataclass(frozen=True)
class Unsubscription:
    """What a token ends: what is told of a thread; mail of a part, a tag or a series; or (none of them) all mail."""

    member: Member
    thread: Thread | None = None
    part: Part | None = None
    tag: Tag | None = None
    series: Series | None = None

    @property
    def target(self) -> tuple[str, Thread | Part | Tag | Series] | None:
        """What it ends mail of, by its name; None for all mail."""
        for name in _LETTERS:
            found = getattr(self, name)
            if found is not None:
                return name, found
        return None


_LETTERS = {"thread": "t", "part": "p", "tag": "g", "series": "s"}
_MODELS: dict[str, Any] = {"thread": Thread, "part": Part, "tag": Tag, "series": Series}


def token_for(member: int, **target: int) -> str:
    """For the link in a mail to a member. ``target``: one of thread, part, tag and series by its key; none for all mail."""
    names = {"m": member, **{_LETTERS[name]: key for name, key in target.items()}}
    return signing.dumps(names, salt=_SALT)


def unsubscription(*, token: str) -> Unsubscription:
    """What a token stands for. Raises InvalidInput (``bad_token``) for one that was cut, made up or is of nobody."""
    try:
        if len(token) > _MAX_LENGTH:
            raise signing.BadSignature
        names = signing.loads(token, salt=_SALT)
    except signing.BadSignature:
        raise _bad_token() from None
    member = Member.objects.filter(pk=names["m"], erased_at=None).first()
    found = {
        name: _MODELS[name].objects.filter(pk=names[letter]).first()
        for name, letter in _LETTERS.items()
        if letter in names
    }
    if member is None or None in found.values():
        raise _bad_token()
    return Unsubscription(member, **found)


@atomic_write
def unsubscribe(*, token: str) -> Unsubscription:
    """Do what a token stands for; done twice, it is done once. Raises InvalidInput (``bad_token``)."""
    ended = unsubscription(token=token)
    match ended.target:
        case None:
            Member.objects.filter(pk=ended.member.pk).update(mail_pace=MailPace.NEVER)
        case "thread", Thread() as thread:
            # Muted, for answers and mentions in it come by mail without a subscription.
            Subscription.objects.update_or_create(
                member=ended.member,
                thread=thread,
                defaults={"level": Subscription.Level.MUTE, "is_automatic": False},
            )
        case name, wide:
            # In the page they go on to be told of what begins there. Whoever watches it no more, or mutes it, said so
            # after the mail: they are not told more by an old link.
            Subscription.objects.filter(
                member=ended.member, level=Subscription.Level.WATCH, **{name: wide}
            ).update(level=Subscription.Level.FOLLOW, is_automatic=False)
    return ended


def _bad_token() -> InvalidInput:
    return InvalidInput(_("This link is not complete."), code="bad_token")
