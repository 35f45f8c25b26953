"""What is done to a thread: pinned, locked, hidden, decided. Endpoints of ThreadSet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from scs_series.api.addresses import Addresses
from scs_series.api.discussion.thread_rows import COLUMNS, DETAILS, ThreadSerializer, represent_thread
from scs_series.api.errors import NotThere
from scs_series.api.fields import Choice, Line
from scs_series.api.finding import find_thread
from scs_series.api.readings import THREAD_ID, ThreadReadingActions
from scs_series.api.schema import writing
from scs_series.models import Post, Thread
from scs_series.services import discussion as services


class ReasonSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """Why; shown beside what was done."""

    reason = Line(max_length=services.REASON_MAX_LENGTH, required=False)


class AcceptSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """The answer to accept."""

    post = serializers.IntegerField(min_value=1, max_value=2**31 - 1, help_text="Its number in the thread.")


class ResolveSerializer(ReasonSerializer):
    """What was decided of a correction or a source."""

    resolution = Choice(Thread.Resolution, name="Resolution", help_text="`open` takes a decision back.")


class ThreadActs(ThreadReadingActions):
    """``threads/<id>/pin/`` and the like"""

    @writing(
        "pin_thread",
        "Keep a thread at the head of its part's list",
        "threads",
        None,
        ThreadSerializer,
        parameters=[THREAD_ID],
    )
    @action(detail=True, methods=["post"])
    def pin(self, request: Request, id: str) -> Response:
        return self._change(services.pin_thread, id)

    @writing("unpin_thread", "Undo it", "threads", None, ThreadSerializer, parameters=[THREAD_ID])
    @action(detail=True, methods=["post"])
    def unpin(self, request: Request, id: str) -> Response:
        return self._change(services.unpin_thread, id)

    @writing(
        "lock_thread",
        "Close a thread to answers",
        "threads",
        ReasonSerializer,
        ThreadSerializer,
        parameters=[THREAD_ID],
    )
    @action(detail=True, methods=["post"])
    def lock(self, request: Request, id: str) -> Response:
        return self._change(services.lock_thread, id, **self.input(ReasonSerializer))

    @writing("unlock_thread", "Open it again", "threads", None, ThreadSerializer, parameters=[THREAD_ID])
    @action(detail=True, methods=["post"])
    def unlock(self, request: Request, id: str) -> Response:
        return self._change(services.unlock_thread, id)

    @writing(
        "hide_thread",
        "Take a thread out of every page",
        "threads",
        ReasonSerializer,
        ThreadSerializer,
        parameters=[THREAD_ID],
    )
    @action(detail=True, methods=["post"])
    def hide(self, request: Request, id: str) -> Response:
        return self._change(services.hide_thread, id, **self.input(ReasonSerializer))

    @writing("unhide_thread", "Show it again", "threads", None, ThreadSerializer, parameters=[THREAD_ID])
    @action(detail=True, methods=["post"])
    def unhide(self, request: Request, id: str) -> Response:
        return self._change(services.unhide_thread, id)

    @writing(
        "accept_answer",
        "Mark the post that answers a question",
        "threads",
        AcceptSerializer,
        ThreadSerializer,
        parameters=[THREAD_ID],
    )
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, id: str) -> Response:
        thread = find_thread(request.user, id)
        number = self.input(AcceptSerializer)["post"]
        post = Post.objects.filter(thread=thread, number=number).first()
        if post is None:
            raise NotThere("post")
        services.accept_answer(thread=thread, post=post, by=request.user)
        return self._answer(thread.pk)

    @writing(
        "unaccept_answer", "Take the mark away", "threads", None, ThreadSerializer, parameters=[THREAD_ID]
    )
    @action(detail=True, methods=["post"])
    def unaccept(self, request: Request, id: str) -> Response:
        return self._change(services.accept_answer, id, post=None)

    @writing(
        "resolve_thread",
        "Accept or decline a correction or a source, or open it again",
        "threads",
        ResolveSerializer,
        ThreadSerializer,
        parameters=[THREAD_ID],
    )
    @action(detail=True, methods=["post"])
    def resolve(self, request: Request, id: str) -> Response:
        return self._change(services.resolve_thread, id, **self.input(ResolveSerializer))

    def _change(self, service: Callable[..., bool], pk: str, **given: Any) -> Response:
        """Where the state holds already, nothing happens and the answer is the same."""
        thread = find_thread(self.request.user, pk)
        service(thread=thread, by=self.request.user, **given)
        return self._answer(thread.pk)

    def _answer(self, pk: int) -> Response:
        """As a GET would; also what the writer has just taken out of their own sight."""
        row = Thread.objects.filter(pk=pk).values_list(*COLUMNS, *DETAILS, named=True).get()
        return Response(represent_thread(row, Addresses(self.request)))


__all__ = ["ReasonSerializer", "ThreadActs"]
