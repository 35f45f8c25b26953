"""What the database itself refuses, whoever writes: the last line behind the services."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from scs_series.models import (
    Member,
    Part,
    PartRevision,
    Post,
    PostRevision,
    Series,
    Source,
    SourceLink,
    SourceTag,
    Tag,
    Thread,
    ThreadTag,
)
from tests.stage import Stage

pytestmark = pytest.mark.django_db

BROKEN: dict[str, Callable[[Stage], Any]] = {
    "two parts of one number": lambda s: Part.objects.filter(pk=s.next_part.pk).update(number=1),
    "two parts of one slug": lambda s: Part.objects.filter(pk=s.next_part.pk).update(slug=s.part.slug),
    "a part number 0": lambda s: Part.objects.filter(pk=s.part.pk).update(number=0),
    "a published part without a time": lambda s: Part.objects.filter(pk=s.part.pk).update(published_at=None),
    "two posts of one number": lambda s: Post.objects.filter(pk=s.post.pk).update(number=1),
    "a post number 0": lambda s: Post.objects.filter(pk=s.post.pk).update(number=0),
    "a post without text": lambda s: Post.objects.filter(pk=s.post.pk).update(body=""),
    "a post that answers itself": lambda s: Post.objects.filter(pk=s.post.pk).update(answers=s.post.pk),
    "a hidden post without a time": lambda s: Post.objects.filter(pk=s.post.pk).update(status="hidden"),
    "one submission twice": lambda s: Post.objects.update(author=s.post.author, submission_key="k"),
    "a thread without a title": lambda s: Thread.objects.update(title=""),
    "more posts than numbers": lambda s: Thread.objects.update(post_count=99),
    "a series without a title": lambda s: Series.objects.filter(pk=s.series.pk).update(title=""),
    "two series of one slug": lambda s: Series.objects.filter(pk=s.series.pk).update(
        slug=s.other_series.slug
    ),
    "two sources of one key": lambda s: Source.objects.filter(pk=s.uncited.pk).update(key=s.source.key),
    "a source without a key": lambda s: Source.objects.filter(pk=s.source.pk).update(key=""),
    "a source without a title": lambda s: Source.objects.filter(pk=s.source.pk).update(title=""),
    "a link to nothing": lambda s: SourceLink.objects.create(source=s.source),
    "a link to two things": lambda s: SourceLink.objects.create(source=s.uncited, part=s.part, post=s.post),
    "one part linked twice": lambda s: SourceLink.objects.create(source=s.source, part=s.part),
    "one post linked twice": lambda s: SourceLink.objects.create(source=s.source, post=s.opening),
    "one tag twice on a thread": lambda s: ThreadTag.objects.create(tag=s.tag, content_object=s.thread),
    "one tag twice on a source": lambda s: SourceTag.objects.create(tag=s.tag, content_object=s.source),
    "two tags of one key": lambda s: Tag.objects.create(name="other", slug="other", key=s.tag.key),
    "a tag without a key": lambda s: Tag.objects.create(name="other", slug="other", key=""),
    "two members of one name": lambda s: Member.objects.filter(pk=s.post.author_id).update(username="opener"),
    "a member without a name": lambda s: Member.objects.filter(pk=s.post.author_id).update(username=""),
    "two members of one user": lambda s: Member.objects.create(username="x", user=s.users["owner"]),
    "two revisions of one number": lambda s: PartRevision.objects.create(part=s.part, number=1, title="t"),
    "two states of one number": lambda s: [
        PostRevision.objects.create(
            post=s.post, number=1, body="b", editor=s.post.author, created_at=timezone.now()
        )
        for _twice in range(2)
    ],
}


@pytest.mark.parametrize("broken", BROKEN)
def test_the_database_refuses(stage: Stage, broken: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        BROKEN[broken](stage)


@pytest.mark.parametrize("thing", ["series", "part", "source", "thread"])
def test_what_others_rest_on_is_not_deleted_by_the_way(stage: Stage, thing: str) -> None:
    with pytest.raises(ProtectedError):
        getattr(stage, thing).delete()


def test_a_member_who_wrote_is_not_deleted(stage: Stage) -> None:
    with pytest.raises(ProtectedError):
        stage.thread.author.delete()


def test_a_deleted_answered_post_leaves_its_answer(stage: Stage) -> None:
    SourceLink.objects.filter(post=stage.opening).delete()
    stage.opening.delete()
    assert Post.objects.get(pk=stage.post.pk).answers is None


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("Zoë Quist", "ZQ"),
        ("jane.doe", "JD"),
        ("社会", "社"),
        ("_", "?"),
        ("", "?"),
        ("a b c", "AB"),
        ("🙂", "?"),
    ],
)
def test_initials(name: str, initials: str) -> None:
    assert Member(username=name).initials == initials


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("What? Why!", "what-why"),
        ("社会 信用", "社会-信用"),
        ("🙂🙂🙂🙂🙂🙂🙂🙂", "thread"),
        ("x" * 200, "x" * 80),
        ("- - -", "thread"),
    ],
)
def test_a_threads_slug(title: str, slug: str) -> None:
    assert Thread(title=title).slug == slug


def test_reading_time_is_rounded_up() -> None:
    assert [Part(word_count=n).minutes for n in (0, 1, 230, 231, 2_300)] == [1, 1, 1, 2, 10]
