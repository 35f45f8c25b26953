"""Members."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models.functions import Substr
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from scs_series.admin import actions, display
from scs_series.admin.base import CuratorAdmin
from scs_series.admin.filters import AccountFilter
from scs_series.admin.forms import CuratorForm
from scs_series.models import Member, Post, Thread
from scs_series.models.discussion import sees_hidden
from scs_series.policies import policy
from scs_series.services import erasure
from scs_series.services import members as services

_POSTS_SHOWN = 10


class MemberForm(CuratorForm[Member]):
    class Meta:
        widgets: ClassVar = {"about": AdminTextareaWidget(attrs={"rows": 4})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.pk and "user" in self.fields:
            self.fields["user"].required = True
            self.fields["user"].help_text = _(
                "Members come into being when they first write. Add one by hand to make somebody an author before that."
            )


@admin.register(Member)
class MemberAdmin(CuratorAdmin[Member]):
    form = MemberForm
    list_display = ("username", "display_name", "account", "thread_count", "post_count", "joined_at")
    list_filter = (AccountFilter,)
    list_select_related = ("user",)
    list_defer = ("about",)
    search_fields = ("username", "display_name")
    search_help_text = _("Username or display name")
    date_hierarchy = "joined_at"
    ordering = ("username",)
    # A key with a look-up and not a picker: that would demand an admin with a search of the host's user model.
    raw_id_fields = ("user",)
    readonly_fields = ("account", *Member.COUNTS, "joined_at", "erased_at", "latest_posts")
    actions = ("erase",)
    object_actions: ClassVar = {"erase": lambda member: member.erased_at is None}
    action_related = ("user",)
    deletion_note = _(
        "A member who wrote anything is not deleted: their texts stay under their name. Switch the account off, or erase"
        " the member on their request: their texts stay under a neutral name."
    )

    # ------------------------------------------------------------------ who may
    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.holds(request, "view") or self.has_change_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (
            obj is None or policy.can_edit_member(request.user, obj)
        )

    def has_erase_permission(self, request: HttpRequest, obj: Member | None = None) -> bool:
        """For the list Django's permission; for a member the policy, which the service asks again."""
        return self.holds(request, "delete") if obj is None else policy.can_erase_member(request.user, obj)

    def may_vanish(self, obj: Member) -> bool:
        """Whoever wrote or edited anything stays; the database refuses what is not asked here."""
        return not (
            Post.objects.filter(author=obj).exists()
            or Thread.objects.filter(author=obj).exists()
            or obj.part_revisions.exists()
            or obj.post_revisions.exists()
            or obj.sources.exists()
            or obj.series.exists()
        )

    # ------------------------------------------------------------------ the change page
    def get_fieldsets(self, request: HttpRequest, obj: Member | None = None) -> Any:
        if obj is None:
            return [(None, {"fields": ("user", "display_name", "about")})]
        # Whoever is given another's texts is given their rights over a series too: not a curator's choice.
        account = "user" if getattr(request.user, "is_superuser", False) else "account"
        return [
            (None, {"fields": ("username", "display_name", "about", account)}),
            (_("Numbers"), {"fields": (Member.COUNTS, ("joined_at", "erased_at"))}),
            (_("Latest posts"), {"fields": ("latest_posts",), "classes": ("scs-adm-wide",)}),
        ]

    @admin.display(description=_("account"), ordering="user")
    def account(self, obj: Member) -> SafeString | str:
        """The host's user, with a link where the host's admin has one."""
        if obj.user is None:
            return display.badge("hidden", _t("none"))
        name = obj.user.get_username()
        opts = get_user_model()._meta
        try:
            url = reverse(
                f"admin:{opts.app_label}_{opts.model_name}_change",
                args=[obj.user.pk],
                current_app=self.admin_site.name,
            )
        except NoReverseMatch:
            shown = format_html("{}", name)
        else:
            shown = format_html('<a href="{}">{}</a>', url, name)
        if obj.user.is_active:
            return shown
        return format_html("{} {}", shown, display.badge("lock", _t("switched off")))

    @admin.display(description=_("posts, newest first"))
    def latest_posts(self, obj: Member) -> SafeString:
        viewer = getattr(obj, "scs_viewer", None)
        seen = Post.objects.filter(author=obj).visible_to(viewer)
        posts = (
            (seen if sees_hidden(viewer) else seen.published())
            .select_related("thread")
            .defer("body", "body_html", "fragment", "thread__row_html")
            .annotate(beginning=Substr("body", 1, 160))
            .order_by("-created_at", "-id")[:_POSTS_SHOWN]
        )
        rows = [
            (
                self.link(post, _t("no. %(number)d") % {"number": post.number}),
                self.link(post.thread, display.excerpt(post.thread.title, 60)),
                display.excerpt(post.beginning),  # type: ignore[attr-defined]
                display.post_state(post),
                display.moment(post.created_at),
            )
            for post in posts
        ]
        every = format_html(
            '<p class="scs-adm-links"><a href="{}">{}</a> <a href="{}">{}</a></p>',
            self.list_url(Post, f"author__id__exact={obj.pk}"),
            _t("All posts"),
            self.list_url(Thread, f"author__id__exact={obj.pk}"),
            _t("All threads"),
        )
        heads = (_t("post"), _t("thread"), _t("beginning"), _t("state"), _t("written"))
        return format_html("{}{}", display.table(heads, rows, empty=_t("Nothing written yet.")), every)

    # ------------------------------------------------------------------ erasing
    @admin.action(description=_("Erase for good…"), permissions=["erase"])
    def erase(self, request: HttpRequest, queryset: models.QuerySet[Member]) -> HttpResponse | None:
        """On their request, one at a time: nobody erases a page of members by one wrong tick."""
        if len(queryset[:2]) > 1:
            self.message_user(request, _t("Erase one member at a time: nothing was done."), messages.ERROR)
            return actions.back_to(request)
        words = actions.Words(
            title=_("Erase a member"),
            done=ngettext_lazy("Erased %(n)d member.", "Erased %(n)d members.", "n"),
            already=ngettext_lazy("%(n)d was erased already.", "%(n)d were erased already.", "n"),
            log=_("Erased."),
            effect=_(
                "This cannot be undone. Their account is closed, their names and all that is theirs alone are removed:"
                " drafts, bookmarks, subscriptions, notifications, blocks. What they wrote stays, word for word, under"
                " a neutral name; the old name is given to nobody again."
            ),
            reason_help=_("Kept in the history of the member, for curators. Do not repeat the name here."),
        )

        def each(member: Member, reason: str) -> bool:
            erasure.erase_member(member=member, by=request.user)
            return True

        return actions.run_with_reason(self, request, queryset, action="erase", words=words, each=each)

    # ------------------------------------------------------------------ saving
    def save_model(self, request: HttpRequest, obj: Member, form: Any, change: bool) -> None:
        if not change:
            # Read anew: the form's unsaved member hangs on the form's user already.
            assert obj.user_id is not None  # noqa: S101  (the form requires it)
            made = services.member_for(get_user_model()._default_manager.get(pk=obj.user_id))
            obj.pk, obj.username, obj.joined_at = made.pk, made.username, made.joined_at
            obj._state.adding = False
        services.save_member(member=obj, by=request.user)
