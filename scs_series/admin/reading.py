"""Texts as readers see them, within an admin page: their own stylesheet, none of the admin's."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from scs_series.models import Post
from scs_series.services.rendering import ACTIONS


def as_read(html: str) -> SafeString:
    """``html`` must be ours: rendered from Markdown and sanitised when it was written (services.writing)."""
    # Safe: never what somebody typed, only what our renderer made of it and stored.
    return format_html('<div class="scs scs-adm-page"><div class="scs-prose">{}</div></div>', mark_safe(html))  # noqa: S308


def fragment_as_read(post: Post) -> SafeString:
    """The post's stored fragment, which is what its thread's page shows.

    Its links within the thread start with ``?``: here they are led back to the thread's page.
    """
    url = post.thread.get_absolute_url()
    html = post.fragment.replace(ACTIONS, "").replace('href="?', f'href="{url}?')
    # Safe: the fragment is rendered by services.rendering from escaped values and sanitised text.
    return format_html('<div class="scs scs-adm-page">{}</div>', mark_safe(html))  # noqa: S308


def difference(lines: Any) -> SafeString:
    """What changed between two texts, as the pages show it."""
    html = render_to_string("scs_series/includes/_difference.html", {"difference": lines})
    return format_html('<div class="scs scs-adm-page">{}</div>', html)
