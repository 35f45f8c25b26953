"""Series and parts: revisions, publication by time, order by number, and what each raises."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from scs_series.exceptions import InvalidInput, StaleEdit
from scs_series.models import Member, Part, PartRevision, Post, Series, SourceLink, Thread
from scs_series.services import discussion, series, sources
from scs_series.services.rendering import thread_row
from tests import factories
from tests.services.watching import heard, raised_by
from tests.stage import Stage, assert_counts, fresh_part, fresh_post, fresh_thread

pytestmark = pytest.mark.django_db


def save(stage: Stage, part: Part | None = None, role: str = "editor", **changes: Any) -> Part:
    part = part or fresh_part(stage.part)
    expected, reason = changes.pop("expected_revision", None), changes.pop("reason", "")
    for name, value in changes.items():
        setattr(part, name, value)
    return series.save_part(part=part, by=stage.user(role), expected_revision=expected, reason=reason)


# ---------------------------------------------------------------------- saving a part
def test_a_changed_text_becomes_a_revision(stage: Stage, django_capture_on_commit_callbacks: Any) -> None:
    with heard() as calls, django_capture_on_commit_callbacks(execute=True):
        raised = raised_by(stage, lambda: save(stage, body="## New\n\nText [@kuo2019].", reason="clearer"))
    assert raised == {"part", "series", "source", "tag"}, (
        "the neighbours, threads and other parts say nothing of a text"
    )
    part = fresh_part(stage.part)
    assert (part.revision_number, part.toc, part.word_count) == (
        2,
        [{"level": 2, "id": "new", "text": "New"}],
        2,
    )
    revision = part.revisions.get(number=2)
    editor = Member.objects.get(user=stage.users["editor"])
    assert (revision.body, revision.editor, revision.reason) == (part.body, editor, "clearer")
    assert calls == [("part_revised", Part, {"part": part, "revision": revision, "by": editor})]
    assert PartRevision.objects.get(part=part, number=1).body.startswith("## First")
    assert_counts()


def test_saving_the_same_text_makes_no_revision(
    stage: Stage, django_capture_on_commit_callbacks: Any
) -> None:
    with heard() as calls, django_capture_on_commit_callbacks(execute=True):
        save(stage)
    assert calls == []
    assert fresh_part(stage.part).revisions.count() == 1


@pytest.mark.parametrize("change", [{"title": "New name"}, {"slug": "new-name"}, {"standfirst": "New."}])
def test_a_new_name_raises_all_that_shows_it(stage: Stage, change: dict[str, str]) -> None:
    raised = raised_by(stage, lambda: save(stage, **change))
    assert raised == {"part", "next part", "draft", "series", "thread", "tag", "source"}


def test_of_two_editors_of_one_part_the_second_gets_both_texts(stage: Stage) -> None:
    first, second = fresh_part(stage.part), fresh_part(stage.part)
    save(stage, first, body="First.", expected_revision=1)
    with pytest.raises(StaleEdit) as caught:
        save(stage, second, body="Second.", expected_revision=1)
    assert (caught.value.current, caught.value.yours, caught.value.current_revision) == (
        "First.",
        "Second.",
        2,
    )
    assert fresh_part(stage.part).body == "First."


def test_a_part_saved_from_an_old_copy_keeps_counts_version_and_publication(stage: Stage) -> None:
    old = fresh_part(stage.part)
    discussion.reply(
        thread=fresh_thread(stage.thread), by=stage.user("member"), body="Meanwhile [@plan2014]."
    )
    series.unpublish_part(part=fresh_part(stage.part), by=stage.user("editor"))
    version = fresh_part(stage.part).version
    save(stage, old, body="From an old tab.")
    part = fresh_part(stage.part)
    assert (part.post_count, part.status, part.version > version) == (3, Part.Status.DRAFT, True)
    assert_counts()


@pytest.mark.parametrize("slug", sorted(series.RESERVED_SLUGS))
def test_a_part_cannot_be_called_what_an_address_of_the_series_is(stage: Stage, slug: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        save(stage, slug=slug)
    assert (caught.value.code, caught.value.field) == ("slug_reserved", "slug")


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"number": 2}, "part_exists", "number"),
        ({"slug": "afterwards"}, "part_exists", "number"),
        ({"number": 0}, "min_value", "number"),
        ({"number": 10_000}, "bad_number", "number"),
        ({"title": ""}, "blank", "title"),
        ({"title": "x" * 201}, "max_length", "title"),
        ({"standfirst": "x" * 1_001}, "max_length", "standfirst"),
        ({"slug": "with space"}, "invalid", "slug"),
        ({"body": "x" * 200_001}, "too_long", "body"),
        ({"body": "a\x00b"}, "nul", "body"),
        ({"body": "[@nobody2000]"}, "unknown_source", "body"),
        ({"body": "> " * 10_000}, "too_deep", "body"),
    ],
)
def test_a_part_that_does_not_do_names_the_field(
    stage: Stage, change: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        save(stage, **change)
    assert (caught.value.code, caught.value.field) == (code, field)
    assert fresh_part(stage.part).revisions.count() == 1
    assert_counts()


def test_a_part_without_a_slug_gets_one_from_its_title_or_number(stage: Stage) -> None:
    assert save(stage, Part(series=stage.series, number=7, title="社会 信用!", body="x")).slug == "社会-信用"
    assert save(stage, Part(series=stage.series, number=8, title="!!!", body="x")).slug == "part-8"


def test_citations_of_a_part_become_links_and_go_with_the_text(stage: Stage) -> None:
    save(stage, body="A [@plan2014, p. 2], a [@plan2014, p. 3], and [@kuo2019].")
    links = list(SourceLink.objects.filter(part=stage.part).order_by("position").select_related("source"))
    assert [(link.source.key, link.mentions, link.locators) for link in links] == [
        ("plan2014", 2, "p. 2; p. 3"), ("kuo2019", 1, ""),
    ]  # fmt: skip
    assert "plan2014" in fresh_part(stage.part).references_html
    save(stage, body="Nothing.")
    assert not SourceLink.objects.filter(part=stage.part).exists()
    assert fresh_part(stage.part).references_html == ""
    assert_counts()


def test_further_reading_that_was_cited_for_a_while_is_further_reading_again(stage: Stage) -> None:
    sources.link_source(
        source=stage.uncited, part=fresh_part(stage.part), by=stage.user("editor"), note="For a start."
    )
    save(stage, body="Now cited [@plan2014].")
    assert SourceLink.objects.get(source=stage.uncited).origin == "citation"
    save(stage, body="No longer.")
    link = SourceLink.objects.get(source=stage.uncited)
    assert (link.origin, link.note, link.mentions) == ("reading", "For a start.", 0)
    assert_counts()


# ---------------------------------------------------------------------- publishing
def test_publishing_and_unpublishing_happen_once(
    stage: Stage, django_capture_on_commit_callbacks: Any
) -> None:
    editor = stage.user("editor")
    results = []
    with heard() as calls, django_capture_on_commit_callbacks(execute=True):
        raised = raised_by(
            stage, lambda: results.append(series.publish_part(part=fresh_part(stage.draft), by=editor))
        )
        results.append(series.publish_part(part=fresh_part(stage.draft), by=editor))
        assert fresh_part(stage.draft).is_public
        results.append(series.unpublish_part(part=fresh_part(stage.draft), by=editor))
        results.append(series.unpublish_part(part=fresh_part(stage.draft), by=editor))
    assert results == [True, False, True, False]
    assert raised == {"part", "next part", "draft", "series"}
    assert [name for name, _sender, _arguments in calls] == ["part_published", "part_unpublished"]
    member = Member.objects.get(user=editor)
    assert all(arguments == {"part": stage.draft, "by": member} for _name, _sender, arguments in calls)
    assert_counts()


def test_a_scheduled_part_takes_a_new_time_or_goes_public_at_once(stage: Stage) -> None:
    editor, later = stage.user("editor"), timezone.now() + dt.timedelta(days=3)
    assert series.publish_part(part=fresh_part(stage.draft), by=editor, at=later)
    assert fresh_part(stage.draft).is_scheduled
    assert series.publish_part(part=fresh_part(stage.draft), by=editor, at=later + dt.timedelta(days=1))
    assert fresh_part(stage.draft).published_at == later + dt.timedelta(days=1)
    assert series.publish_part(part=fresh_part(stage.draft), by=editor)
    assert fresh_part(stage.draft).is_public


# ---------------------------------------------------------------------- order
@pytest.mark.parametrize(
    ("move", "to", "order"),
    [(1, 3, "bca"), (3, 1, "cab"), (1, 2, "bac"), (2, 3, "acb"), (2, 2, "abc"), (3, 3, "abc")],
)
def test_a_moved_part_pushes_the_others_aside(db: None, move: int, to: int, order: str) -> None:
    root = factories.make_series()
    parts = {letter: factories.make_part(root, title=letter, slug=letter) for letter in "abc"}
    chosen = Part.objects.select_related("series").get(series=root, number=move)
    series.move_part(part=chosen, to=to, by=factories.make_admin())
    found = list(Part.objects.filter(series=root).order_by("number"))
    assert "".join(part.title for part in found) == order
    assert [part.number for part in found] == [1, 2, 3]
    assert chosen.number == to
    assert len(parts) == 3


@pytest.mark.parametrize("to", [0, -1, 4, 10_000, 10**9])
def test_there_is_no_place_outside_the_series(stage: Stage, to: int) -> None:
    with pytest.raises(InvalidInput) as caught:
        series.move_part(part=fresh_part(stage.part), to=to, by=stage.user("editor"))
    assert (caught.value.code, caught.value.field) == ("bad_number", "number")


def test_rows_of_threads_say_the_new_number_however_it_changed(stage: Stage) -> None:
    series.move_part(part=fresh_part(stage.part), to=2, by=stage.user("editor"))
    assert fresh_thread(stage.thread).row_html == thread_row(fresh_thread(stage.thread))
    assert "part 2" in fresh_thread(stage.thread).row_html
    save(stage, number=8)
    assert "part 8" in fresh_thread(stage.thread).row_html


# ---------------------------------------------------------------------- the series itself
def test_a_new_series_belongs_to_whoever_made_it(db: None) -> None:
    root = factories.make_admin()
    made = series.save_series(series=Series(title="社会 信用"), by=root)
    assert made.slug == "社会-信用"
    assert list(made.authors.all()) == [Member.objects.get(user=root)]


def test_a_changed_series_raises_everything_in_it_and_nothing_else(stage: Stage) -> None:
    stage.series.title = "Another name"
    raised = raised_by(stage, lambda: series.save_series(series=stage.series, by=stage.user("editor")))
    assert raised == {"series", "part", "next part", "draft", "thread", "source", "uncited", "tag"}


def test_a_series_saved_from_an_old_copy_keeps_counts_and_version(stage: Stage) -> None:
    discussion.reply(thread=fresh_thread(stage.thread), by=stage.user("member"), body="Meanwhile.")
    before = Series.objects.get(pk=stage.series.pk)
    stage.series.summary = "From an old tab."
    series.save_series(series=stage.series, by=stage.user("editor"))
    after = Series.objects.get(pk=stage.series.pk)
    assert (after.summary, after.post_count, after.last_activity_at) == (
        "From an old tab.", before.post_count, before.last_activity_at,
    )  # fmt: skip
    assert after.version > before.version
    assert_counts()


def test_a_new_address_of_the_series_reaches_the_citations_in_stored_texts(stage: Stage) -> None:
    old = f"/series/{stage.series.slug}/"
    stage.series.slug = "moved"
    series.save_series(series=stage.series, by=stage.user("editor"))
    part = fresh_part(stage.part)
    stored = part.body_html + part.references_html + "".join(Post.objects.values_list("fragment", flat=True))
    assert old not in stored
    assert "/series/moved/sources/kuo2019/" in stored


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "title"),
        ({"slug": "another"}, "slug"),
        ({"slug": "a b"}, "slug"),
        ({"title": "x" * 300}, "title"),
    ],
)
def test_a_series_that_does_not_do_names_the_field(stage: Stage, change: dict[str, str], field: str) -> None:
    for name, value in change.items():
        setattr(stage.series, name, value)
    with pytest.raises(InvalidInput) as caught:
        series.save_series(series=stage.series, by=stage.user("editor"))
    assert caught.value.field == field


def test_visibility_decides_who_finds_a_series_and_what_is_in_it(stage: Stage) -> None:
    anonymous, member, editor = (stage.user(role) for role in ("anonymous", "member", "editor"))

    def seen(user: Any) -> tuple[bool, bool, bool, bool]:
        return (
            Series.objects.listed_to(user).filter(pk=stage.series.pk).exists(),
            Series.objects.visible_to(user).filter(pk=stage.series.pk).exists(),
            Thread.objects.listed_to(user).filter(pk=stage.thread.pk).exists(),
            Part.objects.visible_to(user).filter(pk=stage.part.pk).exists(),
        )

    for visibility, expected in (
        ("public", (True, True, True, True)),
        ("unlisted", (False, True, False, True)),
        ("private", (False, False, False, False)),
    ):
        stage.series.visibility = visibility
        series.save_series(series=stage.series, by=stage.user("superuser"))
        assert seen(anonymous) == seen(member) == seen(stage.user("moderator")) == expected, visibility
        assert seen(editor) == seen(stage.user("superuser")) == (True, True, True, True)
    assert fresh_post(stage.thread, 1).pk


def test_a_cover_is_encoded_anew_like_any_picture(stage: Stage) -> None:
    import io

    from PIL import Image

    from tests.services.test_uploads import picture, sent

    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    changed = Series.objects.get(pk=stage.series.pk)
    changed.cover = sent(picture("JPEG", (3_000, 1_000), exif=exif.tobytes()) + b"<script>", "x.jpg")
    series.save_series(series=changed, by=stage.user("editor"))
    stored = Series.objects.get(pk=changed.pk).cover
    assert stored.name.endswith(".webp")
    content = stored.read()
    assert b"Secret" not in content
    assert b"<script>" not in content
    assert Image.open(io.BytesIO(content)).width == 2_000
    # What is stored already is left as it is.
    series.save_series(series=Series.objects.get(pk=changed.pk), by=stage.user("editor"))
    assert Series.objects.get(pk=changed.pk).cover.name == stored.name


def test_a_cover_that_is_no_picture_is_refused(stage: Stage) -> None:
    from tests.services.test_uploads import sent

    changed = Series.objects.get(pk=stage.series.pk)
    changed.cover = sent(b"<svg/>", "x.jpg")
    with pytest.raises(InvalidInput) as caught:
        series.save_series(series=changed, by=stage.user("editor"))
    assert (caught.value.code, caught.value.field) == ("not_an_image", "cover")


@pytest.mark.parametrize("language", ['en"><x', "en\n", "e", "en-", "中文", "-en"])
def test_a_language_that_is_none_is_refused(stage: Stage, language: str) -> None:
    changed = Series.objects.get(pk=stage.series.pk)
    changed.language = language
    with pytest.raises(InvalidInput) as caught:
        series.save_series(series=changed, by=stage.user("editor"))
    assert caught.value.field == "language"
