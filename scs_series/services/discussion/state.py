"""A thread's row, and a post's: held under their locks; the thread saved with its row in lists."""

from scs_series.models import Post, Thread
from scs_series.services.rendering import thread_row

#: What of a thread may change between reading a page and writing, read again under the lock.
_STATE = (
    "title", "kind", "revision_number", "last_number", "post_count", "last_post_at", "pinned_at", "locked_at", "hidden_at",
    "version", "resolution", "resolved_reason", "accepted_number", "accepted_at", "accepted_by_id",
)  # fmt: skip


def lock_row(thread: Thread) -> bool:
    """Hold the thread's row to the end of the transaction, and bring the one at hand up to date with it.

    True if it had changed since it was read; then its author and part are those of now too, for their names and
    numbers show in what is rendered under the lock.
    """
    now = Thread.objects.select_for_update().only(*_STATE).get(pk=thread.pk)
    had_changed = now.version != thread.version
    for field in _STATE:
        setattr(thread, field, getattr(now, field))
    if had_changed:  # a second look: the first may have waited, and sees other rows as they were before
        now = Thread.objects.select_related("author", "part").get(pk=thread.pk)
        thread.author, thread.part = now.author, now.part
    return had_changed


def locked_post(post: Post) -> Post:
    """The post as it is now, with the names that it shows; its thread is held already."""
    return (
        Post.objects.select_for_update(of=("self",))
        .select_related("author", "answers__author")
        .get(pk=post.pk)
    )


def save_state(thread: Thread, *fields: str) -> None:
    thread.row_html = thread_row(thread)
    thread.save(update_fields=[*fields, "row_html"])
