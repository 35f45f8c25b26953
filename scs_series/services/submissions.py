"""Creates that a client may send again: the same key makes the same thing, once.

Threads, posts and sources keep the key they were sent with on their own row; what editors make (series, parts, tags)
has no room for it, so that key and thing are noted here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.db import IntegrityError, models
from django.utils.translation import gettext as _

from scs_series.exceptions import InvalidInput
from scs_series.models import Member, Submission
from scs_series.services.members import member_for
from scs_series.services.transactions import atomic_write

M = TypeVar("M", bound=models.Model)


def clean_submission_key(key: str | None) -> str | None:
    """A client's key for a retried send, or None. Raises InvalidInput (``bad_idempotency_key``)."""
    if not key:
        return None
    if len(key) > 64 or not key.isascii() or not key.isprintable():
        raise InvalidInput(
            _("An idempotency key is 1 to 64 printable ASCII characters."),
            code="bad_idempotency_key",
            field="submission_key",
        )
    return key


def once(kind: type[M], make: Callable[[], M], *, by: Any, submission_key: str | None) -> M:
    """What ``make`` made when this member first sent this key; without a key, what it makes now.

    Raises whatever ``make`` raises; nothing is noted then, so that a corrected request may use the same key.
    """
    if submission_key is None:
        return make()
    member = member_for(by)
    made = _made(kind, member, submission_key)
    if made is not None:
        return made
    try:
        return _make_and_note(kind, make, member, submission_key)
    except (IntegrityError, InvalidInput):
        # The same request, sent twice at once: the other one was quicker.
        made = _made(kind, member, submission_key)
        if made is not None:
            return made
        raise


def _made(kind: type[M], member: Member, key: str) -> M | None:
    noted = Submission.objects.filter(member=member, kind=kind._meta.model_name, key=key).values("made_id")
    return kind._default_manager.filter(pk__in=noted).first()


@atomic_write
def _make_and_note(kind: type[M], make: Callable[[], M], member: Member, key: str) -> M:
    made = make()
    Submission.objects.create(member=member, kind=str(kind._meta.model_name), key=key, made_id=made.pk)
    return made
