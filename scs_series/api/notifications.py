"""What the member who asks was told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from scs_series.api.addresses import Addresses
from scs_series.api.errors import NotThere
from scs_series.api.fields import Choice, utc
from scs_series.api.members import AuthorSerializer, represent_author
from scs_series.api.parameters import Asked, as_number
from scs_series.api.schema import asks, path_number, reading, writing
from scs_series.api.viewsets import SeriesViewSet
from scs_series.models import Member, Notification, member_of
from scs_series.services import notifications as services
from scs_series.services.notifications import wording

_ID = path_number("id", "The notification.")


class NotificationSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """A thing you were told. While it is unread, more of the same are added to it."""

    id = serializers.IntegerField()
    kind = Choice(Notification.Kind, name="NotificationKind")
    text = serializers.CharField(help_text="In a sentence, in the language of the request.")
    thread = serializers.IntegerField(allow_null=True)
    series = serializers.CharField(allow_null=True, help_text="The slug, where a part was published.")
    part = serializers.IntegerField(allow_null=True, help_text="The number, where a part was published.")
    first_number = serializers.IntegerField(allow_null=True, help_text="The first post that it tells of.")
    last_number = serializers.IntegerField(allow_null=True, help_text="The last post that it tells of.")
    count = serializers.IntegerField(help_text="How many posts, reactions … it tells of.")
    people = serializers.IntegerField(help_text="How many people did that; 100 stands for more, too.")
    actors = AuthorSerializer(many=True, help_text="The last few of them, newest first.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField(help_text="When the last was added.")
    read_at = serializers.DateTimeField(allow_null=True)
    html_url = serializers.URLField(
        allow_null=True, help_text="The first post that it tells of, or the part."
    )


class ReadUntilSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """Up to when: what came later stays unread."""

    until = serializers.DateTimeField(
        required=False, allow_null=True, help_text="The `updated_at` of the newest you showed; left out: now."
    )


class MarkedSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """What was marked."""

    marked = serializers.IntegerField()
    unread = serializers.IntegerField(help_text="How many are unread now.")


def represent_notifications(rows: Sequence[Notification], addresses: Addresses) -> list[dict[str, Any]]:
    names = wording.names_of(rows)
    return [
        {
            "id": row.pk,
            "kind": row.kind,
            "text": wording.sentence(row, names),
            "thread": row.thread_id,
            "series": row.part.series.slug if row.part else None,
            "part": row.part.number if row.part else None,
            "first_number": row.first_number,
            "last_number": row.last_number,
            "count": row.count,
            "people": row.people,
            "actors": [
                represent_author(names[key], addresses) for key in wording.last_actors(row) if key in names
            ],
            "created_at": utc(row.created_at),
            "updated_at": utc(row.updated_at),
            "read_at": utc(row.read_at),
            "html_url": _page_of(row, addresses),
        }
        for row in rows
    ]


def _page_of(row: Notification, addresses: Addresses) -> str | None:
    if row.thread is not None:
        return addresses.thread_page(row.thread.pk, row.thread.title, row.first_number)
    return addresses.page("part-detail", row.part.series.slug, row.part.slug) if row.part else None


class NotificationSet(SeriesViewSet):
    """What you were told, newest first. Nobody sees another's."""

    queryset = Notification.objects.none()
    serializer_class = NotificationSerializer
    permission_classes = (IsAuthenticated,)
    lookup_path = "<str:id>"
    order = ("-updated_at", "-id")
    differs_by_reader = True

    def _mine(self) -> Any:
        member = member_of(self.request.user)
        rows = Notification.objects.filter(member=member) if member else Notification.objects.none()
        return rows.visible_to(self.request.user).for_list()

    @reading(
        "list_notifications", "What you were told, newest first", "notifications", NotificationSerializer(many=True),
        parameters=[asks("unread", "Only what is unread.", enum=["true", "false"], default="false")],
    )  # fmt: skip
    def list(self, request: Request) -> Response:
        unread = Asked(request).choice("unread", ("true", "false")) == "true"
        rows = self._mine()
        return self.page(request, rows.unread() if unread else rows, represent_notifications)

    @reading(
        "get_notification",
        "One thing you were told",
        "notifications",
        NotificationSerializer,
        parameters=[_ID],
    )
    def retrieve(self, request: Request, id: str) -> Response:
        return Response(represent_notifications([self._one(id)], Addresses(request))[0])

    @writing(
        "read_notification",
        "Mark one as read",
        "notifications",
        None,
        NotificationSerializer,
        parameters=[_ID],
    )
    @action(detail=True, methods=["post"])
    def read(self, request: Request, id: str) -> Response:
        services.mark_read(notification=self._one(id), by=request.user)
        return Response(represent_notifications([self._one(id)], Addresses(request))[0])

    @writing(
        "read_notifications", "Mark all as read", "notifications", ReadUntilSerializer, MarkedSerializer,
    )  # fmt: skip
    @action(detail=False, methods=["post"], url_path="read", url_name="read-all")
    def read_all(self, request: Request) -> Response:
        until: datetime | None = self.input(ReadUntilSerializer).get("until")
        marked = services.mark_all_read(by=request.user, until=until)
        member = member_of(request.user)
        unread = Member.objects.values_list("unread_count", flat=True).get(pk=member.pk) if member else 0
        return Response({"marked": marked, "unread": unread})

    def _one(self, id: str) -> Notification:
        found: Notification | None = self._mine().filter(pk=as_number(id) or 0).first()
        if found is None:
            raise NotThere
        return found


__all__ = ["NotificationSet"]
