"""Posts as every answer shows them: what is read of them, and what one user may see of that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from scs_series.api.addresses import Addresses
from scs_series.api.fields import Choice, utc
from scs_series.api.members import AuthorSerializer, represent_author, represent_name
from scs_series.models import Post, PostRevision, Thread
from scs_series.policies import policy
from scs_series.services import discussion as services

#: What is read of a post: tuples with names, at half the price of model instances.
COLUMNS = (
    "id", "thread_id", "thread__title", "number", "author_id", "author__username", "author__display_name",
    "answers__number", "body", "body_html", "status", "hidden_reason", "revision_number", "edited_at", "edit_reason",
    "created_at", "answer_numbers", "reaction_counts", "thread__kind", "thread__resolution", "thread__accepted_number",
)  # fmt: skip


class PostSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """One message in a thread. A hidden or withdrawn one keeps its number; its text is null for who may not see it."""

    id = serializers.IntegerField()
    thread = serializers.IntegerField(help_text="The id of the thread.")
    number = serializers.IntegerField(help_text="1, 2, 3 … within the thread, without gaps.")
    author = AuthorSerializer()
    answers = serializers.IntegerField(allow_null=True, help_text="The number of the post it answers.")
    answered_by = serializers.ListField(
        child=serializers.IntegerField(), help_text="The numbers of the posts that answer it."
    )
    is_accepted = serializers.BooleanField(help_text="Whether it is the accepted answer to a question.")
    reactions = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="How many said which word; words that nobody said are left out.",
    )
    status = Choice(Post.Status, name="PostStatus")
    hidden_reason = serializers.CharField()
    body = serializers.CharField(allow_null=True, help_text="Markdown.")
    body_html = serializers.CharField(allow_null=True, help_text="Sanitised HTML of the text.")
    revision = serializers.IntegerField(help_text="The revision in force: send it as `expected_revision`.")
    edited_at = serializers.DateTimeField(allow_null=True)
    edit_reason = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    api_url = serializers.URLField()
    html_url = serializers.URLField(allow_null=True)


class PostRows:
    """Turns rows of COLUMNS into what one user may see of them. ``differ``: another may see more, or less."""

    def __init__(self, user: Any) -> None:
        self.user = user
        self.differ = False

    def _sees(self, row: Any) -> bool:
        if row.status == Post.Status.PUBLISHED:
            return True
        self.differ = True
        post = Post(
            pk=row.id, thread_id=row.thread_id, number=row.number, author_id=row.author_id, status=row.status
        )
        return policy.can_see_hidden_post(self.user, post)

    def represent(self, rows: Sequence[Any], addresses: Addresses) -> list[dict[str, Any]]:
        represented = []
        for row in rows:
            seen = self._sees(row)
            represented.append({
                "id": row.id,
                "thread": row.thread_id,
                "number": row.number,
                "author": represent_name(row.author__username, row.author__display_name, addresses),
                "answers": row.answers__number,
                "answered_by": row.answer_numbers,
                "is_accepted": (
                    row.number == row.thread__accepted_number
                    and Thread(kind=row.thread__kind, resolution=row.thread__resolution).is_answered
                ),
                "reactions": services.shown_counts(row.reaction_counts) if seen else {},
                "status": row.status,
                "hidden_reason": row.hidden_reason,
                "body": row.body if seen else None,
                "body_html": row.body_html if seen else None,
                "revision": row.revision_number,
                "edited_at": utc(row.edited_at),
                "edit_reason": row.edit_reason if seen else None,
                "created_at": utc(row.created_at),
                "api_url": addresses.api("post-detail", row.id),
                "html_url": addresses.thread_page(row.thread_id, row.thread__title, row.number),
            })  # fmt: skip
        return represented


class PostRevisionSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """A state of a post that a later one replaced. The state in force is the post itself."""

    number = serializers.IntegerField()
    body = serializers.CharField()
    editor = AuthorSerializer()
    reason = serializers.CharField()
    created_at = serializers.DateTimeField()


def represent_revisions(rows: Sequence[PostRevision], addresses: Addresses) -> list[dict[str, Any]]:
    return [
        {
            "number": row.number,
            "body": row.body,
            "editor": represent_author(row.editor, addresses),
            "reason": row.reason,
            "created_at": utc(row.created_at),
        }
        for row in rows
    ]
