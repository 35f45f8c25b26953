"""Members named in a text: ``@name``."""

from __future__ import annotations

import re

from scs_series.models import Member

_MENTION = re.compile(r"(?<![\w@./\[-])@([\w-]{1,150})")


def mentioned(body: str) -> list[Member]:
    """The members whom a post names, each once, in order of their keys."""
    names = set(_MENTION.findall(body))
    return list(Member.objects.filter(username__in=names).order_by("pk")) if names else []
