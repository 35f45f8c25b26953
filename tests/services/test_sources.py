"""Sources and what they are linked to."""

from __future__ import annotations

from typing import Any

import pytest

from scs_series.exceptions import InvalidInput
from scs_series.models import Member, Source, SourceLink, Tag
from scs_series.services import discussion, sources, tagging
from tests import factories
from tests.services.watching import heard, raised_by
from tests.stage import Stage, assert_counts, fresh_part, fresh_post, fresh_thread

pytestmark = pytest.mark.django_db


def add(stage: Stage, submission_key: str | None = None, tags: Any = None, **fields: Any) -> Source:
    source = Source(
        series=stage.series, **{"key": "daum2017", "title": "China through a glass, darkly", **fields}
    )
    return sources.add_source(
        source=source, by=stage.user("editor"), tags=tags, submission_key=submission_key
    )


def current(source: Source) -> Source:
    return Source.objects.select_related("series").get(pk=source.pk)


def test_a_source_enters_its_series(stage: Stage, django_capture_on_commit_callbacks: Any) -> None:
    with heard() as calls, django_capture_on_commit_callbacks(execute=True):
        raised = raised_by(
            stage, lambda: add(stage, tags=[stage.tag], authors=[{"family": "Daum", "given": "Jeremy"}])
        )
    assert raised == {"series", "tag"}
    source = Source.objects.get(key="daum2017")
    assert (source.label, source.added_by) == ("Daum", Member.objects.get(user=stage.users["editor"]))
    assert "Daum, Jeremy" in source.reference_html
    assert calls == [("source_added", Source, {"source": source, "by": source.added_by})]
    assert_counts()


def test_a_source_sent_twice_is_added_once(stage: Stage) -> None:
    assert add(stage, "k1") == add(stage, "k1")
    assert_counts()


def test_a_key_that_is_taken_is_refused(stage: Stage) -> None:
    with pytest.raises(InvalidInput) as caught:
        add(stage, key="kuo2019")
    assert (caught.value.code, caught.value.field) == ("source_exists", "key")
    assert_counts()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"key": ""}, "key"), ({"key": "a/b"}, "key"), ({"key": "a b"}, "key"), ({"key": "x" * 101}, "key"),
        ({"title": ""}, "title"), ({"title": "x" * 501}, "title"), ({"type": "rumour"}, "type"),
        ({"issued": "yesterday"}, "issued"), ({"url": "javascript:alert(1)"}, "url"), ({"url": "no address"}, "url"),
        ({"archive_url": "data:text/html,x"}, "archive_url"),
        ({"authors": "Kuo"}, "authors"), ({"authors": ["Kuo"]}, "authors"), ({"authors": [{}]}, "authors"),
        ({"authors": [{"family": " "}]}, "authors"), ({"authors": {"family": "Kuo"}}, "authors"),
    ],
)  # fmt: skip
def test_a_record_that_does_not_do_names_the_field(stage: Stage, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        add(stage, **fields)
    assert caught.value.field == field
    assert_counts()


def test_a_doi_is_kept_bare(stage: Stage) -> None:
    assert add(stage, doi="https://doi.org/10.1111/POI3.183").doi == "10.1111/poi3.183"


def test_a_corrected_record_reaches_every_text_that_cites_it(
    stage: Stage, django_capture_on_commit_callbacks: Any
) -> None:
    source = current(stage.source)
    source.authors = [{"family": "Lam", "given": "Oiwan"}]
    with heard() as calls, django_capture_on_commit_callbacks(execute=True):
        raised = raised_by(stage, lambda: sources.update_source(source=source, by=stage.user("editor")))
    assert raised == {"source", "part", "thread", "series", "tag"}
    part = fresh_part(stage.part)
    for stored in (part.body_html, part.references_html, fresh_post(stage.thread, 1).fragment):
        assert "Lam" in stored
        assert "Kuo" not in stored
    assert [name for name, _sender, _arguments in calls] == ["source_changed"]
    assert_counts()


def test_a_source_saved_from_an_old_copy_keeps_counts_and_version(stage: Stage) -> None:
    old = current(stage.uncited)
    discussion.reply(thread=fresh_thread(stage.thread), by=stage.user("member"), body="Cites [@plan2014].")
    version = current(stage.uncited).version
    old.note = "From an old tab."
    sources.update_source(source=old, by=stage.user("editor"))
    assert (current(old).note, current(old).post_count) == ("From an old tab.", 1)
    assert current(old).version > version
    assert_counts()


def test_a_cited_source_keeps_its_key_and_an_uncited_one_may_change_it(stage: Stage) -> None:
    source = current(stage.source)
    source.key = "renamed2019"
    with pytest.raises(InvalidInput) as caught:
        sources.update_source(source=source, by=stage.user("editor"))
    assert (caught.value.code, caught.value.field) == ("key_in_use", "key")
    free = current(stage.uncited)
    free.key = "outline2014"
    sources.update_source(source=free, by=stage.user("editor"))
    free.key = "kuo2019"
    with pytest.raises(InvalidInput) as caught:
        sources.update_source(source=free, by=stage.user("editor"))
    assert caught.value.code == "source_exists"


def test_a_sources_tags_are_set_with_it(stage: Stage) -> None:
    tags = tagging.tags_named(["law"], by=stage.user("editor"))
    sources.update_source(source=current(stage.source), by=stage.user("editor"), tags=tags)
    assert [tag.name for tag in stage.source.tags.all()] == ["law"]
    assert Tag.objects.get(pk=stage.tag.pk).source_count == 0
    assert_counts()


def test_further_reading_is_added_once_and_taken_away_again(stage: Stage) -> None:
    part, editor = fresh_part(stage.part), stage.user("editor")
    links = []

    def link() -> None:
        links.append(sources.link_source(source=stage.uncited, part=part, by=editor, note="Read this first."))

    assert raised_by(stage, link) == {"part", "series", "uncited"}
    assert raised_by(stage, link) == set()
    assert links[0] == links[1]
    assert "plan2014" in fresh_part(part).references_html
    assert (fresh_part(part).source_count, current(stage.uncited).part_count) == (2, 1)
    assert_counts()
    sources.unlink_source(link=links[0], by=editor)
    assert "plan2014" not in fresh_part(part).references_html
    assert_counts()


def test_a_citation_is_not_unlinked_by_hand(stage: Stage) -> None:
    with pytest.raises(InvalidInput) as caught:
        sources.unlink_source(link=SourceLink.objects.get(part=stage.part), by=stage.user("editor"))
    assert caught.value.code == "is_citation"


def test_a_source_of_another_series_is_not_linked(stage: Stage) -> None:
    other = factories.make_source(stage.other_series)
    with pytest.raises(InvalidInput) as caught:
        sources.link_source(source=other, part=fresh_part(stage.part), by=stage.user("editor"))
    assert (caught.value.code, caught.value.field) == ("other_series", "source")
