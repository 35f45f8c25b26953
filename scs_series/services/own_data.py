"""A member's own data: everything that the app holds about them, as one JSON text of any length.

Rows are read some at a time and written as they come, so that a member of a million posts takes no more memory than
one of ten. docs/members.md tells the format.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone

from scs_series.conf import app_settings
from scs_series.exceptions import NotAllowed
from scs_series.models import (
    Block,
    Bookmark,
    Draft,
    Member,
    Notification,
    OutboxItem,
    PartReading,
    PartRevision,
    Post,
    PostRevision,
    Reaction,
    Series,
    Source,
    SourceLink,
    Submission,
    Subscription,
    Thread,
    ThreadReading,
)
from scs_series.policies import policy
from scs_series.ratelimit import count_or_refuse
from scs_series.services.members import PREFERENCES
from scs_series.services.records import RECORD_FIELDS

#: Raised when a section or a field goes or means something else; new ones may come at any time.
FORMAT = 1
_BATCH = 500


@dataclass(frozen=True)
class Section:
    """One list of the download: rows of ``model`` whose ``owner`` is the member, with these fields."""

    name: str
    model: type[models.Model]
    owner: str
    fields: tuple[str, ...]


_PLACE = ("series__slug", "part__number")
#: What of other people's is named here, is named by number and key alone: a title may not be theirs to read any more.
SECTIONS = (
    Section("threads", Thread, "author", ("title", "kind", *_PLACE, "resolution", "created_at", "last_post_at", "hidden_at", "hidden_reason")),
    Section("posts", Post, "author", ("thread", "number", "answers__number", "body", "status", "hidden_at", "hidden_reason", "revision_number", "edited_at", "edit_reason", "reaction_counts", "submission_key", "created_at")),
    Section("earlier_texts_of_posts", PostRevision, "post__author", ("post", "post__thread", "post__number", "number", "body", "editor__username", "reason", "created_at")),
    Section("texts_written_into_posts", PostRevision, "editor", ("post", "post__thread", "post__number", "number", "body", "reason", "created_at")),
    Section("posts_edited", Post, "edited_by", ("thread", "number", "revision_number", "edited_at", "edit_reason")),
    Section("reactions", Reaction, "member", ("post", "post__thread", "post__number", "word", "created_at")),
    Section("bookmarks", Bookmark, "member", ("post", "post__thread", "post__number", "part__series__slug", "part__number", "note", "created_at")),
    Section("drafts", Draft, "member", ("thread", "part__series__slug", "part__number", "title", "kind", "tags", "answers", "body", "updated_at")),
    Section("subscriptions", Subscription, "member", ("level", "thread", "part__series__slug", "part__number", "tag__slug", "series__slug", "is_automatic", "created_at")),
    Section("read_threads", ThreadReading, "member", ("thread", "number", "updated_at")),
    Section("read_parts", PartReading, "member", ("part__series__slug", "part__number", "section", "percent", "updated_at")),
    Section("notifications", Notification, "member", ("kind", "group", "thread", "part__series__slug", "part__number", "first_number", "last_number", "count", "people", "created_at", "updated_at", "read_at")),
    Section("mail", OutboxItem, "member", ("kind", "key", "payload", "status", "due_at", "attempts", "created_at", "done_at")),
    Section("blocks", Block, "member", ("other__username", "level", "created_at")),
    Section("series", Series, "authors", ("slug", "title")),
    Section("texts_of_parts", PartRevision, "editor", ("part__series__slug", "part__number", "number", "title", "standfirst", "body", "reason", "created_at")),
    Section("sources", Source, "added_by", ("series__slug", *RECORD_FIELDS, "authors", "created_at", "submission_key")),
    Section("source_links", SourceLink, "added_by", ("source__series__slug", "source__key", "part__number", "post", "note", "created_at")),
    Section("threads_pinned", Thread, "pinned_by", ("pinned_at",)),
    Section("threads_locked", Thread, "locked_by", ("locked_at", "locked_reason")),
    Section("threads_hidden", Thread, "hidden_by", ("hidden_at", "hidden_reason")),
    Section("threads_decided", Thread, "resolved_by", ("resolution", "resolved_at", "resolved_reason")),
    Section("answers_accepted", Thread, "accepted_by", ("accepted_number", "accepted_at")),
    Section("posts_hidden", Post, "hidden_by", ("thread", "number", "hidden_at", "hidden_reason")),
    Section("sent_with_keys", Submission, "member", ("kind", "key", "made_id", "created_at")),
)  # fmt: skip

#: Relations to a member that are not in it, and why.
LEFT_OUT = {("Block", "other"): "who keeps somebody away is theirs to know alone"}


def download_data(*, member: Member, by: Any) -> Iterator[str]:
    """A member's own data as pieces of one JSON text. Raises NotAllowed for everybody else, RateLimited."""
    if not policy.can_download_data(by, member):
        raise NotAllowed
    count_or_refuse("data", member.pk, app_settings.DATA_RATE)
    return data_of(member)


def data_of(member: Member) -> Iterator[str]:
    """The same for who runs the site (``manage.py scs_member_data``)."""
    head = {
        "format": FORMAT,
        "site": str(app_settings.SITE_NAME),
        "made_at": timezone.now(),
        "account": _account(member),
        "profile": _profile(member),
        "preferences": {name: getattr(member, name) for name in PREFERENCES},
    }
    yield _json(head)[:-1]
    for section in SECTIONS:
        yield f",\n{_json(section.name)}: ["
        comma = "\n"
        for row in _rows(section, member):
            yield f"{comma}{_json(row)}"
            comma = ",\n"
        yield "]"
    yield "}\n"


def _json(value: object) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)


def _account(member: Member) -> dict[str, Any] | None:
    """What the app reads of the host's account."""
    user = member.user
    if user is None:
        return None
    email = getattr(type(user), "EMAIL_FIELD", "")
    return {"username": user.get_username(), "email": getattr(user, email, "") if email else ""}


def _profile(member: Member) -> dict[str, Any]:
    left = {"user", *PREFERENCES}
    return {
        field.name: field.value_from_object(member)
        for field in member._meta.concrete_fields
        if field.name not in left
    }


def _rows(section: Section, member: Member) -> Iterator[dict[str, Any]]:
    """By key and not by one long query: no cursor stays open however slowly the text is taken."""
    rows = section.model._default_manager.filter(**{section.owner: member}).order_by("pk")
    last = 0
    while batch := list(rows.filter(pk__gt=last).values("id", *section.fields)[:_BATCH]):
        for row in batch:
            shown = {_plain(name): value for name, value in row.items()}
            if "body" in shown:
                shown["uploads"] = _uploads_in(shown["body"])
            yield shown
        last = batch[-1]["id"]


def _plain(name: str) -> str:
    """``part__series__slug`` → ``part_series_slug``."""
    return name.replace("__", "_")


def _uploads_in(body: str) -> list[str]:
    """Addresses of uploaded images that a text shows: uploads are kept under no name, so texts alone tell of them."""
    prefix = re.escape(f"{settings.MEDIA_URL}{app_settings.UPLOAD_PATH}")
    return sorted(set(re.findall(rf"{prefix}[\w./-]+", body)))
