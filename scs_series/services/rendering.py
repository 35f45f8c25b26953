"""Fragments: a post and a thread's row in a list, rendered whole when they change and stored.

A page of twenty posts through a template costs many times what twenty stored strings cost. Fragments are made in
the site's language (settings.LANGUAGE_CODE) and hold nothing that differs by reader; what does differ (the row of
actions) is put in at ACTIONS when a page is built. ``scs_render`` makes all of them again after a template, a
language or an address changed.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from scs_series.models import Post, Series, SourceLink, Thread
from scs_series.services.writing import render_again
from scs_series.text import Profile

#: Stands in a post's fragment where its row of actions goes. Text cannot forge it: comments never pass the sanitiser.
ACTIONS = "<!--scs:actions-->"


def own_mark(name: str) -> str:
    """Stands in a stored row or a shared piece where something of the reader's goes: ``{% personal %}`` puts it in."""
    return f"<!--scs:own {name}-->"


def doc_id(number: int) -> str:
    """What prefixes the ids within a post's text, so that they are unique on a page of posts."""
    return f"post-{number}"


def render_post_again(post: Post) -> bool:
    """Render one post's stored text and fragment, under its thread's lock; say whether the result differs."""
    rendered = render_again(
        post.body,
        series=post.thread.series,
        profile=Profile.POST,
        doc_id=doc_id(post.number),
        thread=post.thread,
    )
    before = post.body_html, post.fragment
    post.body_html = rendered.html
    post.fragment = post_fragment(post)
    if (post.body_html, post.fragment) == before:
        return False
    Post.objects.filter(pk=post.pk).update(body_html=post.body_html, fragment=post.fragment)
    return True


def post_fragment(post: Post) -> str:
    """The whole post as HTML. Needs ``post.author``, ``post.thread`` and, if it answers one, ``post.answers.author``.

    The text of a hidden post is not in its fragment. One that was withdrawn before anybody answered has none at all.
    """
    if not post.has_place:
        return ""
    with translation.override(settings.LANGUAGE_CODE):
        return render_to_string(
            "scs_series/includes/_post.html",
            {
                "post": post,
                "thread": post.thread,
                "author": post.author,
                "answers": post.answers,
                "actions": ACTIONS,
            },
        ).strip()


def thread_row(thread: Thread) -> str:
    """The thread as a row of a list. Needs ``thread.author`` and ``thread.part``."""
    with translation.override(settings.LANGUAGE_CODE):
        return render_to_string(
            "scs_series/includes/_thread_row.html",
            {"thread": thread, "part": thread.part, "author": thread.author},
        ).strip()


def references_list(links: Sequence[SourceLink], series: Series) -> str:
    """What a part cites, then its further reading, as the list at its end. Needs ``link.source``."""
    with translation.override(settings.LANGUAGE_CODE):
        return render_to_string(
            "scs_series/includes/_references.html", {"links": links, "series": series}
        ).strip()
