"""Sources."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.db import models, transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from scs_series.admin import display
from scs_series.admin.base import CuratorAdmin, edited_series, edits_a_series
from scs_series.admin.filters import ArchiveFilter, SeriesFilter, TagFilter, UseFilter
from scs_series.admin.forms import AuthorsField, CuratorForm, line_of_author
from scs_series.models import Member, Series, Source, SourceLink
from scs_series.policies import policy
from scs_series.services import sources as services
from scs_series.services.tagging import split_names, tags_named

_LINKS_SHOWN = 50


class SourceForm(CuratorForm[Source]):
    error_fields: ClassVar = {"tags": "tag_names"}

    authors = AuthorsField()
    # Not "tags": taggit's manager would take a field of that name and write past the service.
    tag_names = forms.CharField(
        label=_("Tags"), required=False, max_length=5_000, widget=AdminTextInputWidget(attrs={"class": "vLargeTextField"}),
        help_text=_("Parted by commas."),
    )  # fmt: skip

    class Meta:
        widgets: ClassVar = {
            "title": AdminTextareaWidget(attrs={"rows": 2}),
            "note": AdminTextareaWidget(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "tag_names" in self.fields and self.instance.pk:
            self.initial["tag_names"] = ", ".join(tag.name for tag in self.instance.tags.all())

    def clean_authors(self) -> list[dict[str, Any]]:
        """A line left as it was keeps what a line cannot show (a suffix, say, that the API brought)."""
        stored = self.initial.get("authors") or []
        as_stored = {line_of_author(author): author for author in stored if isinstance(author, dict)}
        return [as_stored.get(line_of_author(author), author) for author in self.cleaned_data["authors"]]


@admin.register(Source)
class SourceAdmin(CuratorAdmin[Source]):
    form = SourceForm
    list_display = (
        "key",
        "label_or_title",
        "type",
        "issued",
        "series",
        "parts",
        "posts",
        "archived",
    )
    list_filter = (SeriesFilter, "type", UseFilter, ArchiveFilter, TagFilter)
    list_select_related = ("series",)
    list_defer = ("reference_html", "note", "authors")
    search_fields = ("key", "title", "title_translated", "label", "url", "doi")
    search_help_text = _("Key, title, author, address or DOI")
    date_hierarchy = "created_at"
    # By the stored key of sorting; by "series" would fetch Series' own order, newest activity first.
    ordering = ("series_id", "sort_key", "id")
    autocomplete_fields = ("series",)
    # What Django 6 does by itself: an address typed without its scheme is taken as https.
    formfield_overrides: ClassVar = {models.URLField: {"assume_scheme": "https"}}
    deletion_note = _(
        "A source in use is not deleted: texts cite it. One that nothing cites can be deleted by a superuser."
    )
    readonly_fields = (
        "reference", "part_count", "post_count", "cited_in_parts", "cited_in_posts", "tag_list", "author_list",
        "added_by", "created_at", "updated_at",
    )  # fmt: skip

    def visible(self, queryset: Any, request: HttpRequest) -> Any:
        seen = queryset.visible_to(request.user)
        if self.holds(request, "view") or self.holds(request, "change"):
            return seen
        return seen.filter(series__in=edited_series(request))

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """A part's further reading is chosen from its own series: the picker says which (SourceSelect)."""
        series = request.GET.get("series", "")
        if request.path.endswith("/autocomplete/") and series:
            fits = series.isascii() and series.isdigit() and len(series) < 18
            queryset = queryset.filter(series=int(series)) if fits else queryset.none()
        return super().get_search_results(request, queryset, search_term)

    # ------------------------------------------------------------------ who may
    # The policy names Django's permissions itself and lets authors curate their own series' sources without
    # them, so it is asked alone where there is a source; before that, whether there could be one.
    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.holds(request, "view") or self.has_change_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.holds(request, "add") or edits_a_series(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return self.holds(request, "change") or edits_a_series(request)
        return policy.can_edit_source(request.user, obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return super().has_module_permission(request) or edits_a_series(request)

    def may_vanish(self, obj: Source) -> bool:
        return not SourceLink.objects.filter(source=obj).exists()

    # ------------------------------------------------------------------ the change page
    def get_fieldsets(self, request: HttpRequest, obj: Source | None = None) -> Any:
        may_change = obj is None or self.has_change_permission(request, obj)
        tags, authors = ("tag_names", "authors") if may_change else ("tag_list", "author_list")
        fieldsets: list[Any] = [
            (
                None,
                {
                    "fields": (
                        "series",
                        "key",
                        "type",
                        "title",
                        "title_translated",
                        authors,
                        "issued",
                        "language",
                        tags,
                    )
                },
            ),
            (_("Where it appeared"), {"fields": ("container", "publisher", ("volume", "number", "pages"))}),
            (_("Where it is found"), {"fields": ("url", "doi", "archive_url")}),
            (_("Note"), {"fields": ("note",)}),
        ]
        if obj:
            fieldsets.insert(1, (_("Reads as"), {"fields": ("reference",)}))
            used = ("part_count", "post_count"), "cited_in_parts", "cited_in_posts"
            fieldsets.append((_("Where it is cited"), {"fields": used}))
            fieldsets.append((_("Record"), {"fields": (("added_by", "created_at", "updated_at"),)}))
        return fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Source | None = None) -> tuple[str, ...]:
        fields = (*self.readonly_fields, "series") if obj else tuple(self.readonly_fields)
        # Texts name a source by its key: with another one their citations would point nowhere.
        return (*fields, "key") if obj and SourceLink.objects.filter(source=obj).exists() else fields

    @admin.display(description=_("parts"), ordering="part_count")
    def parts(self, obj: Source) -> int:
        return obj.part_count

    @admin.display(description=_("posts"), ordering="post_count")
    def posts(self, obj: Source) -> int:
        return obj.post_count

    @admin.display(description=_("source"), ordering="label")
    def label_or_title(self, obj: Source) -> SafeString:
        return (
            format_html("{}: {}", obj.label, display.excerpt(obj.title, 80))
            if obj.label
            else format_html("{}", obj.title)
        )

    @admin.display(description=_("archived"), boolean=True)
    def archived(self, obj: Source) -> bool | None:
        return bool(obj.archive_url) if obj.url else None

    @admin.display(description=_("reference"))
    def reference(self, obj: Source) -> SafeString:
        # Safe: bibliography.reference_html escapes every value of the record.
        return format_html('<div class="scs scs-adm-page">{}</div>', mark_safe(obj.reference_html))  # noqa: S308

    @admin.display(description=_("tags"))
    def tag_list(self, obj: Source) -> str:
        return ", ".join(tag.name for tag in obj.tags.all()) or self.get_empty_value_display()

    @admin.display(description=_("authors"))
    def author_list(self, obj: Source) -> str:
        return "; ".join(line_of_author(author) for author in obj.authors) or self.get_empty_value_display()

    def _links(self, obj: Source) -> models.QuerySet[SourceLink]:
        """What cites it, as far as the reader of this page may see it."""
        return SourceLink.objects.filter(source=obj).visible_to(getattr(obj, "scs_viewer", None))

    @admin.display(description=_("in parts"))
    def cited_in_parts(self, obj: Source) -> SafeString:
        links = (
            self._links(obj)
            .filter(part__isnull=False)
            .select_related("part")
            .defer("part__body", "part__body_html", "part__references_html", "part__toc")
            .order_by("part__number")[:_LINKS_SHOWN]
        )
        rows = [
            (self.link(link.part), link.get_origin_display(), link.locators, link.mentions or "", link.note)
            for link in links
        ]
        heads = (_t("part"), _t("how"), _t("places"), _t("times"), _t("note"))
        return display.table(heads, rows, empty=_t("In no part yet."))

    @admin.display(description=_("in posts"))
    def cited_in_posts(self, obj: Source) -> SafeString:
        links = (
            self._links(obj)
            .filter(post__isnull=False)
            .select_related("post__thread", "post__author")
            .defer("post__body", "post__body_html", "post__fragment")
            .order_by("-post_id")[:_LINKS_SHOWN]
        )
        rows = []
        for link in links:
            assert link.post is not None  # noqa: S101  (filtered above)
            words = _t("no. %(number)d in “%(thread)s”") % {
                "number": link.post.number, "thread": display.excerpt(link.post.thread.title, 60),
            }  # fmt: skip
            rows.append(
                (
                    self.link(link.post, words),
                    link.post.author.name,
                    link.locators,
                    display.post_state(link.post),
                )
            )
        return display.table(
            (_t("post"), _t("by"), _t("places"), _t("state")), rows, empty=_t("In no post yet.")
        )

    # ------------------------------------------------------------------ saving
    def save_model(self, request: HttpRequest, obj: Source, form: Any, change: bool) -> None:
        tags = None
        if "tag_names" in form.changed_data:
            # New tags come into being here; changeform_view takes them back where the source is refused.
            names = split_names(form.cleaned_data["tag_names"])
            tags = tags_named(names, by=request.user, limit=services.tag_limit())
        if change:
            services.update_source(source=obj, by=request.user, tags=tags)
        else:
            services.add_source(source=obj, by=request.user, tags=tags)

    def delete_model(self, request: HttpRequest, obj: Source) -> None:
        """Its series and whoever brought it count one less, in the same transaction."""
        with transaction.atomic():
            super().delete_model(request, obj)
            Series.objects.filter(pk=obj.series_id).update(
                source_count=F("source_count") - 1, version=F("version") + 1
            )
            Member.objects.filter(pk=obj.added_by_id or 0).update(source_count=F("source_count") - 1)
