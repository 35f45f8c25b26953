"""Threads and posts.

Rows are locked and written in one order everywhere: thread, post, part, series, tags, member, sources. Text is
checked and rendered before the transaction begins, so that no lock is held while Markdown is parsed.
"""

from scs_series.services.discussion.checking import REASON_MAX_LENGTH, clean_title
from scs_series.services.discussion.posts import edit_post, hide_post, unhide_post
from scs_series.services.discussion.threads import (
    edit_thread,
    hide_thread,
    lock_thread,
    pin_thread,
    thread_in_words,
    unhide_thread,
    unlock_thread,
    unpin_thread,
)
from scs_series.services.discussion.writing import reply, start_thread
from scs_series.services.submissions import clean_submission_key

__all__ = [
    "REASON_MAX_LENGTH",
    "clean_submission_key",
    "clean_title",
    "edit_post",
    "edit_thread",
    "hide_post",
    "hide_thread",
    "lock_thread",
    "pin_thread",
    "reply",
    "start_thread",
    "thread_in_words",
    "unhide_post",
    "unhide_thread",
    "unlock_thread",
    "unpin_thread",
]
