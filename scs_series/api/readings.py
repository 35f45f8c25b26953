"""How far you have read: a thread by the number of a post, a part by its section. Endpoints of ThreadSet and PartSet."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from scs_series.api.fields import Text
from scs_series.api.finding import find_part, find_thread
from scs_series.api.own.base import MembersOnly
from scs_series.api.schema import path_name, path_number, reading, writing
from scs_series.api.viewsets import SeriesViewSet
from scs_series.models import Part, PartReading, Thread, ThreadReading, member_of
from scs_series.services import reading as services
from scs_series.services.members import member_for

_HIGHEST = 2**31 - 1


class ThreadReadingSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """How far you have read a thread."""

    number = serializers.IntegerField(help_text="The last post you have read; 0 for none.")
    unread = serializers.IntegerField(help_text="How many posts come after it.")


class ThreadReadingPutSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """The number of the last post that was read. A smaller one than before changes nothing."""

    number = serializers.IntegerField(min_value=1, max_value=_HIGHEST)


class PartReadingSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """How far you have read a part."""

    percent = serializers.IntegerField(help_text="How much of the text lies before where you stopped.")
    section = serializers.CharField(help_text="The id of the heading you were under, as `contents` has it; or empty.")  # fmt: skip


class PartReadingPutSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """Where somebody is in a part. Less than before changes nothing."""

    percent = serializers.IntegerField(min_value=0, max_value=100)
    section = Text(max_length=200, required=False, allow_blank=True)


THREAD_ID = path_number("id", "The id of the thread.")
_PATH = [path_name("series", "The slug of the series."), path_name("part", "The number or slug of the part.")]


class ThreadReadingActions(SeriesViewSet):
    """``threads/<id>/reading/``"""

    http_method_names = [*SeriesViewSet.http_method_names, "put"]

    @reading("get_thread_reading", "How far you have read a thread", "threads", ThreadReadingSerializer, parameters=[THREAD_ID])  # fmt: skip
    @action(detail=True, methods=["get"], permission_classes=(MembersOnly,))
    def reading(self, request: Request, id: str) -> Response:
        return self._thread_reading(find_thread(request.user, id))

    @writing(
        "put_thread_reading", "Note how far you have read a thread", "threads", ThreadReadingPutSerializer,
        ThreadReadingSerializer, parameters=[THREAD_ID],
    )  # fmt: skip
    @reading.mapping.put  # type: ignore[attr-defined,untyped-decorator]  # what @action makes of a method
    def put_reading(self, request: Request, id: str) -> Response:
        thread = find_thread(request.user, id)
        number = self.input(ThreadReadingPutSerializer)["number"]
        member = member_for(request.user)
        services.count_reading(member)
        services.mark_thread_read(member=member, thread=thread, number=number)
        return self._thread_reading(thread)

    def _thread_reading(self, thread: Thread) -> Response:
        member = member_of(self.request.user)
        rows = ThreadReading.objects.filter(member=member, thread=thread).values_list("number", flat=True)
        number = (rows.first() if member else None) or 0
        return Response({"number": number, "unread": max(0, thread.last_number - number)})


class PartReadingActions(SeriesViewSet):
    """``parts/<series>/<part>/reading/``"""

    http_method_names = [*SeriesViewSet.http_method_names, "put"]

    @reading(
        "get_part_reading", "How far you have read a part", "parts", PartReadingSerializer, parameters=_PATH
    )
    @action(detail=True, methods=["get"], permission_classes=(MembersOnly,))
    def reading(self, request: Request, series: str, part: str) -> Response:
        return self._part_reading(find_part(request.user, series, part))

    @writing(
        "put_part_reading", "Note how far you have read a part", "parts", PartReadingPutSerializer, PartReadingSerializer,
        parameters=_PATH,
    )  # fmt: skip
    @reading.mapping.put  # type: ignore[attr-defined,untyped-decorator]  # what @action makes of a method
    def put_reading(self, request: Request, series: str, part: str) -> Response:
        found = find_part(request.user, series, part)
        given: dict[str, Any] = self.input(PartReadingPutSerializer)
        member = member_for(request.user)
        services.count_reading(member)
        services.mark_part_read(member=member, part=found, **given)
        return self._part_reading(found)

    def _part_reading(self, part: Part) -> Response:
        member = member_of(self.request.user)
        rows = PartReading.objects.filter(member=member, part=part).values("percent", "section")
        return Response((rows.first() if member else None) or {"percent": 0, "section": ""})


__all__ = ["THREAD_ID", "PartReadingActions", "ThreadReadingActions"]
