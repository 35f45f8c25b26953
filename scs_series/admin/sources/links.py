"""Source links: citations, which follow the texts, and further reading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from scs_series.admin.base import CuratorAdmin, edits_a_series
from scs_series.admin.filters import SeriesOfLink
from scs_series.admin.forms import CuratorForm
from scs_series.admin.widgets import SourceSelect
from scs_series.exceptions import InvalidInput
from scs_series.models import Part, Series, Source, SourceLink
from scs_series.policies import policy
from scs_series.services import sources as services

if TYPE_CHECKING:
    _TabularInline = admin.TabularInline[SourceLink, Part]
else:
    _TabularInline = admin.TabularInline


class SourceLinkForm(CuratorForm[SourceLink]):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "part" in self.fields:
            part = self.fields["part"]
            part.required = True
            part.queryset = Part.objects.filter(series__in=Series.objects.edited_by(self.user))  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        part, source = cleaned.get("part"), cleaned.get("source")
        if part and source and SourceLink.objects.filter(part=part, source=source).exists():
            self.add_error(
                "source",
                forms.ValidationError(_("This part cites or recommends this source already."), code="linked"),
            )
        return cleaned


@admin.register(SourceLink)
class SourceLinkAdmin(CuratorAdmin[SourceLink]):
    """Every tie between a source and a text. Citations come and go with the text; further reading is added here."""

    form = SourceLinkForm
    list_display = ("source", "target", "origin", "locators", "mentions", "created_at")
    list_filter = (SeriesOfLink, "origin")
    list_select_related = ("source", "part", "post__thread")
    list_defer = (
        "part__body", "part__body_html", "part__references_html", "part__toc", "post__body", "post__body_html",
        "post__fragment", "source__reference_html", "source__note",
    )  # fmt: skip
    search_fields = ("source__key", "source__title", "source__label", "part__title", "post__thread__title")
    search_help_text = _("Source, part or thread")
    date_hierarchy = "created_at"
    ordering = ("-id",)
    autocomplete_fields = ("part", "source")
    readonly_fields = ("target", "origin", "locators", "mentions", "added_by", "created_at")
    deletion_note = _(
        "A citation goes when the text that makes it changes. Further reading can be deleted by the part's editors."
    )

    def visible(self, queryset: Any, request: HttpRequest) -> Any:
        return queryset.visible_to(request.user)

    def view_on_site(self, obj: SourceLink) -> str | None:
        return None

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.holds(request, "view")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and edits_a_series(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Changed nowhere: a citation follows its text, further reading is taken away and added."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None or not self.holds(request, "delete"):
            return False
        reading = obj.origin == SourceLink.Origin.READING and obj.part is not None
        return reading and policy.can_link_source(request.user, obj.part)

    def get_fieldsets(self, request: HttpRequest, obj: SourceLink | None = None) -> Any:
        if obj is None:
            return [(None, {"fields": ("part", "source", "note")})]
        fields = "source", "target", "origin", "locators", "mentions", "note", ("added_by", "created_at")
        return [(None, {"fields": fields})]

    @admin.display(description=_("stands in"))
    def target(self, obj: SourceLink) -> SafeString | str:
        return self.link(obj.part or obj.post)

    def save_model(self, request: HttpRequest, obj: SourceLink, form: Any, change: bool) -> None:
        assert obj.part is not None  # noqa: S101  (the form requires it)
        made = services.link_source(source=obj.source, part=obj.part, by=request.user, note=obj.note)
        obj.pk = made.pk  # the log of the admin names the link by its key

    def delete_model(self, request: HttpRequest, obj: SourceLink) -> None:
        pk = obj.pk
        services.unlink_source(link=obj, by=request.user)
        obj.pk = pk  # Django's log entry is written after this


class _LinkInline(_TabularInline):
    model = SourceLink
    extra = 0

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[SourceLink]:
        queryset = super().get_queryset(request).select_related("source", "part")
        return queryset.defer("part__body", "part__body_html", "part__references_html", "part__toc")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True  # whoever sees the part sees what it rests on

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class CitationInline(_LinkInline):
    """What the text cites. It follows the text, so there is nothing to fill in."""

    verbose_name = _("citation")
    verbose_name_plural = _("Cited in the text")
    classes = ("collapse",)
    fields = ("source", "locators", "mentions")
    readonly_fields = ("mentions",)
    ordering = ("position", "pk")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[SourceLink]:
        return super().get_queryset(request).filter(origin=SourceLink.Origin.CITATION)


class ReadingForm(forms.ModelForm):  # type: ignore[type-arg]
    """One line of further reading; ``part`` is set by ReadingInline for the part being edited."""

    part: ClassVar[Part | None] = None

    def clean_source(self) -> Source:
        source: Source = self.cleaned_data["source"]
        if self.part and SourceLink.objects.filter(part=self.part, source=source).exists():
            raise forms.ValidationError(
                _("This part cites or recommends this source already."), code="linked"
            )
        return source


class ReadingInline(_LinkInline):
    """Further reading: added and taken away by the part's editors."""

    form = ReadingForm
    verbose_name = _("source")
    verbose_name_plural = _("Further reading")
    fields = ("source", "note")
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[SourceLink]:
        return super().get_queryset(request).filter(origin=SourceLink.Origin.READING)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is not None and policy.can_link_source(request.user, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_add_permission(request, obj)

    def get_formset(self, request: HttpRequest, obj: Part | None = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        form: Any = formset.form
        form.part = obj
        field = form.base_fields.get("source")
        if field is not None and obj is not None:
            field.queryset = Source.objects.filter(series=obj.series_id)
            picker = getattr(field.widget, "widget", field.widget)
            if isinstance(picker, SourceSelect):
                picker.series_id = obj.series_id
        return formset

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "source":
            kwargs["widget"] = SourceSelect(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


def save_reading(request: HttpRequest, part: Part, formset: Any) -> None:
    """What was added and taken away below a part. Raises as the services do."""
    added = formset.save(commit=False)
    for link in formset.deleted_objects:
        # Anew: saving the text may have made a citation of it a moment ago.
        now = SourceLink.objects.select_related("part", "source").filter(pk=link.pk, part=part).first()
        if now is None:
            continue
        if now.origin != SourceLink.Origin.READING:
            raise InvalidInput(
                _t("“%(source)s” is cited in the text now, so it stays.") % {"source": now.source.label},
                code="is_citation",
            )
        services.unlink_source(link=now, by=request.user)
    for link in added:
        made = services.link_source(source=link.source, part=part, by=request.user, note=link.note)
        link.pk = made.pk
