"""Parts and their revisions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminRadioSelect, AdminTextareaWidget
from django.db import models, transaction
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, ngettext_lazy

from scs_series import text
from scs_series.admin import actions, display
from scs_series.admin.base import CuratorAdmin, ReadOnlyAdmin, edited_series, edits_a_series
from scs_series.admin.filters import PublicationFilter, SeriesFilter, SeriesOfPart
from scs_series.admin.forms import TextForm
from scs_series.admin.reading import as_read, difference
from scs_series.admin.sources.links import CitationInline, ReadingInline, save_reading
from scs_series.admin.widgets import EditorWidget, NamedSplitDateTime
from scs_series.exceptions import SeriesError
from scs_series.models import Part, PartRevision, Series, SourceLink, Thread
from scs_series.policies import policy
from scs_series.services import series as services
from scs_series.services import versions
from scs_series.services.sources import recount_sources
from scs_series.text import Profile

#: move_part lets parts wait at numbers 10,000 higher while they change places; a number stays well below that.
_HIGHEST = 9_999


class PartForm(TextForm[Part]):
    #: Whether the user may publish; set for the request by PartAdmin.get_form.
    may_publish: ClassVar[bool] = False
    error_fields: ClassVar = {"status": "publication", "published_at": "publish_at"}

    slug = forms.SlugField(
        label=_("Slug"), max_length=100, required=False, allow_unicode=True,
        help_text=_("Part of the address. Empty: made from the title. Changing it breaks links from elsewhere."),
    )  # fmt: skip
    number = forms.IntegerField(
        label=_("Number"), min_value=1, max_value=_HIGHEST, required=False, show_hidden_initial=True,
        help_text=_("Its place in the series. With another number the parts between make room."),
    )  # fmt: skip
    publication = forms.ChoiceField(
        label=_("Publication"), choices=Part.Status.choices, required=False,
        widget=AdminRadioSelect(attrs={"class": "radiolist inline"}),
    )  # fmt: skip
    publish_at = forms.SplitDateTimeField(
        label=_("Public from"), required=False, widget=NamedSplitDateTime,
        help_text=_("Empty: now. A time to come schedules the part: it goes public by itself."),
    )  # fmt: skip

    class Meta:
        widgets: ClassVar = {
            "title": forms.TextInput(attrs={"class": "vTextField scs-adm-title"}),
            "standfirst": AdminTextareaWidget(attrs={"rows": 2}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        part = self.instance
        if not self.may_publish:
            # What is not offered is not taken either, whatever is sent.
            self.fields.pop("publication", None)
            self.fields.pop("publish_at", None)
        elif "publication" in self.fields:
            self.initial["publication"] = part.status
            self.initial["publish_at"] = part.published_at
        if not part.pk and "number" in self.fields:
            self.fields["number"].help_text = _("Its place in the series. Empty: after the last.")
        if "body" in self.fields:
            self.fields["body"].widget = self._editor(part)

    def _editor(self, part: Part) -> EditorWidget:
        if part.pk:
            # saved_html is our own renderer's, sanitised when it was written.
            return EditorWidget(profile=Profile.PART, series=part.series, saved_html=part.body_html)
        widget = EditorWidget(profile=Profile.PART)
        editable = Series.objects.edited_by(self.user).order_by("pk").values_list("pk", "slug")[:200]
        widget.series_slugs = {str(pk): slug for pk, slug in editable}
        return widget

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        if not self.instance.pk:
            self._clean_place(cleaned)
        changed = self.may_publish and "publish_at" in self.changed_data
        if changed and cleaned.get("publication") == Part.Status.DRAFT and cleaned.get("publish_at"):
            self.add_error(
                "publish_at",
                forms.ValidationError(
                    _(
                        "A draft stays a draft, whatever its time. Choose “published” too, and it goes public then."
                    ),
                    code="draft_with_time",
                ),
            )
        return cleaned

    def _clean_place(self, cleaned: dict[str, Any]) -> None:
        """A new part: after the last unless said otherwise; which of number and slug is taken is said apart."""
        series = cleaned.get("series")
        if series is None:
            return
        others = Part.objects.filter(series=series)
        if cleaned.get("number") is None and "number" not in self.errors:
            cleaned["number"] = (others.aggregate(Max("number"))["number__max"] or 0) + 1
        elif "number" in cleaned and others.filter(number=cleaned["number"]).exists():
            self.add_error(
                "number",
                forms.ValidationError(
                    _("This series has a part with this number already."), code="part_exists"
                ),
            )
        if cleaned.get("slug") and others.filter(slug=cleaned["slug"]).exists():
            self.add_error(
                "slug",
                forms.ValidationError(
                    _("This series has a part with this slug already."), code="part_exists"
                ),
            )


@admin.register(Part)
class PartAdmin(CuratorAdmin[Part]):
    form = PartForm
    list_display = (
        "number", "title", "state", "series", "word_count", "source_count", "thread_count", "post_count", "revised_at",
    )  # fmt: skip
    list_display_links = ("title",)
    list_filter = (SeriesFilter, PublicationFilter)
    list_select_related = ("series",)
    list_defer = ("body", "body_html", "references_html", "toc", "standfirst")
    search_fields = ("title", "slug", "standfirst")
    search_help_text = _("Title, slug or standfirst")
    date_hierarchy = "published_at"
    # By the series' key and not by "series", which would fetch Series' own order: newest activity first.
    ordering = ("series_id", "number")
    autocomplete_fields = ("series",)
    prepopulated_fields: ClassVar = {"slug": ("title",)}
    inlines = (ReadingInline, CitationInline)
    actions = ("publish", "unpublish", "move_up", "move_down")
    object_actions: ClassVar = {
        "publish": lambda part: not part.is_public,
        "unpublish": lambda part: part.status == Part.Status.PUBLISHED,
        "move_up": lambda part: part.number > 1,
        "move_down": lambda part: True,
    }
    action_related = ("series",)
    deletion_note = _(
        "A part with threads is not deleted: its discussion would go with it. Unpublish it to take it from readers. "
        "A part nobody has discussed can be deleted by a superuser."
    )

    def visible(self, queryset: Any, request: HttpRequest) -> Any:
        seen = queryset.visible_to(request.user)
        return seen if self.holds(request, "view") else seen.filter(series__in=edited_series(request))

    # ------------------------------------------------------------------ who may
    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.holds(request, "view") or self.has_change_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and edits_a_series(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (
            obj is None or policy.can_edit_part(request.user, obj)
        )

    def has_publish_permission(self, request: HttpRequest, obj: Part | None = None) -> bool:
        """For the list Django's permission; for a part the policy, which the service asks again."""
        if obj is None or not obj.pk:
            return self.holds(request, "publish")
        return policy.can_publish_part(request.user, obj)

    def may_vanish(self, obj: Part) -> bool:
        return not Thread.objects.filter(part=obj).exists()

    # ------------------------------------------------------------------ the change page
    def get_form(
        self, request: HttpRequest, obj: Part | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.may_publish = self.has_publish_permission(request, obj)
        return form

    def get_fieldsets(self, request: HttpRequest, obj: Part | None = None) -> Any:
        if obj and not self.has_change_permission(request, obj):
            return [
                (None, {"fields": ("series", "number", "title", "standfirst", "state")}),
                (_("Text"), {"fields": ("reading",)}),
                (_("Numbers"), {"fields": self._numbers}),
            ]
        texts = ["title", "standfirst", "body"]
        if obj:
            texts += ["reason", "expected_revision"]
        may_publish = self.has_publish_permission(request, obj)
        publication: list[Any] = ["series", ("number", "slug"), "state"]
        if not obj:
            publication.remove("state")
        if may_publish:
            publication += ["publication", "publish_at"]
        fieldsets: list[Any] = [
            (_("Text"), {"fields": texts, "classes": ("scs-adm-wide",)}),
            (_("Place and publication"), {"fields": publication}),
        ]
        if obj:
            fieldsets.append((_("Numbers"), {"fields": self._numbers}))
        return fieldsets if obj else fieldsets[::-1]

    _numbers: Sequence[Any] = (
        ("word_count", "source_count", "thread_count", "post_count"),
        ("revision_link", "revised_at", "created_at"),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Part | None = None) -> tuple[str, ...]:
        numbers = (
            "state", "reading", "word_count", "source_count", "thread_count", "post_count", "revision_link",
            "revised_at", "created_at",
        )  # fmt: skip
        return (*numbers, "series") if obj else numbers

    def get_prepopulated_fields(self, request: HttpRequest, obj: Part | None = None) -> Any:
        """A published address does not follow a corrected title."""
        return {} if obj else super().get_prepopulated_fields(request, obj)

    def get_inlines(self, request: HttpRequest, obj: Part | None) -> Any:
        """What a part cites and recommends can be told only once it stands in its series."""
        return super().get_inlines(request, obj) if obj else ()

    @admin.display(description=_("state"), ordering="published_at")
    def state(self, obj: Part) -> SafeString:
        return display.part_state(obj)

    @admin.display(description=_("text"))
    def reading(self, obj: Part) -> SafeString:
        return as_read(obj.body_html)

    @admin.display(description=_("revision"))
    def revision_link(self, obj: Part) -> SafeString:
        return format_html(
            '<a href="{}">{}</a>',
            self.list_url(PartRevision, f"part__id__exact={obj.pk}"),
            obj.revision_number,
        )

    # ------------------------------------------------------------------ saving
    def save_model(self, request: HttpRequest, obj: Part, form: Any, change: bool) -> None:
        data = form.cleaned_data
        wanted = data.get("number")
        if change:
            # The form put the wished-for number on the part; it gets it by moving, or two would have it at once.
            obj.number = form.initial["number"]
        services.save_part(
            part=obj,
            by=request.user,
            expected_revision=data.get("expected_revision"),
            reason=data.get("reason", ""),
        )
        if change and wanted and "number" in form.changed_data:
            services.move_part(part=obj, to=wanted, by=request.user)
        if form.may_publish:
            self._publish(request, obj, data.get("publication") or obj.status, data.get("publish_at"), form)

    def _publish(self, request: HttpRequest, part: Part, status: str, at: datetime | None, form: Any) -> None:
        if status == Part.Status.DRAFT:
            services.unpublish_part(part=part, by=request.user)  # nothing happens to a draft
        elif part.status == Part.Status.DRAFT or (at and "publish_at" in form.changed_data):
            services.publish_part(part=part, by=request.user, at=at)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        if formset.model is SourceLink:
            save_reading(request, form.instance, formset)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Revisions are never deleted on their own; with a part that nobody discussed they may go."""
        to_delete, count, lacking, protected = super().get_deleted_objects(objs, request)
        lacking = {
            name
            for name in lacking
            if name not in (PartRevision._meta.verbose_name, SourceLink._meta.verbose_name)
        }
        return to_delete, count, lacking, protected

    def delete_model(self, request: HttpRequest, obj: Part) -> None:
        """Counts of the sources it cited follow, in the same transaction."""
        with transaction.atomic():
            sources = set(SourceLink.objects.filter(part=obj).values_list("source_id", flat=True))
            versions.raise_around_part(obj)
            super().delete_model(request, obj)
            recount_sources(sources)

    # ------------------------------------------------------------------ actions
    @admin.action(description=_("Publish now"), permissions=["publish"])
    def publish(self, request: HttpRequest, queryset: models.QuerySet[Part]) -> HttpResponse | None:
        words = actions.Words(
            title=_("Publish parts"),
            done=ngettext_lazy("Published %(n)d part.", "Published %(n)d parts.", "n"),
            already=ngettext_lazy("%(n)d was public already.", "%(n)d were public already.", "n"),
            log=_("Published."),
        )
        return actions.run(
            self,
            request,
            queryset,
            words=words,
            each=lambda part: services.publish_part(part=part, by=request.user),
        )

    @admin.action(description=_("Unpublish (make a draft again)"), permissions=["publish"])
    def unpublish(self, request: HttpRequest, queryset: models.QuerySet[Part]) -> HttpResponse | None:
        words = actions.Words(
            title=_("Unpublish parts"),
            done=ngettext_lazy("Unpublished %(n)d part.", "Unpublished %(n)d parts.", "n"),
            already=ngettext_lazy("%(n)d was a draft already.", "%(n)d were drafts already.", "n"),
            log=_("Unpublished."),
        )
        return actions.run(
            self,
            request,
            queryset,
            words=words,
            each=lambda part: services.unpublish_part(part=part, by=request.user),
        )

    @admin.action(description=_("Move up"), permissions=["change"])
    def move_up(self, request: HttpRequest, queryset: models.QuerySet[Part]) -> HttpResponse | None:
        return self._move(request, queryset, -1)

    @admin.action(description=_("Move down"), permissions=["change"])
    def move_down(self, request: HttpRequest, queryset: models.QuerySet[Part]) -> HttpResponse | None:
        return self._move(request, queryset, 1)

    def _move(self, request: HttpRequest, queryset: models.QuerySet[Part], step: int) -> HttpResponse | None:
        """One place up or down. Several chosen parts keep their order among themselves and stop at the end."""
        parts = actions.chosen(self, request, queryset)
        if parts is None:
            return actions.back_to(request)
        moved = 0
        stuck: set[int] = set()
        for chosen in sorted(parts, key=lambda part: part.number * -step):
            # Moving one changes the numbers of others: each is asked anew.
            part = Part.objects.select_related("series").get(pk=chosen.pk)
            beside = Part.objects.filter(series=part.series_id)
            neighbour = (
                beside.filter(number__lt=part.number).order_by("-number")
                if step < 0
                else beside.filter(number__gt=part.number).order_by("number")
            ).first()
            if neighbour is None or neighbour.pk in stuck:
                stuck.add(part.pk)
                continue
            try:
                services.move_part(part=part, to=neighbour.number, by=request.user)
            except SeriesError as error:
                stuck.add(part.pk)
                self.message_user(request, f"{part}: {error}", messages.WARNING)
                continue
            moved += 1
            self.log_change(request, part, _t("Moved to number %(number)d.") % {"number": part.number})
        if moved:
            self.message_user(
                request,
                ngettext("Moved %(n)d part.", "Moved %(n)d parts.", moved) % {"n": moved},
                messages.SUCCESS,
            )
        else:
            self.message_user(request, _t("Nothing moved: there is no place beyond."), messages.INFO)
        return actions.back_to(request)


@admin.register(PartRevision)
class PartRevisionAdmin(ReadOnlyAdmin[PartRevision]):
    list_display = ("part", "number", "editor", "reason", "created_at")
    list_display_links = ("part", "number")
    list_filter = (SeriesOfPart,)
    list_select_related = ("part", "editor")
    list_defer = ("body", "standfirst", "part__body", "part__body_html", "part__references_html", "part__toc")
    search_fields = ("part__title", "editor__username", "editor__display_name", "reason")
    search_help_text = _("Part, editor or reason")
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-id")
    deletion_note = _("Revisions are never changed or deleted: they are the history.")
    fields = ("part_link", "number", "editor", "created_at", "reason", "title", "changes", "source_text")
    readonly_fields = ("part_link", "changes", "source_text")

    def visible(self, queryset: Any, request: HttpRequest) -> Any:
        """The history of a public part is public; that of a draft is its editors'."""
        return queryset.filter(part__in=Part.objects.visible_to(request.user))

    def view_on_site(self, obj: PartRevision) -> str | None:
        return None

    @admin.display(description=_("part"))
    def part_link(self, obj: PartRevision) -> SafeString | str:
        return self.link(obj.part)

    @admin.display(description=_("what it changed"))
    def changes(self, obj: PartRevision) -> SafeString:
        before = (
            PartRevision.objects.filter(part=obj.part_id, number__lt=obj.number).order_by("-number").first()
        )
        if before is None:
            return format_html('<p class="scs-adm-quiet">{}</p>', _t("The first revision."))
        return difference(text.difference(before.body, obj.body))

    @admin.display(description=_("Markdown"))
    def source_text(self, obj: PartRevision) -> SafeString:
        return format_html('<pre class="scs-adm-source" tabindex="0">{}</pre>', obj.body)
