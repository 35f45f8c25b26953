"""All models, by name: ``from scs_series.models import Thread``. Within this package modules import each other."""

from scs_series.models.discussion import Post, PostRevision, Thread
from scs_series.models.members import Member, member_of
from scs_series.models.series import Part, PartRevision, Series
from scs_series.models.sources import Source, SourceLink
from scs_series.models.submissions import Submission
from scs_series.models.tagging import SourceTag, Tag, ThreadTag

__all__ = [
    "Member",
    "Part",
    "PartRevision",
    "Post",
    "PostRevision",
    "Series",
    "Source",
    "SourceLink",
    "SourceTag",
    "Submission",
    "Tag",
    "Thread",
    "ThreadTag",
    "member_of",
]
