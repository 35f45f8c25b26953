"""What all admins of the app share: rows by visibility, rights by policy, refusals as form errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NamedTuple, TypeVar, cast

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db import DataError, models
from django.forms import Media, Script
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from scs_series.admin.display import excerpt
from scs_series.admin.filters import SeriesFilter
from scs_series.admin.forms import CuratorForm
from scs_series.exceptions import SeriesError
from scs_series.models import Series

M = TypeVar("M", bound=models.Model)

# ModelAdmin takes a type argument for the type checker alone; a reusable app must not patch Django to allow it.
if TYPE_CHECKING:

    class _ModelAdmin(admin.ModelAdmin[M]): ...

else:

    class _ModelAdmin(admin.ModelAdmin, Generic[M]): ...


class Button(NamedTuple):
    """An action offered on a change page, for this one object."""

    action: str
    label: str


class CuratorChangeList(ChangeList):
    """A list that leaves long texts in the database and gets what its columns need in the same query."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> models.QuerySet[Any]:
        try:
            queryset = super().get_queryset(request, exclude_parameters)
        except (
            OverflowError,
            ValueError,
        ) as error:  # a number or year beyond all columns, typed into the address
            raise IncorrectLookupParameters(error) from error
        return self.model_admin.for_rows(queryset)  # type: ignore[attr-defined,no-any-return]

    def get_results(self, request: HttpRequest) -> None:
        try:
            super().get_results(request)
        except (OverflowError, ValueError, DataError) as error:
            raise IncorrectLookupParameters(error) from error


class CuratorAdmin(_ModelAdmin[M]):
    """Base of all. Subclasses say what a user sees (``visible``) and which service saves (``save_model``)."""

    #: Columns of the list's query that no column shows: texts of some 100,000 characters.
    list_defer: ClassVar[Sequence[str]] = ()
    #: Actions that a change page offers as buttons, and when there is something for them to do.
    object_actions: ClassVar[Mapping[str, Callable[[Any], bool]]] = {}
    #: What an action's objects are fetched with, so that services ask nothing again row by row.
    action_related: ClassVar[Sequence[str]] = ()
    #: Said on the change page where the object cannot be deleted.
    deletion_note: ClassVar[Any] = ""
    form: Any = CuratorForm
    change_form_template = "admin/scs_series/change_form.html"

    list_per_page = 50
    list_max_show_all = 200
    show_full_result_count = False

    @property
    def media(self) -> Media:
        return super().media + Media(
            css={"all": ["scs_series/css/scs.css", "scs_series/admin/admin.css"]},
            js=[Script("scs_series/admin/pickers.js", type="module")],  # type: ignore[list-item]  # newer than its stubs
        )

    # ------------------------------------------------------------------ what is seen
    def visible(self, queryset: Any, request: HttpRequest) -> Any:
        """The rows this user may meet in the admin at all."""
        return queryset

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[M]:
        queryset: models.QuerySet[M] = self.visible(super().get_queryset(request), request)
        return queryset

    def for_rows(self, queryset: models.QuerySet[M]) -> models.QuerySet[M]:
        return queryset.defer(*self.list_defer) if self.list_defer else queryset

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> M | None:
        """The object with its viewer on it: what a change page tells of other rows depends on who reads."""
        obj = super().get_object(request, object_id, from_field)
        if obj is not None:
            obj.scs_viewer = request.user  # type: ignore[attr-defined]
        return obj

    def get_list_display(self, request: HttpRequest) -> Any:
        """Within one series, which one it is goes without saying."""
        shown = super().get_list_display(request)
        if "series" in shown and (request.GET.get(SeriesFilter.parameter_name) or is_only_series(request)):
            return [name for name in shown if name != "series"]
        return shown

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return CuratorChangeList

    # ------------------------------------------------------------------ who may
    def holds(self, request: HttpRequest, action: str) -> bool:
        """Whether Django's own permission ``<action>_<model>`` is held. Policy is asked beside it."""
        return request.user.has_perm(f"{self.opts.app_label}.{action}_{self.opts.model_name}")

    def may_vanish(self, obj: M) -> bool:
        """Whether nothing would be lost with this row."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers, one row at a time, and only what carries no history. Everything else is hidden instead."""
        if obj is None or not getattr(request.user, "is_superuser", False):
            return False
        return super().has_delete_permission(request, obj) and self.may_vanish(obj)

    # ------------------------------------------------------------------ saving
    def get_form(
        self, request: HttpRequest, obj: M | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        # A class of its own for every request (modelform_factory), so attributes stay within it.
        form.user = request.user
        form.refusal = getattr(request, "scs_refusal", None)
        return form

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Save; where a service refuses, nothing is written and the form comes back with the refusal in place.

        Services check under their locks, later than any form can. So the form is shown again by a second pass
        over the same request, in which CuratorForm.clean puts the error where it was typed.
        """
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except SeriesError as error:
            request.scs_refusal = error  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> Any:
        """A row that is not the user's to see is not there: 404, and not Django's way back to the index."""
        raise Http404(f"no {opts.verbose_name} {object_id}")

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        try:
            return super().delete_view(request, object_id, extra_context)
        except SeriesError as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(self.change_url(object_id))

    # ------------------------------------------------------------------ the change page
    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        obj = kwargs.get("obj")
        if obj is not None:
            context["scs_buttons"] = self.buttons(request, obj)
            context["scs_list_url"] = self.list_url()
            if self.deletion_note and not self.has_delete_permission(request, obj):
                context["scs_deletion_note"] = self.deletion_note
        return super().render_change_form(request, context, *args, **kwargs)

    def buttons(self, request: HttpRequest, obj: M) -> list[Button]:
        """The actions that this user may take on this object now."""
        offered = self.get_actions(request)
        found = []
        for name, applies in self.object_actions.items():
            if name not in offered or not applies(obj):
                continue
            function, _name, label = cast("tuple[Any, str, str]", offered[name])
            wanted = getattr(function, "allowed_permissions", ())
            if all(getattr(self, f"has_{permission}_permission")(request, obj) for permission in wanted):
                found.append(Button(name, str(label)))
        return found

    def view_on_site(self, obj: M) -> str | None:
        """The page itself, without Django's detour; None where a host mounts no pages."""
        try:
            return str(obj.get_absolute_url())  # type: ignore[attr-defined]
        except NoReverseMatch:
            return None

    # ------------------------------------------------------------------ links between admin pages
    def list_url(self, model: type[models.Model] | None = None, query: str = "") -> str:
        opts = (model or self.model)._meta
        url = reverse(
            f"admin:{opts.app_label}_{opts.model_name}_changelist", current_app=self.admin_site.name
        )
        return f"{url}?{query}" if query else url

    def change_url(self, pk: Any, model: type[models.Model] | None = None) -> str:
        opts = (model or self.model)._meta
        return reverse(
            f"admin:{opts.app_label}_{opts.model_name}_change", args=[pk], current_app=self.admin_site.name
        )

    def link(self, obj: models.Model | None, words: object = None) -> SafeString | str:
        """A link to the admin page of another object; whether the user may open it is asked there."""
        if obj is None:
            return self.get_empty_value_display()
        return format_html(
            '<a href="{}">{}</a>', self.change_url(obj.pk, type(obj)), words or excerpt(str(obj), 80)
        )


def edited_series(request: HttpRequest) -> models.QuerySet[Series]:
    """The series whose drafts this user edits."""
    return Series.objects.edited_by(request.user)


def is_only_series(request: HttpRequest) -> bool:
    """Whether there is no second one; asked once per request."""
    known: bool | None = getattr(request, "_scs_is_only_series", None)
    if known is None:
        known = Series.objects.count() < 2
        request._scs_is_only_series = known  # type: ignore[attr-defined]
    return known


def edits_a_series(request: HttpRequest) -> bool:
    """Whether there is any; asked once per request."""
    known: bool | None = getattr(request, "_scs_edits_a_series", None)
    if known is None:
        known = edited_series(request).exists()
        request._scs_edits_a_series = known  # type: ignore[attr-defined]
    return known


class ReadOnlyAdmin(CuratorAdmin[M]):
    """For what is written once and never changed."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.holds(request, "view")
