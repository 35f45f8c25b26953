"""Domain errors. Services raise them; pages, admin and API turn them into messages and codes at the edge.

Every error has a stable ``code`` (API clients and tests rely on it), a message for people that says what to
do next, and, where one field is at fault, its name.
"""

from __future__ import annotations

import math
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

Message = str | Promise


class SeriesError(Exception):
    """Base of all domain errors."""

    code = "error"
    message: Message = _("This could not be done.")

    def __init__(self, message: Message | None = None, *, field: str | None = None, **details: Any) -> None:
        if message is not None:
            self.message = message
        self.field = field
        self.details = details
        super().__init__(str(self.code))

    def __str__(self) -> str:
        return str(self.message)


class InvalidInput(SeriesError):
    """A value a person typed does not hold; ``code`` names the rule, ``field`` where it was typed."""

    def __init__(self, message: Message, *, code: str, field: str | None = None, **details: Any) -> None:
        super().__init__(message, field=field, **details)
        self.code = code
        self.args = (code,)


class NotAllowed(SeriesError):
    """The policy says no. Edges answer 403 (or 404 where the thing itself may not be seen)."""

    code = "not_allowed"
    message = _("You may not do this.")


class ThreadLocked(SeriesError):
    code = "thread_locked"
    message = _("This thread is locked: it can be read, but not answered.")


class EditWindowOver(SeriesError):
    """One's own post, longer ago than SCS_SERIES["EDIT_WINDOW"]."""

    code = "edit_window_over"
    message = _(
        "The time in which you could change or withdraw this post is over. Answer it, and say there what is to be corrected."
    )


class StaleEdit(SeriesError):
    """Somebody saved in between. ``current`` is the text as it stands, ``yours`` what was sent.

    ``current_revision`` is the number to send back once the two have been reconciled.
    """

    code = "stale_edit"
    message = _(
        "Somebody else saved a change while you were writing. Both texts are kept: compare them below."
    )

    def __init__(self, *, current: str, yours: str, current_revision: int) -> None:
        super().__init__(current_revision=current_revision)
        self.current = current
        self.yours = yours
        self.current_revision = current_revision


class StaleDraft(SeriesError):
    """The draft was saved elsewhere meanwhile. ``draft`` is what is kept; what was sent now is not."""

    code = "stale_draft"
    message = _("This draft was changed in another window or on another device.")

    def __init__(self, draft: Any) -> None:
        super().__init__()
        self.draft = draft


class AlreadySent(SeriesError):
    """What is saved as a draft was sent: ``post`` is what it became."""

    code = "already_sent"
    message = _("This text was sent already, from another window or device.")

    def __init__(self, post: Any) -> None:
        super().__init__()
        self.post = post


class RateLimited(SeriesError):
    """Too often. ``retry_after``: seconds until the next try can succeed."""

    code = "rate_limited"

    def __init__(self, retry_after: int) -> None:
        super().__init__(_too_often(retry_after))
        self.retry_after = retry_after


def _too_often(seconds: int) -> str:
    """When to try again, as people say it: nobody waits for 2561 seconds."""
    if seconds < 120:
        words = ngettext("That was too often. Try again in %(n)d second.", "That was too often. Try again in %(n)d seconds.", seconds)  # fmt: skip
        return words % {"n": seconds}
    minutes = math.ceil(seconds / 60)
    if minutes < 120:
        return _("That was too often. Try again in %(n)d minutes.") % {"n": minutes}
    return _("That was too often. Try again in %(n)d hours.") % {"n": math.ceil(seconds / 3600)}


class BadCursor(SeriesError):
    """A page marker that was cut or made up."""

    code = "bad_cursor"
    message = _("This page marker is not one of ours. Start again from the first page.")


class SignedOut(NotAllowed):
    """Sent by a visitor: whoever wrote it was signed in when they opened the form."""

    code = "signed_out"
    message = _("You are signed out. Copy what you typed, sign in, and send it again.")
    #: Where what they typed is kept for them meanwhile.
    kept = _("You are signed out. What you typed is kept: sign in, and go on.")


class FormOutdated(NotAllowed):
    """The token of a form does not hold any more."""

    code = "form_outdated"
    message = _("The form was not sent. Copy what you typed, open the form again, and send it from there.")


class Gone(SeriesError):
    """What a text was sent to was hidden or taken back meanwhile, or never was there."""

    code = "gone"
    message = _("What you wrote this for is not there, or not there any more.")


class WrongMethod(SeriesError):
    """An address that is there, asked in a way it does not take: a form sent to a page that is only read."""

    code = "method_not_allowed"
    message = _("This address cannot be used that way.")
