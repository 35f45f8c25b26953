"""What is done to a post: hidden, withdrawn, reacted to. Endpoints of PostSet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from scs_series.api.addresses import Addresses
from scs_series.api.discussion.post_rows import COLUMNS, PostRows, PostSerializer
from scs_series.api.discussion.thread_acts import ReasonSerializer
from scs_series.api.errors import NotThere
from scs_series.api.fields import Text, utc
from scs_series.api.finding import find_post
from scs_series.api.members import AuthorSerializer, represent_author
from scs_series.api.parameters import Asked
from scs_series.api.schema import asks, path_number, reading, writing
from scs_series.api.viewsets import SeriesViewSet
from scs_series.exceptions import InvalidInput
from scs_series.models import Post, Reaction
from scs_series.policies import policy
from scs_series.services import discussion as services


class ReactionCreateSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """A word to say on a post."""

    word = Text(max_length=20, help_text="One of those that the host chose.")


class ReactionSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """A word that a member said on a post."""

    word = serializers.CharField()
    member = AuthorSerializer()
    created_at = serializers.DateTimeField()


def _represent_reactions(rows: Sequence[Reaction], addresses: Addresses) -> list[dict[str, Any]]:
    return [
        {
            "word": row.word,
            "member": represent_author(row.member, addresses),
            "created_at": utc(row.created_at),
        }
        for row in rows
    ]


POST_ID = path_number("id", "The id of the post.")


class PostActs(SeriesViewSet):
    """``posts/<id>/hide/`` and the like"""

    @writing(
        "hide_post",
        "Replace a post by a stub",
        "posts",
        ReasonSerializer,
        PostSerializer,
        parameters=[POST_ID],
    )
    @action(detail=True, methods=["post"])
    def hide(self, request: Request, id: str) -> Response:
        post = find_post(request.user, id)
        services.hide_post(post=post, by=request.user, **self.input(ReasonSerializer))
        return self._answer(post.id)

    @writing("unhide_post", "Show it again", "posts", None, PostSerializer, parameters=[POST_ID])
    @action(detail=True, methods=["post"])
    def unhide(self, request: Request, id: str) -> Response:
        post = find_post(request.user, id)
        services.unhide_post(post=post, by=request.user)
        return self._answer(post.id)

    @writing(
        "withdraw_post", "Take back what you wrote", "posts", ReasonSerializer, PostSerializer, parameters=[POST_ID],
        description="As long as the host lets you edit it. Where somebody answered it, or where it opens its thread, a stub stands in its place.",
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, id: str) -> Response:
        post = find_post(request.user, id)
        services.withdraw_post(post=post, by=request.user, **self.input(ReasonSerializer))
        return self._answer(post.id)

    @writing(
        "restore_post", "Bring a withdrawn post back", "posts", None, PostSerializer, parameters=[POST_ID]
    )
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, id: str) -> Response:
        post = find_post(request.user, id)
        services.restore_post(post=post, by=request.user)
        return self._answer(post.id)

    @reading(
        "list_post_reactions", "Who said which word on a post, newest first", "posts", ReactionSerializer(many=True),
        parameters=[POST_ID],
    )  # fmt: skip
    @action(detail=True, methods=["get"])
    def reactions(self, request: Request, id: str) -> Response:
        post = find_post(request.user, id)
        if post.is_hidden and not policy.can_see_hidden_post(request.user, post):
            raise NotThere
        said = Reaction.objects.filter(post=post, word__in=services.reaction_words())
        return self.page(request, said.select_related("member"), _represent_reactions)

    @writing(
        "react_to_post", "Say a word on a post", "posts", ReactionCreateSerializer, PostSerializer, parameters=[POST_ID],
        description="Said already, nothing changes.",
    )  # fmt: skip
    @reactions.mapping.post  # type: ignore[attr-defined,untyped-decorator]  # an action: the decorators hide it
    def react(self, request: Request, id: str) -> Response:
        post = find_post(request.user, id)
        services.react(post=post, by=request.user, **self.input(ReactionCreateSerializer))
        return self._answer(post.id)

    @writing(
        "unreact_to_post", "Take your word back", "posts", None, PostSerializer,
        parameters=[POST_ID, asks("word", "The word.", required=True)], description="Not said, nothing changes.",
    )  # fmt: skip
    @reactions.mapping.delete  # type: ignore[attr-defined,untyped-decorator]  # an action: the decorators hide it
    def unreact(self, request: Request, id: str) -> Response:
        post = find_post(request.user, id)
        word = Asked(request).name("word")
        if not word:
            raise InvalidInput("Name the word.", code="required", field="word")
        services.unreact(post=post, by=request.user, word=word)
        return self._answer(post.id)

    def _represent(self, rows: Sequence[Any], addresses: Addresses) -> Any:
        seen = PostRows(self.request.user)
        represented = seen.represent(rows, addresses)
        self.differs_by_reader = seen.differ
        return represented

    def _answer(self, pk: int, status: int = 200) -> Response:
        row = Post.objects.filter(pk=pk).values_list(*COLUMNS, named=True).get()
        return Response(self._represent([row], Addresses(self.request))[0], status=status)


__all__ = ["POST_ID", "PostActs"]
