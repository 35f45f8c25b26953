"""Series."""

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

from scs_series.admin import display
from scs_series.admin.base import CuratorAdmin, edited_series
from scs_series.admin.forms import CuratorForm
from scs_series.models import Part, Series
from scs_series.policies import policy
from scs_series.services import series as services

_PARTS_SHOWN = 100


class SeriesForm(CuratorForm[Series]):
    slug = forms.SlugField(
        label=_("Slug"), max_length=100, required=False, allow_unicode=True,
        help_text=_("Part of the address. Empty: made from the title. Changing it breaks links from elsewhere."),
    )  # fmt: skip

    class Meta:
        widgets: ClassVar = {"summary": AdminTextareaWidget(attrs={"rows": 4})}


@admin.register(Series)
class SeriesAdmin(CuratorAdmin[Series]):
    form = SeriesForm
    list_display = (
        "title", "visibility_state", "language", "thread_count", "post_count", "source_count", "last_activity_at",
    )  # fmt: skip
    list_filter = ("visibility", "language")
    search_fields = ("title", "subtitle", "slug")
    search_help_text = _("Title, subtitle or slug")
    date_hierarchy = "created_at"
    ordering = ("-last_activity_at", "-id")
    list_defer = ("summary",)
    autocomplete_fields = ("authors",)
    prepopulated_fields: ClassVar = {"slug": ("title",)}
    deletion_note = _(
        "A series is deleted only while it is empty, and by a superuser. To take it from readers, make it private."
    )

    def visible(self, queryset: Any, request: HttpRequest) -> Any:
        """With Django's view permission what the user may open, otherwise what they edit."""
        return (
            queryset.visible_to(request.user)
            if self.holds(request, "view")
            else queryset.edited_by(request.user)
        )

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Where a series is picked for a new part or source, only those the user edits are offered."""
        if request.GET.get("model_name") in ("part", "source") and request.path.endswith("/autocomplete/"):
            queryset = queryset.filter(pk__in=edited_series(request).values("pk"))
        return super().get_search_results(request, queryset, search_term)

    # ------------------------------------------------------------------ who may
    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.holds(request, "view") or self.has_change_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and policy.can_add_series(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (
            obj is None or policy.can_edit_series(request.user, obj)
        )

    def may_vanish(self, obj: Series) -> bool:
        return not (obj.parts.exists() or obj.sources.exists() or obj.threads.exists())

    # ------------------------------------------------------------------ the change page
    def get_fieldsets(self, request: HttpRequest, obj: Series | None = None) -> Any:
        fieldsets: list[Any] = [
            (None, {"fields": ("title", "slug", "subtitle", "summary", "language", "cover")}),
            (_("Who writes and who reads"), {"fields": ("authors", "visibility")}),
        ]
        if obj:
            fieldsets.append((_("Parts"), {"fields": ("parts_in_order",)}))
            counts = ("thread_count", "post_count", "source_count"), "last_activity_at", "created_at"
            fieldsets.append((_("Numbers"), {"fields": counts}))
        return fieldsets

    readonly_fields = (
        "parts_in_order", "thread_count", "post_count", "source_count", "last_activity_at", "created_at",
    )  # fmt: skip

    @admin.display(description=_("visibility"), ordering="visibility")
    def visibility_state(self, obj: Series) -> SafeString:
        """The first word of it; the explanation after the colon belongs to the form."""
        icon = "shown" if obj.visibility == Series.Visibility.PUBLIC else "hidden"
        return display.badge(icon, str(obj.get_visibility_display()).partition(":")[0])

    @admin.display(description=_("in order"))
    def parts_in_order(self, obj: Series) -> SafeString:
        viewer = getattr(obj, "scs_viewer", None)
        parts = (
            Part.objects.filter(series=obj).visible_to(viewer).for_list().order_by("number")[:_PARTS_SHOWN]
        )
        rows = [
            (
                part.number,
                self.link(part, part.title),
                display.part_state(part),
                part.word_count,
                part.thread_count,
            )
            for part in parts
        ]
        heads = (_t("no."), _t("title"), _t("state"), _t("words"), _t("threads"))
        return format_html(
            '{}<p class="scs-adm-links"><a href="{}">{}</a> <a href="{}">{}</a></p>',
            display.table(heads, rows, empty=_t("No part yet.")),
            self.list_url(Part, f"series={obj.pk}"),
            _t("Order and publish parts"),
            self.list_url(Part) + f"add/?series={obj.pk}",
            _t("Add a part"),
        )

    # ------------------------------------------------------------------ saving
    def save_model(self, request: HttpRequest, obj: Series, form: Any, change: bool) -> None:
        services.save_series(series=obj, by=request.user)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """A new series belongs to who made it unless others are named; nobody locks themselves out by adding."""
        creator = None if change else form.instance.authors.first()
        super().save_related(request, form, formsets, change)
        series = form.instance
        if creator and not (series.authors.exists() and policy.can_edit_series(request.user, series)):
            series.authors.add(creator)
