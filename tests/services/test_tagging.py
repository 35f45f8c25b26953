"""What makes two spellings one tag, what a tag may be called, and setting tags."""

from __future__ import annotations

import time
from typing import Any

import pytest

from scs_series.exceptions import InvalidInput
from scs_series.models import Tag
from scs_series.services import tagging
from tests import factories
from tests.services.watching import raised_by
from tests.stage import Stage, assert_counts, fresh_part

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(db: None) -> Any:
    return factories.make_user()


@pytest.mark.parametrize(
    "spellings",
    [
        ("Courts", "courts", "COURTS", "  courts ", "#courts", "Co\u200burts", "Ｃｏｕｒｔｓ"),
        ("Straße", "STRASSE", "strasse"),
        ("ﬁnance", "finance"),
        ("café", "cafe\u0301", "CAFÉ"),
        ("社会信用", "社会信用\ufeff"),
        ("two words", "two\u00a0 words", "two\nwords"),
        ("ΟΔΟΣ", "οδος", "οδοσ"),
    ],
)
def test_spellings_of_one_word_are_one_tag(by: Any, spellings: tuple[str, ...]) -> None:
    tags = {tagging.tags_named([name], by=by)[0].pk for name in spellings}
    assert len(tags) == 1
    assert len(tagging.tags_named(spellings, by=by)) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("C", "C++"),
        ("C", "C#"),
        ("C++", "C#"),
        ("R&D", "R D"),
        ("a/b", "a b"),
        ("社会", "社會"),
        ("🙂", "🙃"),
        ("50%", "50"),
    ],
)
def test_names_that_differ_by_a_telling_sign_are_two_tags_with_two_addresses(
    by: Any, one: str, other: str
) -> None:
    first, second = tagging.tags_named([one, other], by=by)
    assert first.pk != second.pk
    assert first.slug != second.slug


@pytest.mark.parametrize(
    "name", ["a/b/c", "..", "🙂", "C++", "C#", "100%", "社会信用", "?x=1", "with 'quotes' \"here\"", "<script>", "x" * 50, "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"],
)  # fmt: skip
def test_every_tag_has_a_page_that_answers(client: Any, name: str) -> None:
    thread = factories.make_thread(tags=(name,))
    tag = thread.tags.get()
    response = client.get(tag.get_absolute_url())
    assert response.status_code == 200
    assert thread.title in response.content.decode()
    assert "<script>" not in response.content.decode().replace('<script type="module"', "")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "tag_empty"), ("   ", "tag_empty"), ("\u200b\u200b", "tag_empty"), ("\u200d", "tag_empty"), ("#", "tag_empty"),
        ("\x00", "tag_empty"), ("\ud800", "tag_empty"), ("x" * 51, "tag_too_long"), ("x" * 300, "tag_too_long"), ("ﷺ" * 3, "tag_too_long"),
    ],
)  # fmt: skip
def test_a_name_that_does_not_do_says_why(by: Any, name: str, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        tagging.tags_named([name], by=by)
    assert (caught.value.code, caught.value.field) == (code, "tags")
    assert not Tag.objects.exists()


def test_a_thousand_tags_at_once_are_refused_at_once(by: Any) -> None:
    began = time.perf_counter()
    with pytest.raises(InvalidInput) as caught:
        tagging.tags_named((f"tag {n}" for n in range(1_000_000)), by=by)
    assert caught.value.code == "too_many_tags"
    assert time.perf_counter() - began < 1
    assert not Tag.objects.exists()


def test_doubles_do_not_count_against_the_limit(by: Any) -> None:
    names = ["One", "ONE", "one", "two", "Two", "three", "four", "five", "FIVE"]
    assert [tag.name for tag in tagging.tags_named(names, by=by)] == ["One", "two", "three", "four", "five"]


@pytest.mark.parametrize("limit", [0, 1])
def test_the_limit_is_the_hosts(by: Any, settings: Any, limit: int) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "TAGS_PER_THREAD": limit}
    assert len(tagging.tags_named(["a"][:limit], by=by)) == limit
    with pytest.raises(InvalidInput):
        tagging.tags_named(["a", "b"], by=by)


def test_a_forms_field_is_split_at_every_kind_of_comma() -> None:
    assert tagging.split_names("a, b，c、d；e;\nf,,") == ["a", "b", "c", "d", "e", "f"]


def test_two_names_that_want_one_slug_at_the_same_moment_both_get_a_tag(by: Any, monkeypatch: Any) -> None:
    """Another request makes "C sharp" after this one looked which slugs are taken for "C#"."""
    make = Tag.objects.bulk_create

    def meanwhile(tags: Any, **kwargs: Any) -> Any:
        monkeypatch.undo()
        Tag.objects.create(name="C sharp", key="c sharp", slug="c-sharp")
        return make(tags, **kwargs)

    monkeypatch.setattr(type(Tag.objects), "bulk_create", lambda self, tags, **kw: meanwhile(tags, **kw))
    tag = tagging.tags_named(["C#"], by=by)[0]
    assert tag.key == "c#"
    assert tag.slug != "c-sharp"


# ---------------------------------------------------------------------- a curator's tag
def test_a_renamed_tag_keeps_its_counts_and_refreshes_what_names_it(stage: Stage) -> None:
    old_copy = Tag.objects.get(pk=stage.tag.pk)
    factories.make_thread(stage.part, tags=("courts",))  # counted after the form was opened
    before = Tag.objects.get(pk=stage.tag.pk)
    old_copy.name = "Courts of law"
    raised = raised_by(stage, lambda: tagging.save_tag(tag=old_copy, by=stage.user("moderator")))
    assert raised == {"tag", "thread", "part", "series", "source"}
    tag = Tag.objects.get(pk=stage.tag.pk)
    assert (tag.name, tag.key, tag.slug) == ("Courts of law", "courts of law", before.slug)
    assert tag.thread_count == before.thread_count == 2
    assert_counts()


@pytest.mark.parametrize(
    ("name", "code"), [("LISTS", "tag_exists"), ("", "tag_empty"), ("x" * 60, "tag_too_long")]
)
def test_a_curators_bad_name_is_refused_at_its_field(stage: Stage, name: str, code: str) -> None:
    tag = Tag.objects.get(pk=stage.tag.pk)
    tag.name = name
    with pytest.raises(InvalidInput) as caught:
        tagging.save_tag(tag=tag, by=stage.user("moderator"))
    assert (caught.value.code, caught.value.field) == (code, "name")


def test_a_new_tag_whose_slug_is_taken_gets_another(stage: Stage) -> None:
    tag = tagging.save_tag(tag=Tag(name="Courts!"), by=stage.user("moderator"))
    assert tag.slug.startswith("courts-")


def test_setting_the_same_tags_again_changes_nothing(stage: Stage) -> None:
    tags = list(stage.thread.tags.all())
    assert raised_by(stage, lambda: tagging.set_thread_tags(stage.thread, tags)) == set()
    assert tagging.set_source_tags(stage.source, [stage.tag]) is False


def test_related_tags_are_those_of_the_latest_threads_most_often_first(stage: Stage) -> None:
    for tags in (("courts", "law"), ("courts", "law", "lists"), ("apart",)):
        factories.make_thread(fresh_part(stage.part), tags=tags)
    assert [tag.name for tag in tagging.related_tags(stage.tag)] == ["law", "lists"]
