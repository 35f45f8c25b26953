"""A part's threads, a thread and its posts: read, started, answered, edited."""

from scs_series.views.discussion.reading import post_history, thread_detail, thread_list
from scs_series.views.discussion.writing import post_create, post_edit, thread_create, thread_edit

__all__ = [
    "post_create",
    "post_edit",
    "post_history",
    "thread_create",
    "thread_detail",
    "thread_edit",
    "thread_list",
]
