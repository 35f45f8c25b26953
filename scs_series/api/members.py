"""Who wrote something, as every endpoint says it. Members have no endpoint of their own yet."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from scs_series.api.addresses import Addresses
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


__all__ = ["AuthorSerializer", "represent_author", "represent_name"]
