"""Rows of buttons of which one is pressed: watch, follow, mute; mute, block. Each a form that works without script."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from scs_series.caching import MarkOf
from scs_series.models import Block, Member, Subscription, Thread, member_of
from scs_series.prepared import Prepared

Words = str | Promise

_PRESSED = {"watch": _("Watch"), "follow": _("Follow"), "mute": _("Mute"), "block": _("Block")}
_OF_THREAD: dict[str, Words] = {
    "watch": _("You are told of each post, here and by e-mail."),
    "follow": _("You are told of each post here, and in digests."),
    "mute": _("You are told of nothing in this thread."),
    "": _("You are told when somebody answers or mentions you."),
}
_OF_PLACE: dict[str, Words] = {
    "watch": _("You are told of each thread and post, here and by e-mail."),
    "follow": _("You are told of each new thread."),
    "mute": _("You are told of nothing in it."),
    "": _("You are told when somebody answers or mentions you."),
}
_OF_MEMBER: dict[str, Words] = {
    "mute": _("Neither of you is told of the other. Their posts are folded on your pages."),
    "block": _(
        "As muted; nor can they answer, mention or react to you. They are told so only when they try to."
    ),
    "": _("You hear of each other as of anybody."),
}


@dataclass(frozen=True)
class Level:
    """One button, and what it means."""

    value: str
    name: Words
    says: Words
    is_on: bool


@dataclass(frozen=True)
class Levels:
    """A row of buttons; ``fields`` say what it is about. ``says``: what the one that is pressed means."""

    title: Words
    action: str
    fields: tuple[tuple[str, str], ...]
    levels: tuple[Level, ...]
    extra: Words = ""

    @property
    def says(self) -> Words:
        return next(level.says for level in self.levels if level.is_on)


def _levels(title: Words, action: str, level: str, meanings: dict[str, Words], **fields: str | int) -> Levels:
    return Levels(
        title=title,
        action=action,
        fields=tuple((name, str(value)) for name, value in fields.items()),
        levels=tuple(
            Level(value, _PRESSED.get(value, _("Neither")), says, value == level)
            for value, says in meanings.items()
        ),
    )


def own_level(target: str) -> Callable[[Any], Subquery]:
    """For ``Mark(own=…)``: what a member said of a part, series or tag comes with what the page is made from."""
    return lambda member: Subquery(
        Subscription.objects.filter(**{"member": member, target: OuterRef("pk")}).values("level")[:1]
    )


# For who sees more than visitors do, and for pages that are not kept.
_level_of_part: Prepared[str] = Prepared(
    lambda member, series, part: Subscription.objects.filter(
        member=member, part__series__slug=series, part__slug=part
    ).values_list("level", flat=True)
)
_level_of_series: Prepared[str] = Prepared(
    lambda member, series: Subscription.objects.filter(member=member, series__slug=series).values_list(
        "level", flat=True
    )
)
_level_of_tag: Prepared[str] = Prepared(
    lambda member, tag: Subscription.objects.filter(member=member, tag__slug=tag).values_list(
        "level", flat=True
    )
)
_level_of_member: Prepared[str] = Prepared(
    lambda member, other: Block.objects.filter(member=member, other=other).values_list("level", flat=True)
)


def _level(request: HttpRequest, asked: Prepared[str], **names: str | int) -> str | None:
    """What the reader said of it, by one compiled query; "" for nothing, None for visitors."""
    if not request.user.is_authenticated:
        return None
    member = member_of(request.user)
    return (asked.first(member=member.pk, **names) or "") if member else ""


def of_thread(request: HttpRequest, thread: Thread, level: str) -> Levels | None:
    """For the reader of a thread; its ``level`` is known already. None for visitors."""
    if not request.user.is_authenticated:
        return None
    return _levels(_("You and this thread"), reverse("scs_series:subscription-list"), level, _OF_THREAD, thread=thread.pk)  # fmt: skip


def of_part(request: HttpRequest, mark: MarkOf, series: str, part: str) -> Levels | None:
    level = mark.own or "" if mark.has_own else _level(request, _level_of_part, series=series, part=part)
    return None if level is None else _of_place(_("You and this part"), level, series=series, part=part)


def of_series(request: HttpRequest, mark: MarkOf, series: str) -> Levels | None:
    level = mark.own or "" if mark.has_own else _level(request, _level_of_series, series=series)
    return None if level is None else _of_place(_("You and this series"), level, series=series)


def of_tag(request: HttpRequest, mark: MarkOf, tag: str) -> Levels | None:
    level = mark.own or "" if mark.has_own else _level(request, _level_of_tag, tag=tag)
    return None if level is None else _of_place(_("You and this tag"), level, tag=tag)


def _of_place(title: Words, level: str, **fields: str) -> Levels:
    return _levels(title, reverse("scs_series:subscription-list"), level, _OF_PLACE, **fields)


def of_subscription(subscription: Subscription) -> Levels:
    """For the list of one's subscriptions (``for_list``), where the thing itself may not be there to see any more."""
    title = str(subscription.target) if subscription.is_shown else _("Subscription")  # type: ignore[attr-defined]
    meanings = _OF_THREAD if subscription.thread_id else _OF_PLACE
    address = reverse("scs_series:subscription-list")
    return _levels(title, address, subscription.level, meanings, subscription=subscription.pk)


def of_member(request: HttpRequest, other: Member) -> Levels | None:
    """Mute or block somebody; None for visitors and on one's own page."""
    level = _level(request, _level_of_member, other=other.pk)
    if level is None or member_of(request.user) == other:
        return None
    address = reverse("scs_series:member-block", args=[other.username])
    return _levels(_("You and this member"), address, level, _OF_MEMBER)


def answer(request: HttpRequest, level: str, default: str) -> HttpResponse:
    """After a button was pressed: its level for a script, else back to the page that it stands on."""
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"level": level})
    return HttpResponseRedirect(came_from(request, default))


def came_from(request: HttpRequest, default: str) -> str:
    """The page of this site that a form says it stands on."""
    page = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(
        page, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return page if ours and page.startswith("/") else default
