"""Ending mail by the link that stands in each: it works signed out, for programs too (RFC 8058).

A token is signed and names a member and what they end. It does not expire: mail is kept for years. It gives no other
right than to be told less.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.core import signing
from django.utils.translation import gettext as _

from scs_series.exceptions import InvalidInput
from scs_series.models import MailPace, Member, Series, Subscription, Thread
from scs_series.services.transactions import atomic_write

_SALT = "scs_series.unsubscribe"
_MAX_LENGTH = 300


@dataclass(frozen=True)
class Unsubscription:
    """What a token ends: what is told of a thread, mail of a series' new parts, or (neither) all mail."""

    member: Member
    thread: Thread | None = None
    series: Series | None = None


def token_for(member: int, *, thread: int | None = None, series: int | None = None) -> str:
    names = {"m": member, **({"t": thread} if thread else {}), **({"s": series} if series else {})}
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
    thread = Thread.objects.filter(pk=names["t"]).first() if "t" in names else None
    series = Series.objects.filter(pk=names["s"]).first() if "s" in names else None
    if member is None or ("t" in names and thread is None) or ("s" in names and series is None):
        raise _bad_token()
    return Unsubscription(member, thread, series)


@atomic_write
def unsubscribe(*, token: str) -> Unsubscription:
    """Do what a token stands for; done twice, it is done once. Raises InvalidInput (``bad_token``)."""
    ended = unsubscription(token=token)
    if ended.thread is not None:
        Subscription.objects.update_or_create(
            member=ended.member,
            thread=ended.thread,
            defaults={"level": Subscription.Level.MUTE, "is_automatic": False},
        )
    elif ended.series is not None:  # new parts go on to be listed in the page
        # Whoever watches it no more, or mutes it, said so after the mail: they are not told more by an old link.
        watched = Subscription.objects.filter(
            member=ended.member, series=ended.series, level=Subscription.Level.WATCH
        )
        watched.update(level=Subscription.Level.FOLLOW, is_automatic=False)
    else:
        Member.objects.filter(pk=ended.member.pk).update(mail_pace=MailPace.NEVER)
    return ended


def _bad_token() -> InvalidInput:
    return InvalidInput(_("This link is not complete."), code="bad_token")
