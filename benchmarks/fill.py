"""Fills a series with threads and posts by the hundred thousand, each as the services would have written it.

Markdown is rendered once for each text and a post's template once for each text and author, by the app's own
functions, with stand-ins for number, time and thread; posts differ from that by replacing the stand-ins. Counts of
what holds threads are then worked out by the app's own recount. tests/test_benchmarks.py holds the result against
what the services write.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from scs_series.models import Member, Part, Post, Series, SourceLink, Subscription, Tag, Thread, ThreadTag
from scs_series.services.counts import recount
from scs_series.services.rendering import doc_id, post_fragment, thread_row
from scs_series.services.sources import _wanted
from scs_series.services.tagging import tags_named
from scs_series.services.writing import Written, write_post
from scs_series.templatetags.scs_series import when

#: Stand-ins: nothing that a text or a template writes looks like them.
_TOKEN = "t0bench0stands0for0the0number"  # noqa: S105  (no secret)
_NUMBER = 1_234_567_891
_WHEN = datetime(1987, 6, 5, 4, 3, 2, tzinfo=UTC)
_BATCH = 1_000

TAG_NAMES = (
    "blacklists", "credit bureaus", "pilot cities", "joint punishment", "media reports", "law", "privacy", "Sesame Credit",
    "courts", "companies", "translation", "statistics", "travel bans", "data", "history", "trust", "local rules", "appeals",
    "红名单", "sources wanted",
)  # fmt: skip
_TITLES = (
    "What does the outline of 2014 say about {tag}?", "A correction on {tag}, and its source", "{tag}: plan or practice?",
    "Does anybody know newer figures on {tag}?", "How the press wrote about {tag} in those years",
)  # fmt: skip


@dataclass(frozen=True)
class _Text:
    """One text, rendered with stand-ins, and the sources it cites."""

    written: Written
    cited: Mapping[int, dict[str, Any]]


@dataclass(frozen=True)
class Filled:
    """What was made."""

    threads: list[Thread]
    long_thread: Thread | None


def fill(
    series: Series,
    bodies: Sequence[str],
    authors: Sequence[Member],
    *,
    threads: int,
    posts: int,
    long_thread: int = 0,
    seed: int = 1,
) -> Filled:
    """Add ``threads`` threads of ``posts`` posts to the parts of a series, and one of ``long_thread`` posts.

    ``bodies`` are Markdown and may cite sources of the series.
    """
    chance = random.Random(seed)
    texts = [_text(body, series) for body in bodies]
    parts = list(Part.objects.filter(series=series, published_at__lte=timezone.now()).order_by("number"))
    by = authors[0].user
    tags = [tag for name in TAG_NAMES for tag in tags_named([name], by=by)]
    writer = _Writer(texts, authors)
    started = timezone.now() - timedelta(days=400)
    made: list[Thread] = []
    with transaction.atomic():
        for number in range(threads):
            at = started + timedelta(minutes=500 * number / max(1, threads) * 60)
            made.append(
                _thread(chance, parts[number % len(parts)], authors, tags[number % len(tags)], at, posts)
            )
        if long_thread:
            made.append(_thread(chance, parts[0], authors, tags[0], started, long_thread))
        _insert(made, tags, chance)
        for batch in _batches(writer.posts_of(made, chance), _BATCH):
            writer.insert(batch)
        _settle(series)
    return Filled(made[:threads], made[-1] if long_thread else None)


def _text(body: str, series: Series) -> _Text:
    written = write_post(body, series=series, doc_id=_TOKEN)
    return _Text(written, _wanted(written))


def _thread(
    chance: random.Random, part: Part, authors: Sequence[Member], tag: Tag, at: datetime, posts: int
) -> Thread:
    return Thread(
        series_id=part.series_id, part=part, author=chance.choice(authors), kind=chance.choice(Thread.Kind.values),
        title=chance.choice(_TITLES).format(tag=tag.name), created_at=at, last_post_at=_time_of(at, posts),
        last_number=posts, post_count=posts,
    )  # fmt: skip


def _time_of(started: datetime, number: int) -> datetime:
    return started + timedelta(minutes=5 * (number - 1))


def _insert(threads: list[Thread], tags: Sequence[Tag], chance: random.Random) -> None:
    Thread.objects.bulk_create(threads, batch_size=_BATCH)
    for thread in threads:
        thread.row_html = thread_row(thread)
    Thread.objects.bulk_update(threads, ["row_html"], batch_size=200)
    ThreadTag.objects.bulk_create(
        (
            ThreadTag(tag=tag, content_object=thread, last_activity_at=thread.last_post_at)
            for thread in threads
            for tag in {tags[0], *chance.sample(list(tags[1:]), 2)}
        ),
        batch_size=_BATCH,
    )


class _Writer:
    """Posts made from texts and authors."""

    def __init__(self, texts: Sequence[_Text], authors: Sequence[Member]) -> None:
        self.texts = texts
        self.authors = authors
        self._fragments: dict[tuple[int, int], str] = {}

    def posts_of(self, threads: Sequence[Thread], chance: random.Random) -> Iterator[Post]:
        for thread in threads:
            for number in range(1, thread.last_number + 1):
                at = _time_of(thread.created_at, number)
                author = thread.author if number == 1 else chance.choice(self.authors)
                yield self._post(thread, number, author, chance.randrange(len(self.texts)), at)

    def _post(self, thread: Thread, number: int, author: Member, which: int, at: datetime) -> Post:
        text = self.texts[which]
        fragment = self._fragments.get((which, author.pk)) or self._fragment(which, author)
        post = Post(
            thread=thread, number=number, author=author, created_at=at, body=text.written.body,
            body_html=text.written.rendered.html.replace(_TOKEN, doc_id(number)),
            fragment=fragment.replace(_TOKEN, doc_id(number)).replace(str(_NUMBER), str(number))
            .replace(str(when(_WHEN)), str(when(at))),
        )  # fmt: skip
        post._text = text  # type: ignore[attr-defined]  # for its links, once the post has a key
        return post

    def _fragment(self, which: int, author: Member) -> str:
        """The post's template, run once for each text and author. Nothing of the thread shows in an unedited post."""
        html = self.texts[which].written.rendered.html
        stand_in = Post(
            thread=Thread(title="-"), number=_NUMBER, author=author, created_at=_WHEN, body_html=html
        )
        self._fragments[which, author.pk] = post_fragment(stand_in)
        return self._fragments[which, author.pk]

    def insert(self, posts: Sequence[Post]) -> None:
        Post.objects.bulk_create(posts)
        SourceLink.objects.bulk_create(
            SourceLink(post=post, source_id=source_id, origin=SourceLink.Origin.CITATION, **place)
            for post in posts
            for source_id, place in post._text.cited.items()  # type: ignore[attr-defined]
        )


def _batches(posts: Iterator[Post], size: int) -> Iterator[list[Post]]:
    while batch := list(itertools.islice(posts, size)):
        yield batch


def _settle(series: Series) -> None:
    """What parts, series, tags, members and sources hold of it."""
    for row in (series, *Part.objects.filter(series=series)):
        latest = row.threads.aggregate(latest=Max("last_post_at"))["latest"]
        if latest:
            type(row).objects.filter(pk=row.pk).update(last_activity_at=latest)
    recount()


def watchers(thread: Thread, count: int) -> None:
    """So many members with an address who watch a thread and never come to read it."""
    model: Any = get_user_model()
    users = model.objects.bulk_create(
        (
            model(username=f"watcher{thread.pk}-{n}", email=f"watcher{thread.pk}-{n}@bench.test")
            for n in range(count)
        ),
        batch_size=2_000,
    )
    members = Member.objects.bulk_create(
        (Member(user=user, username=user.username) for user in users), batch_size=2_000
    )
    Subscription.objects.bulk_create(
        (Subscription(member=member, thread=thread, level=Subscription.Level.WATCH) for member in members),
        batch_size=2_000,
    )


def busiest_tag(threads: Sequence[Thread]) -> Tag:
    """The tag that most of these threads carry."""
    counted = Counter(
        ThreadTag.objects.filter(content_object__in=threads[:200]).values_list("tag_id", flat=True)
    )
    return Tag.objects.get(pk=counted.most_common(1)[0][0])
