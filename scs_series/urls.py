"""The pages. A host includes this where it likes."""

from django.urls import path

from scs_series import converters  # noqa: F401  (registers them)
from scs_series.views import (
    bookmarks,
    discussion,
    drafts,
    members,
    notifications,
    preferences,
    series,
    sources,
    subscriptions,
    tagging,
    writing,
)
from scs_series.views.refusals import told_of_methods

app_name = "scs_series"

urlpatterns = [
    path("series/", series.series_list, name="series-list"),
    path("series/<scs_name:series>/", series.series_detail, name="series-detail"),
    path("series/<scs_name:series>/sources/", sources.source_list, name="source-list"),
    path("series/<scs_name:series>/sources/<scs_name:key>/", sources.source_detail, name="source-detail"),
    path("series/<scs_name:series>/<scs_name:part>/", series.part_detail, name="part-detail"),
    path("series/<scs_name:series>/<scs_name:part>/history/", series.part_history, name="part-history"),
    path("series/<scs_name:series>/<scs_name:part>/bookmark/", bookmarks.part_bookmark, name="part-bookmark"),
    path("series/<scs_name:series>/<scs_name:part>/threads/", discussion.thread_list, name="thread-list"),
    path(
        "series/<scs_name:series>/<scs_name:part>/threads/new/",
        discussion.thread_create,
        name="thread-create",
    ),
    path("series/<scs_name:series>/<scs_name:part>/read/", discussion.part_read, name="part-read"),
    path("threads/<scs_number:pk>/<scs_name:slug>/", discussion.thread_detail, name="thread-detail"),
    path("threads/<scs_number:pk>/<scs_name:slug>/edit/", discussion.thread_edit, name="thread-edit"),
    path("threads/<scs_number:pk>/<scs_name:slug>/reply/", discussion.post_create, name="post-create"),
    path(
        "threads/<scs_number:pk>/<scs_name:slug>/posts/<scs_number:number>/edit/",
        discussion.post_edit,
        name="post-edit",
    ),
    path(
        "threads/<scs_number:pk>/<scs_name:slug>/posts/<scs_number:number>/history/",
        discussion.post_history,
        name="post-history",
    ),
    path(
        "threads/<scs_number:pk>/<scs_name:slug>/posts/<scs_number:number>/react/",
        discussion.post_react,
        name="post-react",
    ),
    path(
        "threads/<scs_number:pk>/<scs_name:slug>/posts/<scs_number:number>/reactions/",
        discussion.post_reactions,
        name="post-reactions",
    ),
    path(
        "threads/<scs_number:pk>/<scs_name:slug>/posts/<scs_number:number>/accept/",
        discussion.post_accept,
        name="post-accept",
    ),
    path(
        "threads/<scs_number:pk>/<scs_name:slug>/posts/<scs_number:number>/withdraw/",
        discussion.post_withdraw,
        name="post-withdraw",
    ),
    path(
        "threads/<scs_number:pk>/<scs_name:slug>/posts/<scs_number:number>/restore/",
        discussion.post_restore,
        name="post-restore",
    ),
    path(
        "threads/<scs_number:pk>/<scs_name:slug>/resolve/", discussion.thread_resolve, name="thread-resolve"
    ),
    path(
        "threads/<scs_number:pk>/<scs_name:slug>/posts/<scs_number:number>/bookmark/",
        bookmarks.post_bookmark,
        name="bookmark-create",
    ),
    path(
        "threads/<scs_number:pk>/<scs_name:slug>/posts/<scs_number:number>/",
        discussion.post_detail,
        name="post-detail",
    ),
    path(
        "threads/<scs_number:pk>/<scs_name:slug>/posts/<scs_number:number>/branch/",
        discussion.post_branch,
        name="post-branch",
    ),
    path("threads/<scs_number:pk>/<scs_name:slug>/new/", discussion.thread_new, name="thread-new"),
    path("threads/<scs_number:pk>/<scs_name:slug>/events/", discussion.thread_events, name="thread-events"),
    path("threads/<scs_number:pk>/<scs_name:slug>/read/", discussion.thread_read, name="thread-read"),
    path("tags/", tagging.tag_list, name="tag-list"),
    path("tags/<scs_name:slug>/", tagging.tag_detail, name="tag-detail"),
    path("members/<scs_name:username>/", members.member_detail, name="member-detail"),
    path("members/<scs_name:username>/block/", members.member_block, name="member-block"),
    path("subscriptions/", subscriptions.subscription_list, name="subscription-list"),
    path("bookmarks/", bookmarks.bookmark_list, name="bookmark-list"),
    path("preferences/", preferences.preferences, name="preferences"),
    path("preferences/data/", preferences.own_data, name="own-data"),
    path("preferences/erase/", preferences.erase, name="erase"),
    path("notifications/", notifications.notification_list, name="notification-list"),
    path("notifications/read/", notifications.notifications_read, name="notifications-read"),
    path("notifications/<scs_number:pk>/read/", notifications.notification_read, name="notification-read"),
    path("notifications/unsubscribe/<scs_name:token>/", notifications.unsubscribe, name="unsubscribe"),
    path("writing/preview/", writing.preview, name="markdownx-preview"),
    path("writing/completions/", writing.completions, name="completions"),
    path("writing/draft/", drafts.draft_save, name="draft-save"),
    path("drafts/", drafts.draft_list, name="draft-list"),
    path("writing/upload/", writing.upload, name="markdownx-upload"),
]

# Here and not on each view: no address of ours is to answer with a blank page.
for _address in urlpatterns:
    _address.callback = told_of_methods(_address.callback)
