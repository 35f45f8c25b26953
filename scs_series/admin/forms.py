"""Forms of the admin: they keep what was typed and show a service's refusal where it belongs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.db import models
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from scs_series import text
from scs_series.exceptions import SeriesError, StaleEdit
from scs_series.models import Part, Post, Thread
from scs_series.services.discussion import REASON_MAX_LENGTH

M = TypeVar("M", bound=models.Model)

if TYPE_CHECKING:

    class _ModelForm(forms.ModelForm[M]): ...

else:

    class _ModelForm(forms.ModelForm, Generic[M]): ...


class CuratorForm(_ModelForm[M]):
    """Base of the admin's forms. ``user`` and ``refusal`` are set by CuratorAdmin.get_form for each request."""

    user: ClassVar[Any] = None
    #: What a service said when this very input was to be saved, or None.
    refusal: ClassVar[SeriesError | None] = None
    #: Names of fields as services know them → as this form calls them.
    error_fields: ClassVar[Mapping[str, str]] = {}

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.refusal is not None:
            self.show_refusal(self.refusal)
        return cleaned

    def show_refusal(self, error: SeriesError) -> None:
        name = self.error_fields.get(error.field or "", error.field)
        self.add_error(
            name if name in self.fields else None, forms.ValidationError(str(error), code=error.code)
        )


class GuardedForm(CuratorForm[M]):
    """For what two may edit at once: carries the revision that was read, and shows both states."""

    expected_revision = forms.IntegerField(
        min_value=0, max_value=2**31 - 1, required=False, widget=forms.HiddenInput
    )
    #: What the template shows beside the form: the text in force, the difference to what was typed.
    conflict: dict[str, Any] | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # No guard is asked from a form that adds, or that is only looked at.
        if "expected_revision" in self.fields and self.instance.pk:
            self.fields["expected_revision"].required = True
            self.initial["expected_revision"] = self._in_force.revision_number

    @property
    def _in_force(self) -> Part | Post | Thread:
        """The thing as it stands: until clean() is through, the form has put nothing of its own on it."""
        return cast("Part | Post | Thread", self.instance)

    def states(self, cleaned: dict[str, Any]) -> tuple[str, str]:
        """What is in force and what was typed, each as a text."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        expected = cleaned.get("expected_revision")
        told = self.instance.pk is None or isinstance(self.refusal, StaleEdit)
        if not told and expected is not None and expected != self._in_force.revision_number:
            # Said here already, so that it is heard before any complaint of an inline about rows that moved.
            current, yours = self.states(cleaned)
            self.show_refusal(
                StaleEdit(current=current, yours=yours, current_revision=self._in_force.revision_number)
            )
        return cleaned

    def show_refusal(self, error: SeriesError) -> None:
        super().show_refusal(error)
        if not isinstance(error, StaleEdit):
            return
        self.conflict = {
            "current": error.current,
            "revision": error.current_revision,
            "difference": text.difference(error.current, error.yours),
        }
        # Whoever has seen both texts may save theirs over the one shown now.
        name = self.add_prefix("expected_revision")
        self.data = MultiValueDict({**dict(self.data.lists()), name: [str(error.current_revision)]})  # type: ignore[attr-defined]


class TextForm(GuardedForm[M]):
    """For a text whose every state is kept as a revision, with the reason for this one."""

    reason = forms.CharField(
        label=_("Why this change"),
        required=False,
        max_length=REASON_MAX_LENGTH,
        widget=AdminTextInputWidget,
        help_text=_("Kept with the revision, for whoever reads its history."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "body" in self.fields:
            self.fields["body"].strip = False  # type: ignore[attr-defined]  # the text is the writer's, to its last line

    def states(self, cleaned: dict[str, Any]) -> tuple[str, str]:
        return cast("Part | Post", self.instance).body, cleaned.get("body", "")


class ReasonForm(forms.Form):
    """Asked before something is taken from readers' sight or closed."""

    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=REASON_MAX_LENGTH,
        widget=AdminTextareaWidget(attrs={"rows": 3, "autofocus": True}),
    )


_BRACED = re.compile(r"^\{(.*)\}$")


class AuthorsField(forms.CharField):
    """Authors one a line, instead of JSON: ``Family, Given`` for a person, a plain name for a body.

    A body whose name has a comma stands in braces: ``{Ministry of Culture, Tourism and Sport}``.
    """

    widget = AdminTextareaWidget

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        kwargs.setdefault("label", _("Authors"))
        kwargs.setdefault("widget", AdminTextareaWidget(attrs={"rows": 3}))
        kwargs.setdefault(
            "help_text",
            _(
                "One a line: “Daum, Jeremy” for a person, “Xinhua” for a body, “{Smith, Jones & Co.}” for a body with a comma."
            ),
        )
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(line_of_author, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list):
            return value
        return [author_of_line(line.strip()) for line in str(value or "").splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(list(initial or []) != self.to_python(data))

    def validate(self, value: Any) -> None:
        if self.required and not value:
            raise forms.ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value: Any) -> None:
        """CharField's own look at a string; NUL bytes are refused line by line here."""
        super().run_validators("\n".join(str(part) for author in value for part in author.values()))


def author_of_line(line: str) -> dict[str, str]:
    """``Daum, Jeremy`` → family and given; ``Xinhua`` or ``{A, B}`` → a body, as CSL-JSON has them."""
    braced = _BRACED.match(line)
    if braced:
        return {"literal": braced.group(1).strip()}
    family, comma, given = (piece.strip() for piece in line.partition(","))
    if not comma:
        return {"literal": family}
    return {key: value for key, value in (("family", family), ("given", given)) if value}


def line_of_author(author: Any) -> str:
    """The other way. What is not an author as CSL-JSON has them is shown as it is stored."""
    if not isinstance(author, dict):
        return str(author)
    literal = str(author.get("literal", ""))
    if literal:
        return f"{{{literal}}}" if "," in literal or _BRACED.match(literal) else literal
    return f"{author.get('family', '')}, {author.get('given', '')}".strip(" ") if author else ""
