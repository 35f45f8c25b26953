"""Widgets: the Markdown editor with its preview, and a source picker bound to one series."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.admin.widgets import AdminSplitDateTime, AutocompleteSelect
from django.forms import Script
from django.utils.translation import gettext_lazy as _
from markdownx.widgets import AdminMarkdownxWidget

from scs_series.models import Series
from scs_series.text import Profile


class EditorWidget(AdminMarkdownxWidget):  # type: ignore[misc]  # markdownx has no types
    """markdownx's admin editor with our addresses and a script of our own.

    markdownx's script sends the text alone; citations need the series, and a part is rendered otherwise than a
    post. Without scripts it is a text area beside the text as it was last saved.
    """

    template_name = "admin/scs_series/editor.html"

    def __init__(
        self,
        *,
        profile: Profile,
        series: Series | None = None,
        saved_html: str = "",
        attrs: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(
            attrs={"rows": 28 if profile is Profile.PART else 14, "spellcheck": "true", **(attrs or {})}
        )
        self.profile = profile
        self.series = series
        self.saved_html = saved_html
        #: Where the series is still to be chosen: the slugs by key of those that may be.
        self.series_slugs: dict[str, str] = {}

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None = None) -> dict[str, Any]:
        # Past markdownx's own methods, which set addresses that our hosts do not route.
        context: dict[str, Any] = forms.Textarea.get_context(self, name, value, attrs or {})
        context.update(
            profile=self.profile.value,
            series=self.series.slug if self.series else "",
            series_slugs=self.series_slugs,
            saved_html=self.saved_html,
        )
        return context

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        return forms.Textarea.render(self, name, value, attrs, renderer)

    class Media:
        extend = False
        js = (Script("scs_series/admin/editor.js", type="module"),)


class NamedSplitDateTime(AdminSplitDateTime):
    """Django's date and time, each with a name of its own: the row's label names neither for assistive tech."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        for widget, words in zip(self.widgets, (_("Date"), _("Time")), strict=True):
            widget.attrs["aria-label"] = words


class SourceSelect(AutocompleteSelect):
    """Offers the sources of one series only."""

    series_id: int | None = None

    def get_url(self) -> str:
        url = super().get_url()
        return f"{url}?{urlencode({'series': self.series_id})}" if self.series_id else url
