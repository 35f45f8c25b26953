"""Preferences: one thing, and not a list."""

from __future__ import annotations

from typing import ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from scs_series.api.addresses import Addresses
from scs_series.api.fields import Choice, Line, PatchSerializer, Text
from scs_series.api.own.base import OwnSet
from scs_series.api.schema import reading, writing
from scs_series.models import MailPace, Member
from scs_series.services.members import PREFERENCES, member_for, preview_of_member, save_preferences


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


class PreferencesSet(OwnSet):
    """Your preferences: one thing, and not a list."""

    queryset = Member.objects.none()
    serializer_class = PreferencesSerializer
    lookup_path = ""
    is_single: ClassVar[bool] = True

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

    def _answer(self, member: Member) -> Response:
        addresses = Addresses(self.request)
        return Response({
            "username": member.username, "display_name": member.display_name, "about": member.about,
            **{name: getattr(member, name) for name in PREFERENCES},
            "unread_count": member.unread_count,
            "html_url": addresses.page("member-detail", member.username) if member.pk else None,
        })  # fmt: skip


__all__ = ["PreferencesSet"]
