"""Who wants to hear of something: those it is about, and those who watch or follow where it happened.

Walked by member key, so many at a time: each target of a subscription is asked for its next members, in the order of
the index that holds one subscription to a member, and what came up to the lowest of the ends is put together.
"""

from __future__ import annotations

from dataclasses import dataclass

from scs_series.models import Notification, Subscription
from scs_series.services.notifications.happenings import Happening

Kind = Notification.Kind
Level = Subscription.Level
#: Of two tags that a member said something of, silence counts more.
_STRENGTH = {Level.MUTE: 0, Level.WATCH: 1, Level.FOLLOW: 2}
_WIDTH = {"thread": 0, "part": 1, "tag": 2, "series": 3}
#: What is about a member comes by mail at once; a word of thanks can wait for the digest.
_BY_MAIL = (Kind.ANSWER, Kind.MENTION, Kind.ACCEPTED, Kind.RESOLVED)


@dataclass(frozen=True)
class Wish:
    """How a member is told: as what, and whether by mail at once if they want that.

    ``because``: the subscription that it comes of, as {"part": 3}; None for whom it is about.
    """

    kind: Kind
    by_mail: bool
    because: dict[str, int] | None = None


@dataclass(frozen=True)
class Said:
    """What a member said of the narrowest target that they said anything of."""

    target: str
    key: int
    level: str


def next_wishes(happening: Happening, *, after: int, limit: int) -> tuple[dict[int, Wish], int | None]:
    """The wishes of the next members, by key in order, and the last key looked at; None where all were."""
    said, last = _subscribers(happening, after, limit)
    if last is None or not happening.is_for_subscribers:
        last, members = None, sorted({*said, *(key for key in happening.direct if key > after)})
    else:
        end = last
        members = sorted({*said, *(key for key in happening.direct if after < key <= end)})
    wishes = {key: wish for key in members if (wish := _wish(happening, key, said.get(key)))}
    return wishes, last


def _subscribers(happening: Happening, after: int, limit: int) -> tuple[dict[int, Said], int | None]:
    """What the next members said, and up to which key that is complete; None: there are no more."""
    found: dict[int, tuple[int, int, Said]] = {}
    last: int | None = None
    about = {}
    if (
        not happening.is_for_subscribers
    ):  # the few whom it is about, at once: each may have said "not of this"
        about, limit = {"member__in": list(happening.direct)}, len(happening.direct) + 1
    for target in happening.targets:
        name = next(iter(target))
        rows = list(
            Subscription.objects.filter(**target, **about, member__gt=after)
            .order_by("member_id")
            .values_list("member_id", "level")[:limit]
        )
        if len(rows) == limit:
            last = rows[-1][0] if last is None else min(last, rows[-1][0])
        for member, level in rows:
            rank = (_WIDTH[name], _STRENGTH[Level(level)], Said(name, target[name], level))
            if member not in found or rank[:2] < found[member][:2]:
                found[member] = rank
    keys = sorted(found)
    if last is not None:
        keys = [key for key in keys if key <= last]
    if len(keys) > limit:
        keys = keys[:limit]
        last = keys[-1]
    return {key: found[key][2] for key in keys}, last


def _wish(happening: Happening, member: int, said: Said | None) -> Wish | None:
    """The table of models/subscriptions.py."""
    if said is not None and said.level == Level.MUTE:
        return None
    direct = happening.direct.get(member)
    if direct is not None:
        return Wish(direct, direct in _BY_MAIL)
    if said is None or not happening.is_for_subscribers:
        return None
    watches, because = said.level == Level.WATCH, {said.target: said.key}
    if happening.thread is None:
        return Wish(Kind.PART, watches, because)
    if happening.is_start:
        return Wish(Kind.THREAD, watches, because)
    if watches or said.target == "thread":
        return Wish(Kind.POST, watches, because)
    return None


__all__ = ["Wish", "next_wishes"]
