"""Preferences: one thing, and not a list."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth import logout
from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from scs_series.api.addresses import Addresses
from scs_series.api.errors import NotThere
from scs_series.api.fields import Choice, Line, PatchSerializer, Text
from scs_series.api.own.base import OwnSet
from scs_series.api.schema import reading, writing
from scs_series.exceptions import InvalidInput, NotAllowed
from scs_series.models import MailPace, Member, member_of
from scs_series.policies import policy
from scs_series.services.erasure import erase_member
from scs_series.services.members import PREFERENCES, member_for, preview_of_member, save_preferences
from scs_series.services.own_data import download_data


class PreferencesSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """How a member is called and told. ``username``, ``display_name`` and ``about`` are public."""

    username = serializers.CharField()
    display_name = serializers.CharField()
    about = serializers.CharField()
    mail_pace = Choice(MailPace, name="MailPace", help_text="How soon you are told by e-mail.")
    watches_started = serializers.BooleanField(help_text="Watch threads you start.")
    watches_answered = serializers.BooleanField(help_text="Watch threads you answer in.")
    hears_reactions = serializers.BooleanField(help_text="Be told of reactions to what you write.")
    unread_count = serializers.IntegerField(help_text="Unread notifications.")
    html_url = serializers.URLField(allow_null=True, help_text="Your page; null before you first write.")


class PreferencesPatchSerializer(PatchSerializer):
    """What of your preferences to change."""

    username = Text(max_length=150, required=False)
    display_name = Line(max_length=150, required=False)
    about = Line(max_length=1_000, required=False)
    mail_pace = Choice(MailPace, name="MailPace", required=False)
    watches_started = serializers.BooleanField(required=False)
    watches_answered = serializers.BooleanField(required=False)
    hears_reactions = serializers.BooleanField(required=False)


class EraseSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """Your username, so that nobody erases themselves by a slip."""

    username = Text(max_length=150)


class ErasedSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """What your texts stand under from now on."""

    username = serializers.CharField()
    name = serializers.CharField()


class PreferencesSet(OwnSet):
    """Your preferences: one thing, and not a list."""

    queryset = Member.objects.none()
    serializer_class = PreferencesSerializer
    lookup_path = ""
    single_mapping: ClassVar[dict[str, str]] = {"get": "retrieve", "patch": "partial_update"}

    @reading("get_preferences", "Your preferences", "preferences", PreferencesSerializer)
    def retrieve(self, request: Request) -> Response:
        return self._answer(preview_of_member(request.user))

    @writing(
        "edit_preferences",
        "Change your preferences",
        "preferences",
        PreferencesPatchSerializer,
        PreferencesSerializer,
    )
    def partial_update(self, request: Request) -> Response:
        given = self.input(PreferencesPatchSerializer)
        member = Member.objects.get(pk=member_for(request.user).pk)
        for name, value in given.items():
            setattr(member, name, value)
        return self._answer(save_preferences(member=member, by=request.user))

    @reading(
        "get_own_data", "Everything that is kept about you, as one file", "preferences", OpenApiTypes.OBJECT,
        is_limited=True,
    )  # fmt: skip
    @action(detail=False, methods=["get"])
    def data(self, request: Request) -> StreamingHttpResponse:
        """Written as it is read. docs/members.md tells what is in it."""
        member = member_of(request.user)
        if member is None:
            # Reading makes nobody a member: of who never wrote or kept anything, nothing is there.
            raise NotThere
        pieces = download_data(member=member, by=request.user)
        response = StreamingHttpResponse(
            (piece.encode() for piece in pieces), content_type="application/json"
        )
        response.headers["Cache-Control"] = "private, no-store"
        return response

    @writing(
        "erase_member", "End your account, for good", "preferences", EraseSerializer, ErasedSerializer,
        description="What you wrote stays, under a neutral name. It is not undone, by nobody.",
    )  # fmt: skip
    @action(detail=False, methods=["post"])
    def erase(self, request: Request) -> Response:
        typed = self.input(EraseSerializer)["username"]
        member = preview_of_member(request.user)
        if member.pk and not policy.can_erase_member(request.user, member):
            raise NotAllowed
        if typed.strip() != member.username:
            raise InvalidInput(
                _("This is not your username. Nothing was erased."), code="not_yours", field="username"
            )
        erased = erase_member(member=member_for(request.user), by=request.user)
        logout(request._request)
        return Response({"username": erased.username, "name": erased.name})

    def _answer(self, member: Member) -> Response:
        addresses = Addresses(self.request)
        return Response({
            "username": member.username, "display_name": member.display_name, "about": member.about,
            **{name: getattr(member, name) for name in PREFERENCES},
            "unread_count": member.unread_count,
            "html_url": addresses.page("member-detail", member.username) if member.pk else None,
        })  # fmt: skip


__all__ = ["PreferencesSet"]
