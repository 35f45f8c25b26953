"""Threads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextInputWidget
from django.db import models
from django.db.models.functions import Substr
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from scs_series.admin import actions, display
from scs_series.admin.actions import Words
from scs_series.admin.base import CuratorAdmin
from scs_series.admin.filters import (
    SeriesFilter,
    TagFilter,
    ThreadStateFilter,
)
from scs_series.admin.forms import GuardedForm
from scs_series.models import Post, Thread, member_of
from scs_series.models.discussion import sees_hidden
from scs_series.policies import policy
from scs_series.services import discussion as services
from scs_series.services.tagging import split_names

_POSTS_SHOWN = 20


class ThreadForm(GuardedForm[Thread]):
    error_fields: ClassVar = {"tags": "tag_names"}

    # Not "tags": taggit's manager would take a field of that name and write past the service.
    tag_names = forms.CharField(
        label=_("Tags"), required=False, max_length=5_000, widget=AdminTextInputWidget(attrs={"class": "vLargeTextField"}),
        help_text=_("Parted by commas."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "tag_names" in self.fields and self.instance.pk:
            self.initial["tag_names"] = ", ".join(tag.name for tag in self.instance.tags.all())

    def states(self, cleaned: dict[str, Any]) -> tuple[str, str]:
        thread, old_tags = self.instance, self.initial.get("tag_names", "")
        current = services.thread_in_words(thread.title, thread.kind, split_names(old_tags))
        yours = services.thread_in_words(
            cleaned.get("title", thread.title),
            cleaned.get("kind", thread.kind),
            split_names(cleaned.get("tag_names", old_tags)),
        )
        return current, yours


@admin.register(Thread)
class ThreadAdmin(CuratorAdmin[Thread]):
    form = ThreadForm
    list_display = ("title", "state", "kind_shown", "part", "author", "post_count", "last_post_at")
    list_filter = (ThreadStateFilter, "kind", SeriesFilter, TagFilter)
    list_select_related = ("part", "author")
    list_defer = ("row_html", "part__body", "part__body_html", "part__references_html", "part__toc")
    search_fields = ("title", "author__username", "author__display_name", "part__title")
    search_help_text = _("Title, author or part")
    date_hierarchy = "created_at"
    ordering = ("-last_post_at", "-id")
    actions = ("pin", "unpin", "lock", "unlock", "hide", "unhide", "accept", "decline", "reopen")
    object_actions: ClassVar = {
        "pin": lambda thread: not thread.pinned_at,
        "unpin": lambda thread: thread.pinned_at,
        "lock": lambda thread: not thread.locked_at,
        "unlock": lambda thread: thread.locked_at,
        "hide": lambda thread: not thread.hidden_at,
        "unhide": lambda thread: thread.hidden_at,
        "accept": lambda thread: thread.has_resolution and thread.resolution != Thread.Resolution.ACCEPTED,
        "decline": lambda thread: thread.has_resolution and thread.resolution != Thread.Resolution.DECLINED,
        "reopen": lambda thread: thread.is_decided,
    }
    action_related = ("author", "part", "series")
    deletion_note = _(
        "Threads are not deleted: hide one to take it from every page. Nothing is lost, and it can be shown again."
    )
    readonly_fields = (
        "part", "author", "kind_shown", "state", "tag_list", "latest_posts", "post_count", "last_post_at", "created_at",
        "locked_note", "hidden_note", "resolved_note", "accepted_link",
    )  # fmt: skip

    def visible(self, queryset: Any, request: HttpRequest) -> Any:
        return queryset.visible_to(request.user)

    # ------------------------------------------------------------------ who may
    def has_add_permission(self, request: HttpRequest) -> bool:
        """A thread begins with a post, on the site, where its part can be read."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.holds(request, "view") or self.has_change_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (
            obj is None or policy.can_edit_thread(request.user, obj)
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_pin_permission(self, request: HttpRequest, obj: Thread | None = None) -> bool:
        """For the list Django's permission; for a thread the policy, which the service asks again."""
        return self.holds(request, "pin") if obj is None else policy.can_pin_thread(request.user, obj)

    def has_lock_permission(self, request: HttpRequest, obj: Thread | None = None) -> bool:
        return self.holds(request, "lock") if obj is None else policy.can_lock_thread(request.user, obj)

    def has_hide_permission(self, request: HttpRequest, obj: Thread | None = None) -> bool:
        return self.holds(request, "hide") if obj is None else policy.can_hide_thread(request.user, obj)

    def has_resolve_permission(self, request: HttpRequest, obj: Thread | None = None) -> bool:
        """Authors of any series too: the policy says of which threads."""
        if obj is not None:
            return policy.can_resolve_thread(request.user, obj)
        member = member_of(request.user)
        return self.holds(request, "resolve") or (member is not None and member.series.exists())

    # ------------------------------------------------------------------ the change page
    def get_fieldsets(self, request: HttpRequest, obj: Thread | None = None) -> Any:
        if obj and not self.has_change_permission(request, obj):
            head: Sequence[Any] = ("title", "kind_shown", "tag_list")
        else:
            head = ("title", "kind", "tag_names", "expected_revision")
        state: list[Any] = ["state"]
        if obj and obj.locked_at:
            state.append("locked_note")
        if obj and obj.hidden_at:
            state.append("hidden_note")
        if obj and obj.has_resolution and obj.resolved_at:
            state.append("resolved_note")
        if obj and obj.is_answered:
            state.append("accepted_link")
        return [
            (None, {"fields": head}),
            (_("State"), {"fields": (*state, ("part", "author"))}),
            (_("Latest posts"), {"fields": ("latest_posts",), "classes": ("scs-adm-wide",)}),
            (_("Numbers"), {"fields": (("post_count", "last_post_at", "created_at"),)}),
        ]

    @admin.display(description=_("kind"), ordering="kind")
    def kind_shown(self, obj: Thread) -> SafeString:
        return display.thread_kind(obj)

    @admin.display(description=_("state"))
    def state(self, obj: Thread) -> SafeString:
        return display.thread_state(obj)

    @admin.display(description=_("tags"))
    def tag_list(self, obj: Thread) -> str:
        return ", ".join(tag.name for tag in obj.tags.all()) or self.get_empty_value_display()

    @admin.display(description=_("locked"))
    def locked_note(self, obj: Thread) -> str:
        return display.who_and_why(obj.locked_at, obj.locked_by, obj.locked_reason)

    @admin.display(description=_("hidden"))
    def hidden_note(self, obj: Thread) -> str:
        return display.who_and_why(obj.hidden_at, obj.hidden_by, obj.hidden_reason)

    @admin.display(description=_("decided"))
    def resolved_note(self, obj: Thread) -> str:
        said = display.who_and_why(obj.resolved_at, obj.resolved_by, obj.resolved_reason)
        return f"{obj.get_resolution_display()}, {said}"

    @admin.display(description=_("accepted answer"))
    def accepted_link(self, obj: Thread) -> SafeString:
        post = (
            Post.objects.filter(thread=obj, number=obj.accepted_number or 0)
            .defer("body", "body_html", "fragment")
            .get()
        )
        who = display.who_and_why(obj.accepted_at, obj.accepted_by, "")
        return format_html("{} ({})", self.link(post, _t("no. %(number)d") % {"number": post.number}), who)

    @admin.display(description=_("posts, newest first"))
    def latest_posts(self, obj: Thread) -> SafeString:
        """Not an inline: a thread may have a hundred thousand posts."""
        posts = (
            Post.objects.filter(thread=obj)
            .select_related("author")
            .defer("body", "body_html", "fragment")
            .annotate(beginning=Substr("body", 1, 160))
            .order_by("-number")[:_POSTS_SHOWN]
        )
        viewer = getattr(obj, "scs_viewer", None)
        rows = []
        for post in posts:
            number = self.link(post, _t("no. %(number)d") % {"number": post.number})
            shown = not post.is_hidden or sees_hidden(viewer)
            words = display.excerpt(post.beginning) if shown else ""  # type: ignore[attr-defined]
            rows.append(
                (number, post.author.name, words, display.post_state(post), display.moment(post.created_at))
            )
        every = format_html(
            '<p class="scs-adm-links"><a href="{}">{}</a></p>',
            self.list_url(Post, f"thread__id__exact={obj.pk}"),
            _t("All posts of this thread"),
        )
        heads = (_t("post"), _t("author"), _t("beginning"), _t("state"), _t("written"))
        return format_html("{}{}", display.table(heads, rows, empty=_t("No post.")), every)

    # ------------------------------------------------------------------ saving
    def save_model(self, request: HttpRequest, obj: Thread, form: Any, change: bool) -> None:
        """Only what was changed is given to the service: an old title need not meet today's limits."""
        data, changed = form.cleaned_data, form.changed_data
        services.edit_thread(
            thread=obj,
            by=request.user,
            title=data["title"] if "title" in changed else None,
            kind=data["kind"] if "kind" in changed else None,
            tags=split_names(data["tag_names"]) if "tag_names" in changed else None,
            expected_revision=data["expected_revision"],
        )

    # ------------------------------------------------------------------ actions
    @admin.action(description=_("Pin to the head of the part’s list"), permissions=["pin"])
    def pin(self, request: HttpRequest, queryset: models.QuerySet[Thread]) -> HttpResponse | None:
        words = actions.Words(
            title=_("Pin threads"),
            done=ngettext_lazy("Pinned %(n)d thread.", "Pinned %(n)d threads.", "n"),
            already=ngettext_lazy("%(n)d was pinned already.", "%(n)d were pinned already.", "n"),
            log=_("Pinned."),
        )
        return actions.run(
            self,
            request,
            queryset,
            words=words,
            each=lambda thread: services.pin_thread(thread=thread, by=request.user),
        )

    @admin.action(description=_("Unpin"), permissions=["pin"])
    def unpin(self, request: HttpRequest, queryset: models.QuerySet[Thread]) -> HttpResponse | None:
        words = actions.Words(
            title=_("Unpin threads"),
            done=ngettext_lazy("Unpinned %(n)d thread.", "Unpinned %(n)d threads.", "n"),
            already=ngettext_lazy("%(n)d was not pinned.", "%(n)d were not pinned.", "n"),
            log=_("Unpinned."),
        )
        return actions.run(
            self,
            request,
            queryset,
            words=words,
            each=lambda thread: services.unpin_thread(thread=thread, by=request.user),
        )

    @admin.action(description=_("Lock…"), permissions=["lock"])
    def lock(self, request: HttpRequest, queryset: models.QuerySet[Thread]) -> HttpResponse | None:
        words = actions.Words(
            title=_("Lock threads"),
            done=ngettext_lazy("Locked %(n)d thread.", "Locked %(n)d threads.", "n"),
            already=ngettext_lazy("%(n)d was locked already.", "%(n)d were locked already.", "n"),
            log=_("Locked."),
            effect=_(
                "A locked thread can be read, but not answered, and its members cannot edit what they wrote in it."
            ),
            reason_help=_("Kept with the thread."),
        )
        return actions.run_with_reason(
            self, request, queryset, action="lock", words=words,
            each=lambda thread, reason: services.lock_thread(thread=thread, by=request.user, reason=reason),
        )  # fmt: skip

    @admin.action(description=_("Unlock"), permissions=["lock"])
    def unlock(self, request: HttpRequest, queryset: models.QuerySet[Thread]) -> HttpResponse | None:
        words = actions.Words(
            title=_("Unlock threads"),
            done=ngettext_lazy("Unlocked %(n)d thread.", "Unlocked %(n)d threads.", "n"),
            already=ngettext_lazy("%(n)d was not locked.", "%(n)d were not locked.", "n"),
            log=_("Unlocked."),
        )
        return actions.run(
            self,
            request,
            queryset,
            words=words,
            each=lambda thread: services.unlock_thread(thread=thread, by=request.user),
        )

    @admin.action(description=_("Hide…"), permissions=["hide"])
    def hide(self, request: HttpRequest, queryset: models.QuerySet[Thread]) -> HttpResponse | None:
        words = actions.Words(
            title=_("Hide threads"),
            done=ngettext_lazy("Hid %(n)d thread.", "Hid %(n)d threads.", "n"),
            already=ngettext_lazy("%(n)d was hidden already.", "%(n)d were hidden already.", "n"),
            log=_("Hidden."),
            effect=_(
                "A hidden thread is on no page, in no list and in no count. Nothing is removed: it can be shown again."
            ),
            reason_help=_("Kept with the thread, for moderators."),
        )
        return actions.run_with_reason(
            self, request, queryset, action="hide", words=words,
            each=lambda thread, reason: services.hide_thread(thread=thread, by=request.user, reason=reason),
        )  # fmt: skip

    @admin.action(description=_("Show again"), permissions=["hide"])
    def unhide(self, request: HttpRequest, queryset: models.QuerySet[Thread]) -> HttpResponse | None:
        words = actions.Words(
            title=_("Show threads again"),
            done=ngettext_lazy("%(n)d thread is shown again.", "%(n)d threads are shown again.", "n"),
            already=ngettext_lazy("%(n)d was not hidden.", "%(n)d were not hidden.", "n"),
            log=_("Shown again."),
        )
        return actions.run(
            self,
            request,
            queryset,
            words=words,
            each=lambda thread: services.unhide_thread(thread=thread, by=request.user),
        )

    @admin.action(description=_("Accept what is proposed…"), permissions=["resolve"])
    def accept(self, request: HttpRequest, queryset: models.QuerySet[Thread]) -> HttpResponse | None:
        words = actions.Words(
            title=_("Accept corrections and sources"),
            done=ngettext_lazy("Accepted %(n)d thread.", "Accepted %(n)d threads.", "n"),
            already=ngettext_lazy("%(n)d was accepted already.", "%(n)d were accepted already.", "n"),
            log=_("Accepted."),
            effect=_(
                "The thread says that its proposal is taken in, and who decided. It can be opened again."
            ),
            reason_help=_("Readers see it at the head of the thread."),
        )
        return self._resolve(request, queryset, "accept", Thread.Resolution.ACCEPTED, words)

    @admin.action(description=_("Decline what is proposed…"), permissions=["resolve"])
    def decline(self, request: HttpRequest, queryset: models.QuerySet[Thread]) -> HttpResponse | None:
        words = actions.Words(
            title=_("Decline corrections and sources"),
            done=ngettext_lazy("Declined %(n)d thread.", "Declined %(n)d threads.", "n"),
            already=ngettext_lazy("%(n)d was declined already.", "%(n)d were declined already.", "n"),
            log=_("Declined."),
            effect=_(
                "The thread says that its proposal is not taken in, and who decided. It can be opened again."
            ),
            reason_help=_("Readers see it at the head of the thread."),
        )
        return self._resolve(request, queryset, "decline", Thread.Resolution.DECLINED, words)

    @admin.action(description=_("Open again what was decided"), permissions=["resolve"])
    def reopen(self, request: HttpRequest, queryset: models.QuerySet[Thread]) -> HttpResponse | None:
        words = actions.Words(
            title=_("Open corrections and sources again"),
            done=ngettext_lazy("%(n)d thread is open again.", "%(n)d threads are open again.", "n"),
            already=ngettext_lazy("%(n)d was open.", "%(n)d were open.", "n"),
            log=_("Opened again."),
        )
        return actions.run(
            self, request, queryset, words=words,
            each=lambda thread: services.resolve_thread(
                thread=thread, resolution=Thread.Resolution.OPEN, by=request.user
            ),
        )  # fmt: skip

    def _resolve(
        self,
        request: HttpRequest,
        queryset: models.QuerySet[Thread],
        action: str,
        resolution: str,
        words: Words,
    ) -> HttpResponse | None:
        return actions.run_with_reason(
            self, request, queryset, action=action, words=words,
            each=lambda thread, reason: services.resolve_thread(
                thread=thread, resolution=resolution, by=request.user, reason=reason
            ),
        )  # fmt: skip
