"""Template filters for templates/allauth/elements/: allauth's fields with the app's classes."""

from __future__ import annotations

from django import template
from django.forms import BoundField, CheckboxInput
from django.utils.safestring import SafeString

register = template.Library()

#: allauth marks what is not a page's main button by these words.
_LESSER = {"secondary", "danger", "delete", "link", "cancel", "outline"}


@register.filter
def is_checkbox(field: BoundField) -> bool:
    return isinstance(field.field.widget, CheckboxInput)


@register.filter
def control(field: BoundField) -> SafeString:
    """The field's control. Its autocomplete value stays, and Django ties hint and error to it."""
    if is_checkbox(field):
        return field.as_widget()
    # A placeholder that repeats the label is one more thing to read.
    field.field.widget.attrs.pop("placeholder", None)
    return field.as_widget(attrs={"class": "scs-input"})


@register.filter
def is_main_action(tags: list[str] | None) -> bool:
    return _LESSER.isdisjoint(tags or ())
