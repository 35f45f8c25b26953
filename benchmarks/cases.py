"""What is asked for: pages and their API twins, each warm, unchanged (304), cold and signed in."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.backends.cached_db import SessionStore
from django.db.models import Count

from benchmarks import load
from scs_series.conf import app_settings
from scs_series.models import Member, OutboxItem, Part, Post, Series, Tag, Thread
from scs_series.services import blocks, bookmarks, discussion, drafts, subscriptions
from scs_series.services.members import member_for
from scs_series.services.notifications.fan_out import tell_batch
from scs_series.services.outbox import claims
from scs_series.services.reading import mark_thread_read

MODES = ("warm", "304", "cold", "signed in")
#: A CSRF cookie's secret is sent back as it is: Django takes it masked or plain.
_CSRF = "benchmark0benchmark0benchmark0be"
#: Never used twice in a run, so that what is asked for under it was never cached.
_fresh = itertools.count(1)

BODY = """I went through the two versions side by side, and the difference is smaller than it looks.

- The first names **four** fields and gives no dates.
- The second names the same four, with a year beside each; see *article 12* for the one that matters here.

> Whoever reads only the summary will think that the list is closed.

It is not: the annex says so in its last line. No. {number:09d}."""


@dataclass(frozen=True)
class Case:
    """One address."""

    name: str
    path: str

    def maker(self, mode: str, etag: str, session: str) -> tuple[load.Maker, int]:
        """What makes its requests, and the status to be answered with."""
        if mode == "cold":
            return (lambda _place, _n: load.get(self.path, host=fresh_host())), 200
        if mode == "304":
            request = load.get(self.path, If_None_Match=etag)
            return (lambda _place, _n: request), 304
        request = (
            load.get(self.path, Cookie=f"sessionid={session}") if mode == "signed in" else load.get(self.path)
        )
        return (lambda _place, _n: request), 200


def fresh_host() -> str:
    """A host name of ours that no page was asked for under yet; always as long, for it shows in API answers."""
    return f"n{next(_fresh):09d}.bench.test"


def constant(length: int) -> load.Maker:
    """Requests for the constant view."""
    request = load.get(f"/bench/constant/{length}/")
    return lambda _place, _n: request


#: Of middling length; what a warm page could reach at best.
ONE_QUERY = Case("constant view behind one query", "/bench/one-query/48000/")


def all_cases(series: Series, short: Thread, long: Thread, tag: Tag) -> list[Case]:
    part = Part.objects.filter(series=series).order_by("-word_count").select_related("series")[0]
    size, last = app_settings.POSTS_PER_PAGE, long.last_number
    last_page = -(-last // size)
    api, name = "/api/v1", f"{last:,}"
    return [
        Case("series", quote(series.get_absolute_url())),
        Case("part", quote(part.get_absolute_url())),
        Case(f"thread of {short.last_number}", short.get_absolute_url()),
        Case(f"thread of {name}, first page", long.get_absolute_url()),
        Case(f"thread of {name}, last page", f"{long.get_absolute_url()}?page={last_page}"),
        Case("tag", tag.get_absolute_url()),
        Case("API series", f"{api}/series/{series.slug}/"),
        Case("API part", f"{api}/parts/{series.slug}/{part.slug}/"),
        Case(f"API posts of {short.last_number}", f"{api}/posts/?thread={short.pk}"),
        Case(f"API posts of {name}, first", f"{api}/posts/?thread={long.pk}"),
        Case(
            f"API posts of {name}, last", f"{api}/posts/?thread={long.pk}&from={(last_page - 1) * size + 1}"
        ),
        Case("API threads of a tag", f"{api}/threads/?tag={quote(tag.slug)}"),
    ]


def bodies(series: Series, wanted: int = 40) -> list[str]:
    """Texts that people wrote in the demo series: of middling length, by turns short and long."""
    found = (
        Post.objects.filter(thread__series=series, answers=None).order_by("pk").values_list("body", flat=True)
    )
    return [body for body in found if 150 <= len(body) <= 2_500][:wanted]


def sign_in(count: int, prefix: str) -> list[tuple[Member, str]]:
    """New members, and a session of each: no password is hashed."""
    made = []
    for number in range(count):
        user: Any = get_user_model().objects.create_user(username=f"{prefix}{number}")
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        made.append((member_for(user), str(session.session_key)))
    return made


def page_replies(threads: Sequence[Thread], sessions: Sequence[str]) -> load.Maker:
    """Answers through the page's form; the member of each connection writes in a thread of their own."""
    paths = [f"{thread.get_absolute_url()}reply/" for thread in threads]

    def make(place: int, number: int) -> bytes:
        fields = {
            "csrfmiddlewaretoken": _CSRF, "body": BODY.format(number=number), "submission_key": f"bench-{next(_fresh)}",
        }  # fmt: skip
        return load.post(
            paths[place % len(paths)], urlencode(fields).encode(), Content_Type="application/x-www-form-urlencoded",
            Cookie=f"csrftoken={_CSRF}; sessionid={sessions[place % len(sessions)]}",
        )  # fmt: skip

    return make


def api_replies(threads: Sequence[Thread], sessions: Sequence[str]) -> load.Maker:
    """The same through the API."""

    def make(place: int, number: int) -> bytes:
        sent = {"thread": threads[place % len(threads)].pk, "body": BODY.format(number=number)}
        return load.post(
            "/api/v1/posts/", json.dumps(sent).encode(), Content_Type="application/json", X_CSRFToken=_CSRF,
            Idempotency_Key=f"bench-{next(_fresh)}",
            Cookie=f"csrftoken={_CSRF}; sessionid={sessions[place % len(sessions)]}",
        )  # fmt: skip

    return make


def with_everything(thread: Thread, reader: Member, others: Sequence[Member]) -> Case:
    """A thread in which there is all that a page can show, and the reader has all that can be their own."""
    thread = Thread.objects.select_related("part__series", "series", "author").get(pk=thread.pk)
    posts = list(Post.objects.filter(thread=thread).select_related("thread__part__series", "author"))
    for post in posts:
        for place, by in enumerate((*others, reader)):
            discussion.react(post=post, by=by.user, word=("agree", "thanks", "insight")[place % 3])
    for number in (5, 9, 14):
        said = BODY.format(number=number)
        discussion.reply(thread=thread, by=others[0].user, body=said, answers=number)
        thread.refresh_from_db()
    for post in posts[::2]:
        bookmarks.save_bookmark(target=post, by=reader.user, note="To be looked up")
    for target in (thread, thread.part, thread.series):
        subscriptions.subscribe(target=target, level="watch", by=reader.user)
    blocks.block_member(other=posts[3].author, by=reader.user, level="mute")
    mark_thread_read(member=reader, thread=thread, number=7)
    drafts.save_draft(by=reader.user, thread=thread, body=BODY.format(number=0), answers=2)
    return Case(f"thread of {len(posts)}, with all of one's own", thread.get_absolute_url())


def tell_of_a_reply(thread: Thread, by: Member) -> tuple[int, float, int]:
    """Write one and tell of it: how many members, in what time, in how many batches. No mail is sent."""
    OutboxItem.objects.all().delete()
    thread = Thread.objects.select_related("part", "series", "author").get(pk=thread.pk)
    discussion.reply(thread=thread, by=by.user, body=BODY.format(number=1))
    [item] = claims.claim([OutboxItem.Kind.FAN_OUT], 1)
    claims.begin(item)
    told = batches = 0
    start = time.perf_counter()
    while True:
        batch = tell_batch(item)
        assert batch is not None
        told, batches = told + batch.told, batches + 1
        if batch.is_last:
            return told, time.perf_counter() - start, batches
        claims.renew(item)


def without_gaps(threads: Sequence[Thread]) -> bool:
    """Whether the posts of these threads are numbered 1 to the last, as the thread says."""
    counted = Thread.objects.filter(pk__in=[t.pk for t in threads]).annotate(n=Count("posts"))
    return all(thread.n == thread.last_number == thread.post_count for thread in counted)
