"""What a row of the outbox tells of, read from the rows that it names, as they are now."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from scs_series.models import Notification, OutboxItem, Part, Post, PostRevision, Reaction, Thread
from scs_series.services.mentions import mentioned

Kind = Notification.Kind
#: Parsing a long text takes up to half a second, and a post may have thousands of states.
_STATES_PARSED = 10


@dataclass
class Happening:
    """One thing that happened.

    ``direct``: whom it is about, and how; the most specific of several. ``is_for_subscribers``: whether those who watch
    or follow are told too. ``is_start``: a new thread.
    """

    actor: int
    part: Part
    thread: Thread | None = None
    post: Post | None = None
    direct: dict[int, Kind] = field(default_factory=dict)
    is_for_subscribers: bool = False
    is_start: bool = False
    #: Whoever has read the thread as far as this knows of it already.
    is_known_by_reading: bool = False

    @property
    def number(self) -> int | None:
        return self.post.number if self.post else None

    @property
    def targets(self) -> list[dict[str, int]]:
        """What may be subscribed to that this lies in, each as a filter, from the narrowest to the widest."""
        wide = [{"series": self.part.series_id}]
        if self.thread is None:
            return [{"part": self.part.pk}, *wide]
        tags = self.thread.tag_items.order_by("tag_id").values_list("tag_id", flat=True)
        return [
            {"thread": self.thread.pk},
            {"part": self.part.pk},
            *({"tag": tag} for tag in tags),
            *wide,
        ]

    def group(self, kind: Kind) -> str:
        """What is told together while it is unread."""
        if kind == Kind.PART:
            return f"{kind}:{self.part.pk}"
        if kind == Kind.REACTION and self.post:
            return f"{kind}:{self.post.pk}"
        return f"{kind}:{self.thread.pk if self.thread else 0}"

    def is_visible_to(self, user: Any) -> bool:
        """None is a visitor: what they may see, every member may."""
        if self.thread is not None:
            return Thread.objects.visible_to(user).filter(pk=self.thread.pk).exists()
        return Part.objects.visible_to(user).filter(pk=self.part.pk).exists()


def happening_of(item: OutboxItem) -> Happening | None:
    """What happened; None where it is not so any more: hidden, withdrawn, taken back meanwhile."""
    told = item.payload
    read = _READ.get(str(told.get("event")))
    return read(told) if read else None


def _posted(told: dict[str, Any]) -> Happening | None:
    post = _post(told)
    if post is None:
        return None
    direct: dict[int, Kind] = {}
    if post.answers is not None:
        direct[post.answers.author_id] = Kind.ANSWER
    for member in mentioned(post.body):
        direct[member.pk] = Kind.MENTION
    return Happening(
        actor=told["by"], part=post.thread.part, thread=post.thread, post=post, direct=direct,
        is_for_subscribers=True, is_start=post.number == 1, is_known_by_reading=True,
    )  # fmt: skip


def _edited(told: dict[str, Any]) -> Happening | None:
    """Only who is named now and was in no state before."""
    post = _post(told)
    if post is None:
        return None
    states = PostRevision.objects.filter(post=post)
    now = states.filter(number=told["revision"]).values_list("body", flat=True).first() or post.body
    # The author was not told of what they wrote, nor is whoever they answered told twice.
    known = {post.author_id, *([post.answers.author_id] if post.answers else [])}
    new = {member.pk: member for member in mentioned(now) if member.pk not in known}
    before = states.filter(number__lt=told["revision"]).order_by("-number").values_list("body", flat=True)
    # A state is parsed only where somebody new may be named in it, and of a post that was edited without end no more
    # than so many: who is named in one beyond, in whatever way, counts as told.
    for place, body in enumerate(before.iterator() if new else ()):
        written = unicodedata.normalize("NFKC", body).lower()
        maybe = {key for key, member in new.items() if f"@{member.username}" in written}
        if maybe and place < _STATES_PARSED:
            maybe &= {member.pk for member in mentioned(body)}
        for key in maybe:
            del new[key]
        if not new:
            break
    direct = dict.fromkeys(new, Kind.MENTION)
    return Happening(
        actor=told["by"], part=post.thread.part, thread=post.thread, post=post, direct=direct
    )  # fmt: skip


def _reacted(told: dict[str, Any]) -> Happening | None:
    post = _post(told)
    said = Reaction.objects.filter(post=told["post"], member=told["by"], word=told.get("word", ""))
    if post is None or not said.exists():
        return None
    return Happening(
        actor=told["by"], part=post.thread.part, thread=post.thread, post=post,
        direct={post.author_id: Kind.REACTION},
    )  # fmt: skip


def _accepted(told: dict[str, Any]) -> Happening | None:
    post = _post(told)
    if post is None or post.thread.accepted_number != post.number:
        return None
    return Happening(
        actor=told["by"], part=post.thread.part, thread=post.thread, post=post,
        direct={post.thread.author_id: Kind.ACCEPTED, post.author_id: Kind.ACCEPTED},
    )  # fmt: skip


def _resolved(told: dict[str, Any]) -> Happening | None:
    thread = Thread.objects.select_related("part__series").filter(pk=told["thread"]).first()
    if thread is None or thread.resolution != told.get("resolution", thread.resolution):
        return None
    return Happening(
        actor=told["by"], part=thread.part, thread=thread, direct={thread.author_id: Kind.RESOLVED}
    )


def _part_published(told: dict[str, Any]) -> Happening | None:
    part = Part.objects.select_related("series").published().filter(pk=told["part"]).first()
    if part is None:
        return None
    return Happening(actor=told["by"], part=part, is_for_subscribers=True)


def _post(told: dict[str, Any]) -> Post | None:
    return (
        Post.objects.published().select_related("thread__part__series", "answers")
        .defer("body_html", "fragment", "answers__body", "answers__body_html", "answers__fragment", "thread__part__body", "thread__part__body_html")
        .filter(pk=told["post"]).first()
    )  # fmt: skip


_READ: dict[str, Callable[[dict[str, Any]], Happening | None]] = {
    "posted": _posted, "edited": _edited, "reacted": _reacted, "accepted": _accepted, "resolved": _resolved,
    "part_published": _part_published,
}  # fmt: skip
