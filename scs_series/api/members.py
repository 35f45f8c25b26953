"""Members: who wrote something, as every endpoint says it, and a member's page."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from scs_series.api.addresses import Addresses
from scs_series.api.fields import utc
from scs_series.api.finding import find_member
from scs_series.api.schema import path_name, reading
from scs_series.api.viewsets import SeriesViewSet
from scs_series.models import Member


class AuthorSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """A member, as shown beside what they wrote."""

    username = serializers.CharField()
    name = serializers.CharField(help_text="What is shown: the display name, else the username.")
    html_url = serializers.URLField(allow_null=True, help_text="The member's page.")


def represent_name(username: str, display_name: str, addresses: Addresses) -> dict[str, Any]:
    return {
        "username": username,
        "name": display_name or username,
        "html_url": addresses.page("member-detail", username),
    }


def represent_author(member: Member, addresses: Addresses) -> dict[str, Any]:
    return represent_name(member.username, member.display_name, addresses)


class MemberSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """A member, and how much they wrote. What they wrote: `threads/` and `posts/` by `author`."""

    username = serializers.CharField()
    name = serializers.CharField(help_text="What is shown: the display name, else the username.")
    about = serializers.CharField(help_text="What they say of themselves.")
    joined_at = serializers.DateTimeField()
    is_erased = serializers.BooleanField(help_text="Whether the account was erased at its owner's wish.")
    thread_count = serializers.IntegerField(help_text="Threads they started.")
    post_count = serializers.IntegerField(help_text="Posts they wrote, opening posts included.")
    source_count = serializers.IntegerField(help_text="Sources they brought.")
    accepted_count = serializers.IntegerField(help_text="Answers of theirs that were accepted.")
    reaction_count = serializers.IntegerField(help_text="Reactions to what they wrote.")
    api_url = serializers.URLField()
    html_url = serializers.URLField(allow_null=True)


class MemberSet(SeriesViewSet):
    """Members, one at a time: there is no list of them, as on the pages."""

    queryset = Member.objects.none()
    serializer_class = MemberSerializer
    lookup_path = "<str:username>"

    @reading(
        "get_member", "One member", "members", MemberSerializer,
        parameters=[path_name("username", "The username of the member.")],
    )  # fmt: skip
    def retrieve(self, request: Request, username: str) -> Response:
        member, addresses = find_member(username), Addresses(request)
        return Response(
            represent_author(member, addresses)
            | {"about": member.about, "joined_at": utc(member.joined_at), "is_erased": bool(member.erased_at)}
            | {count: getattr(member, count) for count in Member.COUNTS}
            | {"api_url": addresses.api("member-detail", member.username)}
        )


__all__ = ["AuthorSerializer", "MemberSerializer", "MemberSet", "represent_author", "represent_name"]
