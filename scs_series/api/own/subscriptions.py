"""What one watches, follows and mutes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from scs_series.api.addresses import Addresses
from scs_series.api.fields import Choice, PartReference, Text, utc
from scs_series.api.finding import find_part, find_series, find_tag, find_thread
from scs_series.api.own.base import OwnSet, PlaceSerializer
from scs_series.api.parameters import Asked
from scs_series.api.schema import IDEMPOTENCY_KEY, NUMBER, asks, path_number, reading, writing
from scs_series.exceptions import InvalidInput
from scs_series.models import Subscription
from scs_series.services import subscriptions as subscription_services


class SubscriptionSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """What you watch, follow or mute: one of thread, part, tag and series; the other three are null."""

    id = serializers.IntegerField()
    level = Choice(Subscription.Level, name="SubscriptionLevel")
    thread = serializers.IntegerField(allow_null=True, help_text="The id of the thread.")
    part = PlaceSerializer(allow_null=True)
    tag = serializers.CharField(allow_null=True, help_text="The slug of the tag.")
    series = serializers.CharField(allow_null=True, help_text="The slug of the series.")
    title = serializers.CharField(allow_null=True, help_text="Null where it is not shown to you any more.")
    is_automatic = serializers.BooleanField(help_text="Made because you wrote in it.")
    created_at = serializers.DateTimeField()
    api_url = serializers.URLField()


def _represent_subscriptions(rows: Sequence[Subscription], addresses: Addresses) -> list[dict[str, Any]]:
    """What is not shown to its subscriber any more is named by number and slug alone, as they have it already."""
    return [
        {
            "id": row.pk,
            "level": row.level,
            "thread": row.thread_id,
            "part": row.part and {"series": row.part.series.slug, "number": row.part.number},
            "tag": row.tag and row.tag.slug,
            "series": row.series and row.series.slug,
            "title": str(row.target) if row.is_shown else None,  # type: ignore[attr-defined]  # annotated
            "is_automatic": row.is_automatic,
            "created_at": utc(row.created_at),
            "api_url": addresses.api("subscription-detail", row.pk),
        }
        for row in rows
    ]


class SubscriptionCreateSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """What to watch, follow or mute: a thread, a tag, a series, or with ``part`` a part of the series."""

    level = Choice(Subscription.Level, name="SubscriptionLevel")
    thread = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    tag = Text(max_length=200, required=False)
    series = Text(max_length=200, required=False)
    part = PartReference(required=False, help_text="With `series`.")


_SUBSCRIPTION = path_number("id", "The id of the subscription.")


class SubscriptionSet(OwnSet):
    """What you watch, follow and mute, newest first."""

    queryset = Subscription.objects.none()
    serializer_class = SubscriptionSerializer
    lookup_path = "<str:id>"

    def _rows(self) -> QuerySet[Any]:
        return Subscription.objects.for_list(self.request.user)

    @reading(
        "list_subscriptions", "What you watch, follow and mute", "subscriptions", SubscriptionSerializer(many=True),
        parameters=[
            asks("thread", "Only what you said of the thread with this id.", NUMBER),
            asks("tag", "Only what you said of the tag with this slug."),
            asks("series", "Only what you said of the series with this slug, or, with `part`, of a part of it."),
            asks("part", "With `series`: the number of the part.", NUMBER),
        ],
    )  # fmt: skip
    def list(self, request: Request) -> Response:
        asked, rows = Asked(request), self.mine(self._rows())
        thread, tag, series = asked.number("thread"), asked.name("tag"), asked.name("series")
        part = asked.number("part")
        if part and not series:
            raise InvalidInput("Name the series of this part.", code="required", field="series")
        # Among one's own rows alone: whether such a thing is there at all is not told.
        if thread:
            rows = rows.filter(thread=thread)
        if tag:
            rows = rows.filter(tag__slug=tag)
        if part:
            rows = rows.filter(part__series__slug=series, part__number=min(part, 32_767))
        elif series:
            rows = rows.filter(series__slug=series)
        return self.page(request, rows, _represent_subscriptions)

    @reading(
        "get_subscription",
        "One subscription",
        "subscriptions",
        SubscriptionSerializer,
        parameters=[_SUBSCRIPTION],
    )
    def retrieve(self, request: Request, id: str) -> Response:
        return self._answer(self.one(self._rows(), id))

    @writing(
        "create_subscription", "Watch, follow or mute something, or change which", "subscriptions",
        SubscriptionCreateSerializer, SubscriptionSerializer, status=201, parameters=[IDEMPOTENCY_KEY],
        description="There is one subscription to a thing: sent again, it is the same one, with the level of now.",
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        self.submission_key()  # sent again or not, it is one subscription; only its form is looked at
        given = self.input(SubscriptionCreateSerializer)
        target = _target(request.user, given)
        made = subscription_services.subscribe(target=target, level=given["level"], by=request.user)
        return self._answer(self._rows().get(pk=made.pk), status=201)

    @writing("delete_subscription", "Neither watch, follow nor mute it", "subscriptions", None, None, status=204, parameters=[_SUBSCRIPTION])  # fmt: skip
    def destroy(self, request: Request, id: str) -> Response:
        found: Subscription = self.one(self._rows(), id)
        subscription_services.unsubscribe(target=found.target, by=request.user)
        return Response(status=204)

    def _answer(self, row: Subscription, status: int = 200) -> Response:
        return Response(_represent_subscriptions([row], Addresses(self.request))[0], status=status)


def _target(user: Any, given: dict[str, Any]) -> subscription_services.Target:
    named = {name for name in ("thread", "tag", "series") if name in given}
    if len(named) != 1 or ("part" in given and "series" not in given):
        raise InvalidInput(
            "Name one thing: a thread, a tag, a series, or a part with its series.", code="one_target"
        )
    if "thread" in given:
        return find_thread(user, given["thread"], field="thread")
    if "tag" in given:
        return find_tag(user, given["tag"], field="tag")
    if "part" in given:
        return find_part(user, given["series"], given["part"], field="part")
    return find_series(user, given["series"], field="series")


__all__ = ["SubscriptionSet"]
