"""Tags."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextareaWidget
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from scs_series.admin.base import CuratorAdmin
from scs_series.admin.filters import InUseFilter
from scs_series.admin.forms import CuratorForm
from scs_series.models import Source, SourceTag, Tag, Thread, ThreadTag
from scs_series.policies import policy
from scs_series.services import tagging as services


class TagForm(CuratorForm[Tag]):
    slug = forms.SlugField(
        label=_("Slug"), max_length=100, required=False, allow_unicode=True,
        help_text=_("Part of the address. Empty: made from the name. Changing it breaks links from elsewhere."),
    )  # fmt: skip

    class Meta:
        widgets: ClassVar = {"description": AdminTextareaWidget(attrs={"rows": 4})}


@admin.register(Tag)
class TagAdmin(CuratorAdmin[Tag]):
    form = TagForm
    list_display = ("name", "slug", "thread_count", "source_count", "described", "created_at")
    list_filter = (InUseFilter,)
    search_fields = ("name", "slug", "description")
    search_help_text = _("Name, slug or description")
    date_hierarchy = "created_at"
    ordering = ("-thread_count", "id")
    readonly_fields = ("thread_count", "source_count", "created_at", "where_used")
    deletion_note = _(
        "A tag in use is not deleted: threads and sources would lose it. One that nothing carries can be deleted by a superuser."
    )

    # ------------------------------------------------------------------ who may
    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and policy.can_add_tag(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and policy.can_edit_tag(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.holds(request, "view") or self.has_change_permission(request, obj)

    def may_vanish(self, obj: Tag) -> bool:
        """Asked of the rows and not of the counts, which leave out what is hidden."""
        used = ThreadTag.objects.filter(tag=obj).exists() or SourceTag.objects.filter(tag=obj).exists()
        return not used

    # ------------------------------------------------------------------ the change page
    def get_fieldsets(self, request: HttpRequest, obj: Tag | None = None) -> Any:
        fieldsets: list[Any] = [(None, {"fields": ("name", "slug", "description")})]
        if obj:
            counts = (("thread_count", "source_count", "created_at"), "where_used")
            fieldsets.append((_("Use"), {"fields": counts}))
        return fieldsets

    @admin.display(description=_("described"), boolean=True)
    def described(self, obj: Tag) -> bool:
        return bool(obj.description)

    @admin.display(description=_("carried by"))
    def where_used(self, obj: Tag) -> SafeString:
        return format_html(
            '<p class="scs-adm-links"><a href="{}">{}</a> <a href="{}">{}</a></p>',
            self.list_url(Thread, f"tag={obj.slug}"),
            _t("its threads"),
            self.list_url(Source, f"tag={obj.slug}"),
            _t("its sources"),
        )

    # ------------------------------------------------------------------ saving
    def save_model(self, request: HttpRequest, obj: Tag, form: Any, change: bool) -> None:
        services.save_tag(tag=obj, by=request.user)

    def delete_model(self, request: HttpRequest, obj: Tag) -> None:
        services.remove_tag(tag=obj, by=request.user)
