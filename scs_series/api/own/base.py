"""What is a member's own: everybody finds theirs and nobody else's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from scs_series.api.errors import NotThere
from scs_series.api.parameters import as_number
from scs_series.api.viewsets import SeriesViewSet
from scs_series.models import member_of


class MembersOnly(BasePermission):
    """Signed in, to read too: there is nothing of a visitor's own."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user.is_authenticated)


class OwnSet(SeriesViewSet):
    """Base of what is a member's own."""

    permission_classes = (MembersOnly,)
    order: Sequence[str] = ("-created_at", "-id")

    def mine(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Those of whoever asks; none for who never wrote or kept anything."""
        member = member_of(self.request.user)
        return rows.filter(member=member) if member else rows.none()

    def one(self, rows: QuerySet[Any], pk: str) -> Any:
        found = self.mine(rows).filter(pk=as_number(pk) or 0).first()
        if found is None:
            raise NotThere
        return found


class PlaceSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """A part within its series."""

    series = serializers.CharField(help_text="The slug of the series.")
    number = serializers.IntegerField()


__all__ = ["MembersOnly", "OwnSet", "PlaceSerializer"]
