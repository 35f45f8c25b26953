"""All models, by name: ``from scs_series.models import Thread``. Within this package modules import each other."""

from scs_series.models.discussion import Post, PostRevision, Reaction, Thread
from scs_series.models.drafts import Draft
from scs_series.models.members import Block, MailPace, Member, RetiredName, member_of
from scs_series.models.notifications import Notification, OutboxItem
from scs_series.models.reading import Bookmark, PartReading, ThreadReading
from scs_series.models.series import Part, PartRevision, Series
from scs_series.models.sources import Source, SourceLink
from scs_series.models.submissions import Submission
from scs_series.models.subscriptions import Subscription
from scs_series.models.tagging import SourceTag, Tag, ThreadTag

__all__ = [
    "Block",
    "Bookmark",
    "Draft",
    "MailPace",
    "Member",
    "Notification",
    "OutboxItem",
    "Part",
    "PartReading",
    "PartRevision",
    "Post",
    "PostRevision",
    "Reaction",
    "RetiredName",
    "Series",
    "Source",
    "SourceLink",
    "SourceTag",
    "Submission",
    "Subscription",
    "Tag",
    "Thread",
    "ThreadReading",
    "ThreadTag",
    "member_of",
]
