"""How far members have read."""

from __future__ import annotations

from django.utils import timezone

from scs_series.models import Member, Thread, ThreadReading
from scs_series.services import notifications


def mark_thread_read(*, member: Member, thread: Thread, number: int) -> None:
    """Note that a member has read a thread up to a post's number. Never goes back: two devices may tell out of order.

    What they were told of these posts is read with them.
    """
    seen = ThreadReading.objects.filter(member=member, thread=thread)
    if not seen.filter(number__lt=number).update(number=number, updated_at=timezone.now()):
        ThreadReading.objects.bulk_create(
            [ThreadReading(member=member, thread=thread, number=number)], ignore_conflicts=True
        )
    notifications.mark_read_up_to(member=member, thread=thread, number=number)
