"""Serializer fields: strict on input, limited by the host's settings, named once in the schema."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from drf_spectacular.drainage import set_override
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from rest_framework import serializers
from rest_framework.fields import empty

from scs_series.conf import app_settings
from scs_series.exceptions import InvalidInput


def utc(moment: datetime | None) -> str | None:
    """A time as the API writes it: ISO 8601 in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None


class PatchSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """Base of what PATCH takes: every field says itself whether it may be left out, in the schema too."""

    @property
    def partial(self) -> bool:
        return False

    @partial.setter
    def partial(self, value: bool) -> None:
        """The schema generator sets it for every PATCH; then a required field would not show."""


class Text(serializers.CharField):
    """A string, and only a string: a number or a list is refused, not turned into one.

    ``setting`` names the limit that a service enforces, and the schema tells it; the field itself refuses at four
    times that, so that the service answers with its own code after normalising.
    ``rule`` is a check of the service's that is asked here already: else a text that breaks it would be complained
    of only once all other fields are as they should be.
    """

    def __init__(
        self,
        *,
        setting: str | None = None,
        rule: Callable[[str], object] | None = None,
        schema: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        self.setting = setting
        self.rule = rule
        if setting is not None:
            limit = getattr(app_settings, setting)
            kwargs["max_length"] = 4 * limit
            schema = {"type": "string", "maxLength": limit, **(schema or {})}
        super().__init__(**kwargs)
        if schema:
            set_override(self, "field", schema)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)

    def run_validation(self, data: Any = empty) -> Any:
        value = super().run_validation(data)
        if self.rule is not None and isinstance(value, str):
            try:
                self.rule(value)
            except InvalidInput as error:
                raise serializers.ValidationError(str(error), code=error.code) from error
        return value


class Line(Text):
    """A short text that may be left empty."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("allow_blank", True)
        super().__init__(**kwargs)


class Markdown(Text):
    """A long text, kept as typed: not stripped. Whether it may be empty is the service's to say."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("allow_blank", True)
        super().__init__(trim_whitespace=False, **kwargs)


class PartReference(serializers.Field):  # type: ignore[type-arg]
    """A part within its series: its number or its slug."""

    default_error_messages = {"invalid": "Give the part's number or its slug."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        schema = {"oneOf": [{"type": "integer", "minimum": 1}, {"type": "string", "maxLength": 100}]}
        set_override(self, "field", schema)

    def to_internal_value(self, data: Any) -> str:
        if isinstance(data, bool) or not isinstance(data, (int, str)):
            self.fail("invalid")
        if isinstance(data, int) and not 0 < data < 2**31:
            self.fail("invalid")
        return str(data)

    def to_representation(self, value: Any) -> Any:
        return value


class TagNames(serializers.ListField):
    """Names of tags. How many, and how long, is the service's rule; a thousand and one are refused unread."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=Text(max_length=1_000, allow_blank=True), max_length=1_000, **kwargs)
        schema = {
            "type": "array",
            "items": {"type": "string", "maxLength": app_settings.TAG_MAX_LENGTH},
            "maxItems": app_settings.TAGS_PER_THREAD,
        }
        set_override(self, "field", schema)


class Choice(serializers.ChoiceField):
    """One of a model's choices, under one name in the schema whatever the field is called."""

    def __init__(
        self, choices: type[models.TextChoices] | Sequence[str], *, name: str = "", **kwargs: Any
    ) -> None:
        self.schema_name = name
        super().__init__(choices=choices.values if isinstance(choices, type) else choices, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or data not in self.choices:
            # Without the value, which an answer may not be able to hold (half of a surrogate pair).
            raise serializers.ValidationError(
                _("Choose one of: %(choices)s.") % {"choices": ", ".join(map(str, self.choices))},
                code="invalid_choice",
            )
        return super().to_internal_value(data)


class _ChoiceSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    target_class = "scs_series.api.fields.Choice"

    def get_name(self) -> str:
        return str(self.target.schema_name)

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.target.choices)}


__all__ = ["Choice", "Line", "Markdown", "PartReference", "PatchSerializer", "TagNames", "Text", "utc"]
