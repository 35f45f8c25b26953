"""Threads and posts."""

from scs_series.api.discussion.posts import PostSet
from scs_series.api.discussion.threads import ThreadSet

__all__ = ["PostSet", "ThreadSet"]
