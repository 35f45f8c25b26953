"""A part's threads, a thread and its posts: read, started, answered, edited."""

from scs_series.views.discussion.acting import (
    post_accept,
    post_react,
    post_reactions,
    post_restore,
    post_withdraw,
    thread_resolve,
)
from scs_series.views.discussion.reading import post_history, thread_detail, thread_list
from scs_series.views.discussion.writing import post_create, post_edit, thread_create, thread_edit

__all__ = [
    "post_accept",
    "post_create",
    "post_edit",
    "post_history",
    "post_react",
    "post_reactions",
    "post_restore",
    "post_withdraw",
    "thread_create",
    "thread_detail",
    "thread_edit",
    "thread_list",
    "thread_resolve",
]
