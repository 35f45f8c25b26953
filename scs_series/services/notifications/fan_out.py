"""Telling members of one happening, in batches: each is one transaction, and a killed one never was.

A batch writes what members see in the page, the mail that they are to get, and how far it came. Memory and the number of
queries are those of a batch, whoever watches. Where two happenings tell one member at the same moment, the database
refuses the second row of one group, and that batch is done again (services.outbox.working).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple

from django.db import connections
from django.db.models import F, Q
from django.utils import timezone

from scs_series.conf import app_settings
from scs_series.models import Block, Member, Notification, OutboxItem, ThreadReading
from scs_series.services import mail
from scs_series.services.notifications.audience import Wish, next_wishes
from scs_series.services.notifications.happenings import Happening, happening_of
from scs_series.services.transactions import atomic_write

Kind = Notification.Kind


class Batch(NamedTuple):
    """How many were told, and whether all are."""

    told: int
    is_last: bool


@atomic_write
def tell_batch(item: OutboxItem) -> Batch | None:
    """Tell the next members. None where another worker took the row over; raises IntegrityError (see above)."""
    row = (
        OutboxItem.objects.select_for_update()
        .filter(pk=item.pk, status=OutboxItem.Status.DUE, claimed_until=item.claimed_until)
        .first()
    )
    if row is None:
        return None
    happening = happening_of(row)
    told, last = 0, None
    if happening is not None:
        wishes, last = next_wishes(happening, after=row.cursor, limit=app_settings.OUTBOX_BATCH)
        told = _tell(happening, wishes, row.key) if wishes else 0
    done_rows = OutboxItem.objects.filter(pk=row.pk)
    if last is None:
        done_rows.update(
            status=OutboxItem.Status.DONE, done_at=timezone.now(), claimed_until=None, last_error=""
        )
    else:
        done_rows.update(cursor=last, attempts=1)  # it gets on: what failed before counts no more
        item.attempts = 1
    return Batch(told, last is None)


def _tell(happening: Happening, wishes: Mapping[int, Wish], key: str) -> int:
    members = _hearing(happening, wishes)
    now = timezone.now()
    new = _note(happening, [(member, wishes[member.pk].kind) for member in members], now)
    mail.note(happening, [(member, wishes[member.pk]) for member in members], key, now)
    if new:
        # Last, for whoever writes or reads meanwhile waits for these rows; in the order of their keys, as everywhere.
        held = Member.objects.select_for_update(of=("self",)).filter(pk__in=new).order_by("pk")
        Member.objects.filter(pk__in=list(held.values_list("pk", flat=True))).update(
            unread_count=F("unread_count") + 1
        )
    return len(members)


def _hearing(happening: Happening, wishes: Mapping[int, Wish]) -> list[Member]:
    """Of those who wish it, who are told: not the actor, not who may not see it, not who keeps the actor away."""
    rows = (
        Member.objects.filter(pk__in=wishes, erased_at=None, user__isnull=False)
        .exclude(pk=happening.actor)
        .select_related("user")
        .defer("about")
        .order_by("pk")
    )
    members = [member for member in rows if member.user is not None and member.user.is_active]
    gone = _apart_from(happening.actor, [member.pk for member in members])
    if happening.is_known_by_reading:
        gone |= set(
            ThreadReading.objects.filter(
                thread=happening.thread, member__in=members, number__gte=happening.number or 0
            ).values_list("member_id", flat=True)
        )
    if happening.thread is None:  # a part that went public, was taken back and is public again is not new
        gone |= set(
            Notification.objects.filter(part=happening.part, kind=Kind.PART, member__in=members).values_list(
                "member_id", flat=True
            )
        )
    members = [
        member
        for member in members
        if member.pk not in gone and (member.hears_reactions or wishes[member.pk].kind != Kind.REACTION)
    ]
    if happening.is_visible_to(None):
        return members
    # Hidden, or of a private series: the few who hear of such things are asked one by one.
    return [member for member in members if happening.is_visible_to(member.user)]


def _apart_from(actor: int, members: Collection[int]) -> set[int]:
    """Who keeps the actor away, or is kept away by the actor: neither is told of the other."""
    between = Block.objects.filter(Q(member=actor, other__in=members) | Q(member__in=members, other=actor))
    return {other if member == actor else member for member, other in between.values_list("member", "other")}


def _note(happening: Happening, told: list[tuple[Member, Kind]], now: datetime) -> list[int]:
    """Write what members see in the page; the keys of those who have one more that is unread."""
    groups = {happening.group(kind) for _member, kind in told}
    unread = {
        (found.member_id, found.group): found
        for found in Notification.objects.unread()
        .select_for_update()
        .filter(member__in=[member.pk for member, _kind in told], group__in=groups)
        .order_by("member_id", "id")
    }
    new: list[Notification] = []
    changed: list[Notification] = []
    for member, kind in told:
        found = unread.get((member.pk, happening.group(kind)))
        if found is None:
            new.append(
                Notification(
                    member=member,
                    kind=kind,
                    thread=happening.thread,
                    part=None if happening.thread else happening.part,
                    group=happening.group(kind),
                    first_number=happening.number,
                    last_number=happening.number,
                    actors=[happening.actor],
                    created_at=now,
                    updated_at=now,
                )
            )
        else:
            _add(found, happening, now)
            changed.append(found)
    Notification.objects.bulk_create(new)
    _save(changed)
    return [one.member_id for one in new]


def _add(found: Notification, happening: Happening, now: datetime) -> None:
    """One more of the same."""
    found.count += 1
    others = [one for one in found.actors if one != happening.actor]
    found.actors = [happening.actor, *others][: Notification.PEOPLE_MOST]
    found.people = len(found.actors)
    if happening.number is not None:
        found.first_number = min(found.first_number or happening.number, happening.number)
        found.last_number = max(found.last_number or 0, happening.number)
    found.updated_at = now


def _save(changed: list[Notification]) -> None:
    """All at once: rows that are there are "inserted" again by their key, which is an update without a CASE for each."""
    if not changed:
        return
    has_target = connections[Notification.objects.db].features.supports_update_conflicts_with_target
    Notification.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["id"] if has_target else None,
        update_fields=["count", "people", "actors", "first_number", "last_number", "updated_at"],
    )


__all__ = ["Batch", "tell_batch"]
