"""Posts and their revisions."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Substr
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from scs_series import text
from scs_series.admin import actions, display
from scs_series.admin.base import CuratorAdmin, ReadOnlyAdmin
from scs_series.admin.filters import (
    PostStateFilter,
    SeriesOfPost,
    SeriesOfThread,
)
from scs_series.admin.forms import TextForm
from scs_series.admin.reading import as_read, difference, fragment_as_read
from scs_series.admin.widgets import EditorWidget
from scs_series.models import Post, PostRevision, member_of
from scs_series.models.discussion import sees_hidden
from scs_series.policies import policy
from scs_series.services import discussion as services
from scs_series.text import Profile

_REVISIONS_SHOWN = 10


class PostForm(TextForm[Post]):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "body" in self.fields and self.instance.pk:
            self.fields["body"].widget = EditorWidget(
                profile=Profile.POST, series=self.instance.thread.series, saved_html=self.instance.body_html
            )


@admin.register(Post)
class PostAdmin(CuratorAdmin[Post]):
    form = PostForm
    list_display = ("beginning", "state", "thread", "number", "author", "created_at")
    list_filter = (PostStateFilter, SeriesOfThread)
    list_select_related = ("thread", "author")
    list_defer = ("body", "body_html", "fragment", "thread__row_html")
    search_fields = ("body", "author__username", "author__display_name", "thread__title")
    search_help_text = _("Text, author or thread")
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-id")
    # Counting beside every filter would walk a table of a hundred thousand posts for each.
    show_facets = admin.ShowFacets.NEVER
    actions = ("hide", "unhide", "restore")
    object_actions: ClassVar = {
        "hide": lambda post: not post.is_hidden,  # what was withdrawn is hidden already
        "unhide": lambda post: post.is_hidden and not post.is_withdrawn,
        "restore": lambda post: post.is_withdrawn,
    }
    action_related = ("thread", "author")
    deletion_note = _(
        "Posts are not deleted: hide one, and a stub stands in its place. Nothing is lost, and it can be shown again."
    )
    readonly_fields = (
        "thread_link", "author", "number", "answers_link", "state", "hidden_note", "as_readers_see_it", "hidden_text",
        "created_at", "edited_at", "edited_by", "edit_reason", "revisions",
    )  # fmt: skip

    def visible(self, queryset: Any, request: HttpRequest) -> Any:
        """Here a text is shown and not a stub, so hidden posts are for who may read them (and their authors)."""
        seen = queryset.visible_to(request.user)
        if sees_hidden(request.user):
            return seen
        return seen.filter(Q(status=Post.Status.PUBLISHED) | Q(author=member_of(request.user)))

    def for_rows(self, queryset: models.QuerySet[Post]) -> models.QuerySet[Post]:
        return super().for_rows(queryset).annotate(start=Substr("body", 1, 160))

    # ------------------------------------------------------------------ who may
    def has_add_permission(self, request: HttpRequest) -> bool:
        """Posts are written on the site, where the thread can be read."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.holds(request, "view") or self.has_change_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (
            obj is None or policy.can_edit_post(request.user, obj)
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_hide_permission(self, request: HttpRequest, obj: Post | None = None) -> bool:
        """For the list Django's permission; for a post the policy, which the service asks again."""
        return self.holds(request, "hide") if obj is None else policy.can_hide_post(request.user, obj)

    # ------------------------------------------------------------------ the change page
    def get_fieldsets(self, request: HttpRequest, obj: Post | None = None) -> Any:
        shown: list[Any] = [("state", "thread_link"), "as_readers_see_it"]
        if obj and obj.is_hidden:
            shown[1:1] = ["hidden_note"]
            shown.append("hidden_text")
        about = ("author", "number", "answers_link", "created_at")
        fieldsets: list[Any] = [(_("As readers see it"), {"fields": shown, "classes": ("scs-adm-wide",)})]
        if obj and self.has_change_permission(request, obj):
            fields = ("body", "reason", "expected_revision")
            fieldsets.append((_("Text"), {"fields": fields, "classes": ("scs-adm-wide",)}))
        fieldsets.append((_("About"), {"fields": (about,)}))
        fieldsets.append((_("Revisions"), {"fields": ("revisions",), "classes": ("scs-adm-wide",)}))
        return fieldsets

    @admin.display(description=_("post"))
    def beginning(self, obj: Post) -> str:
        return display.excerpt(obj.start, 90)  # type: ignore[attr-defined]

    @admin.display(description=_("state"), ordering="status")
    def state(self, obj: Post) -> SafeString:
        if obj.thread.hidden_at and not obj.is_hidden:
            return display.badge("hidden", _t("hidden with its thread"))
        return display.post_state(obj)

    @admin.display(description=_("thread"))
    def thread_link(self, obj: Post) -> SafeString:
        return format_html("{} {}", self.link(obj.thread), display.thread_state(obj.thread))

    @admin.display(description=_("answers"))
    def answers_link(self, obj: Post) -> SafeString | str:
        if obj.answers is None:
            return self.get_empty_value_display()
        return self.link(obj.answers, _t("no. %(number)d") % {"number": obj.answers.number})

    @admin.display(description=_("hidden"))
    def hidden_note(self, obj: Post) -> str:
        return display.who_and_why(obj.hidden_at, obj.hidden_by, obj.hidden_reason)

    @admin.display(description=_("post"))
    def as_readers_see_it(self, obj: Post) -> SafeString:
        return fragment_as_read(obj)

    @admin.display(description=_("the text that is hidden"))
    def hidden_text(self, obj: Post) -> SafeString:
        return as_read(obj.body_html)

    @admin.display(description=_("revisions"))
    def revisions(self, obj: Post) -> SafeString:
        """The newest states with who and why, and what the last edit changed."""
        before = list(
            PostRevision.objects.filter(post=obj)
            .select_related("editor")
            .order_by("-number")[:_REVISIONS_SHOWN]
        )
        if not before:
            return format_html('<p class="scs-adm-quiet">{}</p>', _t("Never edited."))
        rows: list[tuple[Any, ...]] = [
            (
                _t("%(number)d, in force") % {"number": obj.revision_number},
                obj.edited_by.name if obj.edited_by else obj.author.name,
                obj.edit_reason,
                display.moment(obj.edited_at or obj.created_at),
            )
        ]
        rows += [
            (
                self.link(state, state.number),
                state.editor.name,
                state.reason,
                display.moment(state.created_at),
            )
            for state in before
        ]
        return format_html(
            '{}<p class="scs-adm-label">{}</p>{}',
            display.table((_t("revision"), _t("editor"), _t("reason"), _t("saved")), rows, empty=""),
            _t("What the last edit changed"),
            difference(text.difference(before[0].body, obj.body)),
        )

    # ------------------------------------------------------------------ saving
    def save_model(self, request: HttpRequest, obj: Post, form: Any, change: bool) -> None:
        data = form.cleaned_data
        services.edit_post(
            post=obj,
            by=request.user,
            body=data["body"],
            expected_revision=data["expected_revision"],
            reason=data["reason"],
        )

    # ------------------------------------------------------------------ actions
    @admin.action(description=_("Hide…"), permissions=["hide"])
    def hide(self, request: HttpRequest, queryset: models.QuerySet[Post]) -> HttpResponse | None:
        words = actions.Words(
            title=_("Hide posts"),
            done=ngettext_lazy("Hid %(n)d post.", "Hid %(n)d posts.", "n"),
            already=ngettext_lazy("%(n)d was hidden already.", "%(n)d were hidden already.", "n"),
            log=_("Hidden."),
            effect=_(
                "A stub stands in the place of a hidden post. Its text is kept, and it can be shown again."
            ),
            reason_help=_(
                "Readers see it in the stub. Empty: the stub says only that a moderator hid the post."
            ),
        )
        return actions.run_with_reason(
            self, request, queryset, action="hide", words=words,
            each=lambda post, reason: services.hide_post(post=post, by=request.user, reason=reason),
        )  # fmt: skip

    @admin.action(description=_("Show again"), permissions=["hide"])
    def unhide(self, request: HttpRequest, queryset: models.QuerySet[Post]) -> HttpResponse | None:
        words = actions.Words(
            title=_("Show posts again"),
            done=ngettext_lazy("%(n)d post is shown again.", "%(n)d posts are shown again.", "n"),
            already=ngettext_lazy(
                "%(n)d was not hidden by a moderator.", "%(n)d were not hidden by a moderator.", "n"
            ),
            log=_("Shown again."),
        )
        return actions.run(
            self,
            request,
            queryset,
            words=words,
            each=lambda post: services.unhide_post(post=post, by=request.user),
        )

    @admin.action(description=_("Bring back what was withdrawn"), permissions=["hide"])
    def restore(self, request: HttpRequest, queryset: models.QuerySet[Post]) -> HttpResponse | None:
        words = actions.Words(
            title=_("Bring withdrawn posts back"),
            done=ngettext_lazy("Brought %(n)d post back.", "Brought %(n)d posts back.", "n"),
            already=ngettext_lazy("%(n)d was not withdrawn.", "%(n)d were not withdrawn.", "n"),
            log=_("Brought back."),
        )
        return actions.run(
            self,
            request,
            queryset,
            words=words,
            each=lambda post: services.restore_post(post=post, by=request.user),
        )


@admin.register(PostRevision)
class PostRevisionAdmin(ReadOnlyAdmin[PostRevision]):
    list_display = ("post", "number", "editor", "reason", "created_at")
    list_display_links = ("post", "number")
    list_filter = (SeriesOfPost,)
    list_select_related = ("post__thread", "editor")
    list_defer = ("body", "post__body", "post__body_html", "post__fragment", "post__thread__row_html")
    search_fields = ("post__thread__title", "editor__username", "editor__display_name", "reason")
    search_help_text = _("Thread, editor or reason")
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-id")
    deletion_note = _("Revisions are never changed or deleted: they are the history.")
    fields = ("post_link", "number", "editor", "created_at", "reason", "changes", "source_text")
    readonly_fields = ("post_link", "changes", "source_text")

    def visible(self, queryset: Any, request: HttpRequest) -> Any:
        seen = queryset.filter(post__in=Post.objects.visible_to(request.user))
        if sees_hidden(request.user):
            return seen
        return seen.filter(Q(post__status=Post.Status.PUBLISHED) | Q(post__author=member_of(request.user)))

    def view_on_site(self, obj: PostRevision) -> str | None:
        return None

    @admin.display(description=_("post"))
    def post_link(self, obj: PostRevision) -> SafeString | str:
        return self.link(obj.post)

    @admin.display(description=_("what came after changed"))
    def changes(self, obj: PostRevision) -> SafeString:
        after = (
            PostRevision.objects.filter(post=obj.post_id, number__gt=obj.number).order_by("number").first()
        )
        return difference(text.difference(obj.body, after.body if after else obj.post.body))

    @admin.display(description=_("Markdown"))
    def source_text(self, obj: PostRevision) -> SafeString:
        return format_html('<pre class="scs-adm-source" tabindex="0">{}</pre>', obj.body)
