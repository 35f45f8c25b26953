"""What of a thread's page is its reader's own: how far they read, what they watch, said, marked and began to write.

All of it in one query, compiled once, so that a member's page stays within its limit whatever is added to it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db.models import F, IntegerField, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.http import HttpRequest

from scs_series.models import (
    Block,
    Bookmark,
    Draft,
    Post,
    Reaction,
    Series,
    Subscription,
    Thread,
    ThreadReading,
    member_of,
)
from scs_series.prepared import Prepared


@dataclass
class Mine:
    """A reader's own on one page of a thread. A visitor's is empty.

    ``read_number``: the last post they have read, 0 for none. ``level``: "watch", "follow", "mute" or "" of the thread
    itself. ``draft``: the text of an answer that was not sent; ``draft_answers``: the number it answers, 0 for none;
    ``draft_at``, ``draft_stamp``, ``draft_key``: when it was saved, as what, and the submission key of its form.
    ``reactions``: words said, by post number. ``bookmarks``: notes, by post number. ``kept_away_by``: those who wrote on
    the page and blocked the reader. ``kept_away``: numbers of posts by members whom the reader mutes or blocks.
    """

    read_number: int = 0
    level: str = ""
    draft: str = ""
    draft_answers: int = 0
    draft_at: datetime | None = None
    draft_stamp: str = ""
    draft_key: str = ""
    reactions: dict[int, set[str]] = field(default_factory=dict)
    bookmarks: dict[int, str] = field(default_factory=dict)
    kept_away_by: set[int] = field(default_factory=set)
    kept_away: set[int] = field(default_factory=set)


def _of_reader(
    member: int, thread: int, series: int, first: int, last: int
) -> QuerySet[Any, tuple[str, int, str]]:
    """Rows (what, number, text): one shape for eight tables, two rows for a draft."""

    def rows(found: QuerySet[Any], what: str, number: Any, text: Any) -> QuerySet[Any, tuple[str, int, str]]:
        shaped: QuerySet[Any, tuple[str, int, str]] = (
            found.order_by()
            .annotate(
                what=Value(what, TextField()),
                of_number=Cast(number, IntegerField()),
                in_words=Cast(text, TextField()),
            )
            .values_list("what", "of_number", "in_words")
        )
        return shaped

    none, nothing, bar = Value(0, IntegerField()), Value("", TextField()), Value("|")
    in_thread = {"member": member, "thread": thread}
    on_page = {"member": member, "post__thread": thread, "post__number__range": (first, last)}
    here = Post.objects.filter(thread=thread, number__range=(first, last)).order_by()
    away = here.filter(author__in=Block.objects.filter(member=member).values("other"))
    away_by = Block.objects.filter(other=member, level=Block.Level.BLOCK, member__in=here.values("author"))
    authored = Series.authors.through.objects.filter(member=member, series=series)
    first_rows = rows(ThreadReading.objects.filter(**in_thread), "read", F("number"), nothing)
    every: QuerySet[Any, tuple[str, int, str]] = first_rows.union(
        rows(Subscription.objects.filter(**in_thread), "level", none, F("level")),
        rows(Draft.objects.filter(**in_thread), "draft", Coalesce("answers", none), F("body")),
        # The key may hold any character and comes last.
        rows(
            Draft.objects.filter(**in_thread),
            "draft of",
            none,
            Concat(
                Cast("updated_at", TextField()), bar, "stamp", bar, "submission_key", output_field=TextField()
            ),
        ),
        rows(Reaction.objects.filter(**on_page), "reaction", F("post__number"), F("word")),
        rows(Bookmark.objects.filter(**on_page), "bookmark", F("post__number"), F("note")),
        rows(away_by, "away by", F("member"), nothing),
        rows(away, "away", F("number"), nothing),
        rows(authored, "author", none, nothing),
        all=True,
    )
    return every


_rows = Prepared(_of_reader)


def mine_in(request: HttpRequest, thread: Thread, first: int, last: int) -> Mine:
    """What is the reader's own among the posts ``first`` to ``last`` of a thread."""
    mine = Mine()
    member = member_of(request.user)
    if member is None:
        return mine
    is_author = False
    for what, number, text in _rows(
        member=member.pk, thread=thread.pk, series=thread.series_id, first=first, last=last
    ):
        if what == "read":
            mine.read_number = number
        elif what == "level":
            mine.level = text
        elif what == "draft":
            mine.draft, mine.draft_answers = text, number
        elif what == "draft of":
            at, mine.draft_stamp, mine.draft_key = text.split("|", 2)
            # A database without time zones keeps UTC, and says nothing of it.
            moment = datetime.fromisoformat(at)
            mine.draft_at = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        elif what == "reaction":
            mine.reactions.setdefault(number, set()).add(text)
        elif what == "away by":
            mine.kept_away_by.add(number)
        elif what == "away":
            mine.kept_away.add(number)
        elif what == "author":
            is_author = True
        else:
            mine.bookmarks[number] = text
    member.note_author_of(thread.series_id, is_author)
    return mine
