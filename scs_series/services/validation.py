"""A model's own rules, asked by services: the first that does not hold becomes InvalidInput at its field."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from scs_series.exceptions import InvalidInput


def validate(instance: models.Model, *, exclude: list[str], **options: Any) -> None:
    """``full_clean``, and the length of long texts, which Django leaves to forms.

    Raises InvalidInput naming the field, with the validator's code.
    """
    try:
        instance.full_clean(exclude=exclude, **options)
    except ValidationError as error:
        field, problems = next(iter(error.error_dict.items()))
        raise InvalidInput(
            " ".join(problems[0].messages),
            code=str(problems[0].code or "invalid"),
            field=None if field == "__all__" else field,
        ) from error
    for text in instance._meta.fields:
        if isinstance(text, models.TextField) and text.max_length and text.name not in exclude:
            length = len(getattr(instance, text.name))
            if length > text.max_length:
                raise InvalidInput(
                    _("Use at most %(most)d characters; this has %(has)d.")
                    % {"most": text.max_length, "has": length},
                    code="max_length",
                    field=text.name,
                )
