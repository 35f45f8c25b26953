"""Threads, posts and the revisions of posts."""

from scs_series.admin.discussion import posts, threads

__all__ = ["posts", "threads"]
