"""Whom one mutes and blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from scs_series.api.addresses import Addresses
from scs_series.api.errors import NotThere
from scs_series.api.fields import Choice, Text, utc
from scs_series.api.members import AuthorSerializer, represent_author
from scs_series.api.own.base import OwnSet
from scs_series.api.parameters import as_name
from scs_series.api.schema import IDEMPOTENCY_KEY, path_name, reading, writing
from scs_series.models import Block, Member
from scs_series.services import blocks as block_services


class BlockSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """A member you keep away. Who is blocked is told so only when they try to answer, mention or react."""

    member = AuthorSerializer()
    level = Choice(Block.Level, name="BlockLevel")
    created_at = serializers.DateTimeField()
    api_url = serializers.URLField()


def _represent_blocks(rows: Sequence[Block], addresses: Addresses) -> list[dict[str, Any]]:
    return [
        {
            "member": represent_author(row.other, addresses),
            "level": row.level,
            "created_at": utc(row.created_at),
            "api_url": addresses.api("block-detail", row.other.username),
        }
        for row in rows
    ]


class BlockCreateSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """Whom to keep away."""

    member = Text(max_length=200, help_text="Their username.")
    level = Choice(Block.Level, name="BlockLevel", required=False, help_text="`block` unless given.")


_USERNAME = path_name("username", "The username of the other.")


class BlockSet(OwnSet):
    """Members you mute or block, newest first."""

    queryset = Block.objects.none()
    serializer_class = BlockSerializer
    lookup_path = "<str:username>"

    def _rows(self) -> QuerySet[Any]:
        return Block.objects.select_related("other")

    def _block(self, username: str) -> Block:
        found: Block | None = self.mine(self._rows()).filter(other__username=as_name(username) or "").first()
        if found is None:
            raise NotThere
        return found

    @reading("list_blocks", "Whom you keep away", "blocks", BlockSerializer(many=True))
    def list(self, request: Request) -> Response:
        return self.page(request, self.mine(self._rows()), _represent_blocks)

    @reading("get_block", "One of them", "blocks", BlockSerializer, parameters=[_USERNAME])
    def retrieve(self, request: Request, username: str) -> Response:
        return self._answer(self._block(username))

    @writing(
        "create_block", "Mute or block a member", "blocks", BlockCreateSerializer, BlockSerializer, status=201,
        parameters=[IDEMPOTENCY_KEY],
        description="Sent again, it is the same block, with the level of now.",
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        self.submission_key()
        given = self.input(BlockCreateSerializer)
        other = Member.objects.public().filter(username=as_name(given["member"]) or "").first()
        if other is None:
            raise NotThere("member")
        level = given.get("level", Block.Level.BLOCK)
        block_services.block_member(other=other, by=request.user, level=level)
        return self._answer(self._block(other.username), status=201)

    @writing("delete_block", "Keep them away no more", "blocks", None, None, status=204, parameters=[_USERNAME])  # fmt: skip
    def destroy(self, request: Request, username: str) -> Response:
        block_services.unblock_member(other=self._block(username).other, by=request.user)
        return Response(status=204)

    def _answer(self, row: Block, status: int = 200) -> Response:
        return Response(_represent_blocks([row], Addresses(self.request))[0], status=status)


__all__ = ["BlockSet"]
