"""Threads and posts.

Rows are locked and written in one order everywhere: thread, post, part, series, tags, member, sources. Text is
checked and rendered before the transaction begins, so that no lock is held while Markdown is parsed.
"""

from scs_series.services.discussion.checking import REASON_MAX_LENGTH, clean_title
from scs_series.services.discussion.posts import (
    ask_edit,
    ask_withdraw,
    edit_post,
    hide_post,
    restore_post,
    unhide_post,
    withdraw_post,
)
from scs_series.services.discussion.reactions import react, reaction_words, shown_counts, unreact
from scs_series.services.discussion.resolving import accept_answer, resolve_thread
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
    "accept_answer",
    "ask_edit",
    "ask_withdraw",
    "clean_submission_key",
    "clean_title",
    "edit_post",
    "edit_thread",
    "hide_post",
    "hide_thread",
    "lock_thread",
    "pin_thread",
    "react",
    "reaction_words",
    "reply",
    "resolve_thread",
    "restore_post",
    "shown_counts",
    "start_thread",
    "thread_in_words",
    "unhide_post",
    "unhide_thread",
    "unlock_thread",
    "unpin_thread",
    "unreact",
    "withdraw_post",
]
