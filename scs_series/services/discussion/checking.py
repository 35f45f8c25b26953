"""What is sent, before it is written: titles, and what was sent before."""

import unicodedata

from django.utils.translation import gettext as _

from scs_series.conf import app_settings
from scs_series.exceptions import InvalidInput
from scs_series.models import Member, Post

REASON_MAX_LENGTH = 300


def clean_title(raw: str) -> str:
    """A thread's title: one line, no invisible characters, within the host's lengths.

    Raises InvalidInput (field ``title``): ``title_too_short``, ``title_too_long``.
    """
    title = "".join(
        " " if c.isspace() else c
        for c in unicodedata.normalize("NFC", raw)
        if c.isspace() or c in "\u200c\u200d" or unicodedata.category(c) not in ("Cc", "Cf", "Cs")
    )
    title = " ".join(title.split())
    least, most = app_settings.TITLE_MIN_LENGTH, app_settings.TITLE_MAX_LENGTH
    # A Han character says about what two letters do (the same measure as column width in East Asian text).
    width = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in title if c not in "\u200c\u200d")
    if width < least:
        raise InvalidInput(
            _("Use at least %(least)d characters; this has %(has)d.") % {"least": least, "has": len(title)},
            code="title_too_short",
            field="title",
        )
    if len(title) > most:
        raise InvalidInput(
            _("Use at most %(most)d characters; this has %(has)d.") % {"most": most, "has": len(title)},
            code="title_too_long",
            field="title",
        )
    return title


def already_posted(
    member: Member,
    submission_key: str | None,
    body: str,
    *,
    part: int | None = None,
    thread: int | None = None,
) -> Post | None:
    """What this member sent with this key: the opening post of a thread under ``part``, or an answer in ``thread``.

    Raises InvalidInput (``key_already_used``) where the key was sent with something else: answering as if that had
    been written now would lose the new text.
    """
    if not submission_key:
        return None
    post = Post.objects.filter(author=member, submission_key=submission_key).select_related("thread").first()
    if post is None:
        return None
    same_act = post.thread.part_id == part if part else post.thread_id == thread
    # Of an edited post only the number is compared: it was another text when it was sent.
    same_text = post.revision_number > 1 or post.body.split() == body.split()
    if same_act and same_text and (post.number == 1) == (part is not None):
        return post
    raise InvalidInput(
        _(
            "This was sent before with another text, which is posted. Edit that one, or send this as a new one."
        ),
        code="key_already_used",
        field="submission_key",
    )
