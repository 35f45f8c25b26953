"""The pages. A host includes this where it likes."""

from django.urls import path

from scs_series import converters  # noqa: F401  (registers them)
from scs_series.views import discussion, drafts, members, series, sources, tagging, writing
from scs_series.views.refusals import told_of_methods

app_name = "scs_series"

urlpatterns = [
    path("series/", series.series_list, name="series-list"),
    path("series/<scs_name:series>/", series.series_detail, name="series-detail"),
    path("series/<scs_name:series>/sources/", sources.source_list, name="source-list"),
    path("series/<scs_name:series>/sources/<scs_name:key>/", sources.source_detail, name="source-detail"),
    path("series/<scs_name:series>/<scs_name:part>/", series.part_detail, name="part-detail"),
    path("series/<scs_name:series>/<scs_name:part>/history/", series.part_history, name="part-history"),
    path("series/<scs_name:series>/<scs_name:part>/threads/", discussion.thread_list, name="thread-list"),
    path(
        "series/<scs_name:series>/<scs_name:part>/threads/new/",
        discussion.thread_create,
        name="thread-create",
    ),
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
    path("tags/", tagging.tag_list, name="tag-list"),
    path("tags/<scs_name:slug>/", tagging.tag_detail, name="tag-detail"),
    path("members/<scs_name:username>/", members.member_detail, name="member-detail"),
    path("writing/preview/", writing.preview, name="markdownx-preview"),
    path("writing/draft/", drafts.draft_save, name="draft-save"),
    path("drafts/", drafts.draft_list, name="draft-list"),
    path("writing/upload/", writing.upload, name="markdownx-upload"),
]

# Here and not on each view: no address of ours is to answer with a blank page.
for _address in urlpatterns:
    _address.callback = told_of_methods(_address.callback)
