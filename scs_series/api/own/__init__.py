"""A member's own: preferences, subscriptions, bookmarks, drafts and blocks."""

from scs_series.api.own.blocks import BlockSet
from scs_series.api.own.bookmarks import BookmarkSet
from scs_series.api.own.drafts import DraftSet
from scs_series.api.own.preferences import PreferencesSet
from scs_series.api.own.subscriptions import SubscriptionSet

__all__ = ["BlockSet", "BookmarkSet", "DraftSet", "PreferencesSet", "SubscriptionSet"]
