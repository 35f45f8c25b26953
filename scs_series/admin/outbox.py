"""The outbox: what is still to be told and sent, what failed, and having it done again."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from scs_series.admin import actions, display
from scs_series.admin.base import ReadOnlyAdmin
from scs_series.admin.filters import OutboxFilter
from scs_series.models import OutboxItem
from scs_series.policies import policy
from scs_series.services import outbox as services


@admin.register(OutboxItem)
class OutboxItemAdmin(ReadOnlyAdmin[OutboxItem]):
    """Nothing of an item is typed by hand: it is sent again or given up."""

    list_display = ("key", "kind", "member", "state", "due_at", "attempts", "error", "created_at")
    list_filter = (OutboxFilter, "kind")
    list_select_related = ("member",)
    list_defer = ("payload",)
    search_fields = ("key", "member__username")
    search_help_text = _("Key or username")
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-id")
    actions = ("send_again", "give_up")
    object_actions: ClassVar = {
        "send_again": lambda item: (
            item.status != OutboxItem.Status.DONE or item.kind != OutboxItem.Kind.FAN_OUT
        ),
        "give_up": lambda item: item.status == OutboxItem.Status.DUE,
    }
    fieldsets = (
        (None, {"fields": ("key", "kind", "member", "state", "told")}),
        (_("Attempts"), {"fields": (("attempts", "due_at", "claimed_until"), "whole_error")}),
        (_("Numbers"), {"fields": (("created_at", "done_at", "cursor"),)}),
    )

    def has_resend_permission(self, request: HttpRequest, obj: OutboxItem | None = None) -> bool:
        return policy.can_resend(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) or self.has_resend_permission(request)

    # ------------------------------------------------------------------ what is shown
    @admin.display(description=_("state"), ordering="status")
    def state(self, obj: OutboxItem) -> SafeString | str:
        if obj.status == OutboxItem.Status.GIVEN_UP:
            return display.badge("hidden", obj.get_status_display())
        if obj.status == OutboxItem.Status.DONE:
            return obj.get_status_display()
        if obj.claimed_until and obj.claimed_until > timezone.now():
            return display.badge("clock", _t("being done"))
        if obj.attempts:
            return display.badge("clock", _t("failed, to be tried again"))
        if obj.due_at > timezone.now():
            return display.badge("clock", _t("waits for its time"))
        return display.badge("clock", obj.get_status_display())

    @admin.display(description=_("last error"))
    def error(self, obj: OutboxItem) -> str:
        return display.excerpt(obj.last_error, 80)

    @admin.display(description=_("last error"))
    def whole_error(self, obj: OutboxItem) -> SafeString | str:
        return format_html("<pre>{}</pre>", obj.last_error) if obj.last_error else "–"

    @admin.display(description=_("about"))
    def told(self, obj: OutboxItem) -> SafeString:
        """Keys of rows, for who looks for the cause: nothing that anybody wrote."""
        return format_html("<pre>{}</pre>", json.dumps(obj.payload, indent=2, sort_keys=True))

    def view_on_site(self, obj: OutboxItem) -> None:
        return None

    # ------------------------------------------------------------------ acts
    @admin.action(description=_("Send again"), permissions=["resend"])
    def send_again(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        words = actions.Words(
            title=_("Send again"),
            done=ngettext_lazy("%(n)d item is sent again.", "%(n)d items are sent again.", "n"),
            already=ngettext_lazy(
                "%(n)d item is due already, or was told and is told once.",
                "%(n)d items are due already, or were told and are told once.",
                "n",
            ),
            log=_("Sent again."),
        )
        return actions.run(
            self,
            request,
            queryset,
            words=words,
            each=lambda item: services.resend(item=item, by=request.user),
        )

    @admin.action(description=_("Give up"), permissions=["resend"])
    def give_up(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        words = actions.Words(
            title=_("Give up"),
            done=ngettext_lazy("%(n)d item was given up.", "%(n)d items were given up.", "n"),
            already=ngettext_lazy(
                "%(n)d item was done or given up already.", "%(n)d items were done or given up already.", "n"
            ),
            log=_("Given up."),
        )
        return actions.run(
            self,
            request,
            queryset,
            words=words,
            each=lambda item: services.give_up(item=item, by=request.user),
        )
