"""What was typed for a form and not sent: a draft of this or another device, or what was sent before signing in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from scs_series.exceptions import AlreadySent, InvalidInput, RateLimited, StaleDraft
from scs_series.models import Draft, Part, Thread, member_of
from scs_series.services.drafts import draft_of, new_stamp, save_draft
from scs_series.views.discussion.mine import Mine
from scs_series.views.finding import number_in
from scs_series.views.kept import forget_sent, kept_sent


@dataclass
class Unsent:
    """``initial``: values of the form. ``at``: when the draft that they come from was saved. ``stamp``: the state of the
    draft that the form knows. ``other``: a draft with another text, saved elsewhere. ``kept``: the address that the
    text was sent to before its writer signed in."""

    initial: dict[str, Any] = field(default_factory=dict)
    at: datetime | None = None
    stamp: str = ""
    other: Draft | None = None
    kept: str = ""
    is_saved: bool = False
    says: str = ""

    @classmethod
    def of_form(cls, request: HttpRequest) -> Unsent:
        """What a form that was sent knew of its draft."""
        return cls(stamp=request.POST.get("draft_stamp", "")[:32], kept=request.POST.get("kept", "")[:1_000])


def unsent(request: HttpRequest, *, thread: Thread | None = None, part: Part | None = None) -> Unsent:
    """What a form that is opened now begins with."""
    fields = kept_sent(request)
    if fields:
        return Unsent(initial=dict(fields), kept=request.path)
    draft = draft_of(member=member_of(request.user), thread=thread, part=part)
    return of_draft(draft) if draft else Unsent()


def of_draft(draft: Draft) -> Unsent:
    values = {
        name: getattr(draft, name) for name in ("body", "answers", "title", "kind", "tags", "submission_key")
    }
    initial = {name: value for name, value in values.items() if value}
    return Unsent(initial=initial, at=draft.updated_at, stamp=draft.stamp)


def of_mine(mine: Mine) -> Unsent:
    """The same on a thread's own page, where the draft was read with all else of the reader."""
    if mine.draft_at is None:
        return Unsent()
    values = {"body": mine.draft, "answers": mine.draft_answers, "submission_key": mine.draft_key}
    initial = {name: value for name, value in values.items() if value}
    return Unsent(initial=initial, at=mine.draft_at, stamp=mine.draft_stamp)


def save_typed(request: HttpRequest, *, thread: Thread | None = None, part: Part | None = None) -> Unsent:
    """Keep what a form was sent with for a preview: the way of pages without scripts."""
    now = Unsent.of_form(request)
    typed = {name: request.POST.get(name, "") for name in ("body", "title", "kind", "tags")}
    stamp = new_stamp()
    try:
        draft = save_draft(
            by=request.user,
            thread=thread,
            part=part,
            answers=number_in(request.POST.get("answers")),
            submission_key=request.POST.get("submission_key"),
            stamp=stamp,
            known=[now.stamp],
            **typed,
        )
    except StaleDraft as error:
        # It is shown beside what was typed; who saw it may go on, and it is written over.
        now.other, now.stamp = error.draft, error.draft.stamp
    except AlreadySent as error:
        now.says = str(error)
    except (InvalidInput, RateLimited) as error:
        now.says = str(error)
    else:
        forget_sent(request)
        now.stamp, now.kept, now.is_saved = (draft.stamp if draft else ""), "", draft is not None
    return now
