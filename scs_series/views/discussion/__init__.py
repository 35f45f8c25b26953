"""A part's threads, a thread and its posts: read, followed, started, answered, edited."""

from scs_series.views.discussion.acting import (
    post_accept,
    post_react,
    post_reactions,
    post_restore,
    post_withdraw,
    thread_resolve,
)
from scs_series.views.discussion.following import post_branch, post_detail
from scs_series.views.discussion.live import thread_new
from scs_series.views.discussion.positions import part_read, thread_read
from scs_series.views.discussion.reading import post_history, thread_detail, thread_list
from scs_series.views.discussion.stream import thread_events
from scs_series.views.discussion.writing import post_create, post_edit, thread_create, thread_edit

__all__ = [
    "part_read",
    "post_accept",
    "post_branch",
    "post_create",
    "post_detail",
    "post_edit",
    "post_history",
    "post_react",
    "post_reactions",
    "post_restore",
    "post_withdraw",
    "thread_create",
    "thread_detail",
    "thread_edit",
    "thread_events",
    "thread_list",
    "thread_new",
    "thread_read",
    "thread_resolve",
]
