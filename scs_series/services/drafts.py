"""Drafts: what a member typed and did not send yet, kept on the server."""

from __future__ import annotations

from scs_series.models import Draft, Member, Part, Thread


def drop_draft(*, member: Member, thread: Thread | None = None, part: Part | None = None) -> None:
    """Forget the draft of an answer in a thread, or of a new thread under a part: it was sent, or is not wanted."""
    Draft.objects.filter(member=member, thread=thread, part=part).delete()
