"""What helps somebody to write: a preview, images, and what may be typed next."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from scs_series.api.fields import Choice, Markdown, Text
from scs_series.api.finding import find_series, find_thread
from scs_series.api.own.base import MembersOnly
from scs_series.api.parameters import Asked
from scs_series.api.schema import IDEMPOTENCY_KEY, NUMBER, asks, reading, writing
from scs_series.api.viewsets import SeriesViewSet
from scs_series.exceptions import InvalidInput, NotAllowed
from scs_series.models import Post
from scs_series.policies import policy
from scs_series.services import uploads
from scs_series.services.completions import Kind, complete, count_completion
from scs_series.services.writing import preview_for
from scs_series.text import Profile


class _HelpSet(SeriesViewSet):
    """Base of what is one address, for members, and no list."""

    queryset = Post.objects.none()
    permission_classes = (MembersOnly,)
    lookup_path = ""


class PreviewCreateSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """A text that was not sent yet."""

    body = Markdown(setting="PART_MAX_LENGTH", help_text="Markdown.")
    series = Text(
        max_length=200, required=False, allow_blank=True, help_text="The slug, for its sources and for names."
    )
    thread = serializers.IntegerField(
        min_value=1, max_value=2**63 - 1, required=False, allow_null=True,
        help_text="The id of the thread that it answers in; its series then need not be named.",
    )  # fmt: skip
    profile = Choice(
        [profile.value for profile in Profile],
        name="Profile",
        required=False,
        default=Profile.POST.value,
        help_text="`part`: as a part's text, for who edits the series; others see it as a post.",
    )


class PreviewSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """What the text becomes."""

    body_html = serializers.CharField(help_text="Sanitised HTML, as it would be posted.")


class PreviewSet(_HelpSet):
    """Shows a text as it would be posted. Nothing is kept."""

    serializer_class = PreviewSerializer
    single_mapping: ClassVar[dict[str, str]] = {"post": "create"}

    @writing("preview_text", "See a text as it would be posted", "writing", PreviewCreateSerializer, PreviewSerializer)  # fmt: skip
    def create(self, request: Request) -> Response:
        given = self.input(PreviewCreateSerializer)
        user, slug, pk = request.user, given.get("series"), given.get("thread")
        thread = find_thread(user, pk, field="thread") if pk else None
        series = find_series(user, slug, field="series") if slug else thread.series if thread else None
        html = preview_for(
            by=user, body=given["body"], series=series, thread=thread, as_part=given["profile"] == Profile.PART.value
        )  # fmt: skip
        return Response({"body_html": html})


class UploadCreateSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """An image."""

    image = serializers.FileField(
        help_text="PNG, JPEG, GIF or WebP; encoded anew, nothing but its pixels is kept."
    )


class UploadSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """Where an image is kept."""

    url = serializers.CharField()
    markdown = serializers.CharField(help_text="What shows it in a text; say in it what is to be seen.")


class UploadSet(_HelpSet):
    """Takes images for texts."""

    serializer_class = UploadSerializer
    parser_classes = (MultiPartParser,)
    single_mapping: ClassVar[dict[str, str]] = {"post": "create"}

    @writing(
        "upload_image", "Bring an image for a text", "writing", UploadCreateSerializer, UploadSerializer, status=201,
        parameters=[IDEMPOTENCY_KEY], description="`multipart/form-data` with one field, `image`.",
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        if not policy.can_upload(request.user):
            raise NotAllowed
        file = request.FILES.get("image")
        if file is None:
            raise InvalidInput(_("Choose an image to send."), code="no_image", field="image")
        url = uploads.store_image(file=file, by=request.user, submission_key=self.submission_key())
        return Response({"url": url, "markdown": f"![{_('Describe the image')}]({url})"}, status=201)


class CompletionSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """A way to go on."""

    insert = serializers.CharField(help_text="Stands in the text in place of what was typed.")
    label = serializers.CharField()  # type: ignore[assignment]  # a field of that name, not the serializer's own
    detail = serializers.CharField()


class CompletionsSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """At most eight, the likeliest first."""

    completions = CompletionSerializer(many=True)


class CompletionSet(_HelpSet):
    """Offers names, tags and keys of sources."""

    serializer_class = CompletionsSerializer
    single_mapping: ClassVar[dict[str, str]] = {"get": "retrieve"}

    @reading(
        "get_completions", "How a name, a tag or a key goes on", "writing", CompletionsSerializer, is_limited=True,
        parameters=[
            asks("kind", "What is typed.", required=True, enum=[kind.value for kind in Kind]),
            asks("q", "What is typed of it, without its sign."),
            asks("thread", "The id of the thread it is typed in: who takes part there comes first.", NUMBER),
            asks("series", "The slug of the series whose sources are meant."),
        ],
    )  # fmt: skip
    def retrieve(self, request: Request) -> Response:
        count_completion(by=request.user)
        asked = Asked(request)
        kind = asked.choice("kind", [kind.value for kind in Kind])
        if kind is None:
            raise InvalidInput(_("Ask for names, tags or sources."), code="required", field="kind")
        pk, slug = asked.number("thread"), asked.name("series")
        found: Any = complete(
            kind=Kind(kind),
            typed=request.GET.get("q", ""),
            by=request.user,
            thread=find_thread(request.user, pk, field="thread") if pk else None,
            series=find_series(request.user, slug, field="series") if slug else None,
        )
        return Response({"completions": found})


__all__ = ["CompletionSet", "PreviewSet", "UploadSet"]
