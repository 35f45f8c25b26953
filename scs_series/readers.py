"""What a reader may see, asked for by queries that are compiled once for visitors and once for members.

The rule itself stands with the models (``visible_to``, ``listed_to``); this only saves building the same query again
(scs_series.prepared): a thread then costs its reader half of what it did (docs/performance.md).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db import models
from django.http import Http404
from django.utils import timezone

from scs_series.models import Member, member_of
from scs_series.models.discussion import sees_hidden
from scs_series.models.series import edits_all
from scs_series.prepared import Prepared

T = TypeVar("T")


class Seen(Generic[T]):
    """A query for what the reader of a page may see: ``rows(reader, at, **names)`` makes it.

    ``reader`` goes to ``visible_to`` and its like, and nowhere else. Moderators and editors, who see more than
    members do, have it built anew.
    """

    def __init__(self, rows: Callable[..., models.QuerySet[Any, T]]) -> None:
        def prepared(at: Any, member: Any = None, **names: Any) -> models.QuerySet[Any, T]:
            return rows(member and _AnyMember(member), at, **names)

        self._rows = rows
        self._prepared = Prepared(prepared)

    def __call__(self, user: Any, **names: str | int) -> list[T]:
        """The rows that ``user`` may see; None is a visitor."""
        now = timezone.now()
        if user is None or not user.is_authenticated:
            return self._prepared(at=now, **names)
        if sees_hidden(user) or edits_all(user):
            return list(self._rows(user, now, **names))
        member = member_of(user)
        return self._prepared(at=now, **names, **({"member": member.pk} if member else {}))

    def first(self, user: Any, **names: str | int) -> T | None:
        """The first row, or None. Only for queries that have one row at most, or a limit of their own."""
        rows = self(user, **names)
        return rows[0] if rows else None

    def one(self, user: Any, **names: str | int) -> T:
        """The only row. Raises Http404 where there is none."""
        row = self.first(user, **names)
        if row is None:
            raise Http404
        return row


class _AnyMember:
    """Stands for every member without special rights while a query is compiled."""

    is_authenticated = True
    pk = None

    def __init__(self, member: int) -> None:
        self.scs_member = Member(pk=member)

    def has_perm(self, permission: str) -> bool:
        return False


__all__ = ["Seen"]
