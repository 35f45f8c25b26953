"""Saving: through the services, refusals in place with what was typed kept, and never over somebody's back."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import IntegrityError
from django.utils import timezone

from scs_series.exceptions import InvalidInput, NotAllowed, StaleEdit
from scs_series.models import Member, Part, PartRevision, Post, PostRevision, Series, Source, SourceLink, Tag
from scs_series.services import discussion, sources
from scs_series.services import series as series_service
from tests import factories
from tests.admin.conftest import add_url, change_url, client_of, delete_url, filled, list_url
from tests.stage import Stage, assert_counts, fresh_part, fresh_post, fresh_thread


def send(client: Any, obj: Any, **changes: Any) -> Any:
    """Open a change page, change some fields, and save."""
    answer = client.get(change_url(obj))
    assert answer.status_code == 200
    return client.post(change_url(obj), {**filled(answer), **changes})


def errors(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 200, "the form was saved"
    return {name: [str(e) for e in es] for name, es in answer.context["adminform"].form.errors.items()}


# ---------------------------------------------------------------------- parts
def test_saving_a_part_makes_a_revision_and_its_citations(stage: Stage, root: Any) -> None:
    answer = send(root, stage.part, body="Now [@plan2014, sec. 2] too [@kuo2019].", reason="A second source")

    assert answer.status_code == 302
    part = fresh_part(stage.part)
    assert part.revision_number == 2
    revision = PartRevision.objects.get(part=part, number=2)
    assert revision.reason == "A second source"
    assert revision.editor == Member.objects.get(username="root")
    assert set(part.source_links.values_list("source__key", flat=True)) == {"kuo2019", "plan2014"}
    assert "Now" in part.body_html
    assert_counts()


def test_saving_without_a_change_changes_nothing(stage: Stage, root: Any) -> None:
    before = Part.objects.values().get(pk=stage.part.pk)

    assert send(root, stage.part).status_code == 302

    after = Part.objects.values().get(pk=stage.part.pk)
    for name in ("number", "slug", "body", "body_html", "status", "published_at", "revision_number"):
        assert after[name] == before[name], name


def test_unknown_citation_key_is_said_at_the_text(stage: Stage, root: Any) -> None:
    answer = send(root, stage.part, body="As [@kuo2018] says.", title="A new title")

    assert "kuo2018" in errors(answer)["body"][0]
    assert "kuo2019" in errors(answer)["body"][0], "the nearest key is proposed"
    html = answer.content.decode()
    assert "As [@kuo2018] says." in html
    assert "A new title" in html
    assert fresh_part(stage.part).revision_number == 1


def test_stale_edit_of_a_part_shows_both_texts(stage: Stage, root: Any) -> None:
    page = root.get(change_url(stage.part))
    part = fresh_part(stage.part)
    part.body = "The other editor's text."
    series_service.save_part(part=part, by=stage.users["editor"])

    mine = {**filled(page), "body": "What I was typing."}
    answer = root.post(change_url(stage.part), mine)
    html = answer.content.decode()

    assert answer.status_code == 200
    assert "The other editor&#x27;s text." in html
    assert "What I was typing." in html
    assert "Two texts" in html
    assert fresh_part(stage.part).body == "The other editor's text."
    # Whoever has seen both may save theirs, and the other is kept.
    form = answer.context["adminform"].form
    again = root.post(
        change_url(stage.part), {**mine, "expected_revision": form["expected_revision"].value()}
    )
    assert again.status_code == 302
    assert fresh_part(stage.part).body == "What I was typing."
    assert PartRevision.objects.filter(part=stage.part, body="The other editor's text.").exists()


def test_stale_edit_found_under_the_lock_shows_both_texts(
    stage: Stage, root: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody saves between the form's check and the service's."""

    def raced(**kwargs: Any) -> Part:
        raise StaleEdit(current="Saved a moment ago.", yours=kwargs["part"].body, current_revision=7)

    monkeypatch.setattr(series_service, "save_part", raced)
    answer = send(root, stage.part, body="What I was typing.")
    html = answer.content.decode()

    assert answer.status_code == 200
    assert "Saved a moment ago." in html
    assert "What I was typing." in html
    assert answer.context["adminform"].form["expected_revision"].value() == "7"


def test_a_part_cannot_be_saved_without_its_guard(stage: Stage, root: Any) -> None:
    answer = send(root, stage.part, body="Blind.", expected_revision="")

    assert "expected_revision" in errors(answer)
    assert fresh_part(stage.part).body != "Blind."


def slugs(stage: Stage) -> list[str]:
    return list(Part.objects.filter(series=stage.series).order_by("number").values_list("slug", flat=True))


def test_another_number_moves_a_part(stage: Stage, root: Any) -> None:
    assert send(root, stage.draft, number="1").status_code == 302

    assert slugs(stage) == ["unfinished", "beginnings", "afterwards"]
    assert list(
        Part.objects.filter(series=stage.series).order_by("number").values_list("number", flat=True)
    ) == [1, 2, 3]


def test_a_number_nobody_changed_moves_nothing(stage: Stage, root: Any) -> None:
    """A page open since before somebody else moved the part does not move it back."""
    page = root.get(change_url(stage.draft))
    series_service.move_part(part=fresh_part(stage.draft), to=1, by=stage.users["superuser"])

    assert root.post(change_url(stage.draft), {**filled(page), "standfirst": "New."}).status_code == 302

    assert slugs(stage) == ["unfinished", "beginnings", "afterwards"]
    assert fresh_part(stage.draft).standfirst == "New."


@pytest.mark.parametrize("number", ["0", "99", "32000", "x", "-1"])
def test_impossible_number_is_said_at_the_number(stage: Stage, root: Any, number: str) -> None:
    answer = send(root, stage.draft, number=number, standfirst="Kept.")

    assert list(errors(answer)) == ["number"]
    assert "Kept." in answer.content.decode()
    assert slugs(stage) == ["beginnings", "afterwards", "unfinished"]
    assert fresh_part(stage.draft).standfirst == "", "nothing is saved by half"


def new_part(stage: Stage, **changes: Any) -> dict[str, Any]:
    return {"series": stage.series.pk, "title": "A new part", "body": "Text [@kuo2019].", **changes}


def test_a_new_part_goes_after_the_last(stage: Stage, root: Any) -> None:
    assert root.post(add_url("part"), new_part(stage)).status_code == 302

    part = Part.objects.get(title="A new part")
    assert (part.number, part.slug, part.status) == (4, "a-new-part", Part.Status.DRAFT)
    assert part.source_links.get().source == stage.source


def test_a_new_part_can_be_published_at_once(stage: Stage, root: Any) -> None:
    root.post(add_url("part"), new_part(stage, publication="published"))

    assert Part.objects.get(title="A new part").is_public


def test_a_new_part_says_apart_which_is_taken(stage: Stage, root: Any) -> None:
    said = errors(root.post(add_url("part"), new_part(stage, number="2", slug="beginnings")))

    assert "number already" in said["number"][0]
    assert "slug already" in said["slug"][0]


def test_a_slug_of_the_series_itself_is_refused(stage: Stage, root: Any) -> None:
    assert "slug" in errors(root.post(add_url("part"), new_part(stage, slug="sources")))


def test_a_new_part_of_another_series_is_refused(stage: Stage) -> None:
    answer = client_of(stage, "other_editor").post(add_url("part"), new_part(stage))

    assert "not" in errors(answer)["__all__"][0]
    assert not Part.objects.filter(title="A new part").exists()


def at(moment: dt.datetime) -> dict[str, str]:
    return {"publish_at_0": f"{moment:%Y-%m-%d}", "publish_at_1": f"{moment:%H:%M:%S}"}


def test_a_time_to_come_schedules(stage: Stage, root: Any) -> None:
    moment = timezone.now() + dt.timedelta(days=3)

    send(root, stage.draft, publication="published", **at(moment))

    part = fresh_part(stage.draft)
    assert part.is_scheduled
    assert abs(part.published_at - moment) < dt.timedelta(seconds=1)  # type: ignore[operator]
    html = root.get(change_url(part)).content.decode()
    assert "scheduled" in html
    assert "public from" in html


def test_publishing_and_unpublishing_on_the_form(stage: Stage, root: Any) -> None:
    send(root, stage.draft, publication="published")
    assert fresh_part(stage.draft).is_public

    send(root, stage.draft, publication="draft")
    assert fresh_part(stage.draft).status == Part.Status.DRAFT


def test_a_time_alone_does_not_schedule_and_says_so(stage: Stage, root: Any) -> None:
    answer = send(root, stage.draft, **at(timezone.now() + dt.timedelta(days=3)))

    assert "publish_at" in errors(answer)


def test_publication_is_not_taken_from_who_may_not_publish(stage: Stage) -> None:
    stage.users["editor"].user_permissions.remove(
        *stage.users["editor"].user_permissions.filter(codename="publish_part")
    )
    client = client_of(stage, "editor")

    answer = send(client, stage.draft, publication="published", title="Retitled")

    assert answer.status_code == 302
    part = fresh_part(stage.draft)
    assert part.title == "Retitled"
    assert part.status == Part.Status.DRAFT
    assert 'name="publication"' not in client.get(change_url(part)).content.decode()


# ---------------------------------------------------------------------- whose part
def test_an_author_edits_their_own_series_only(stage: Stage) -> None:
    client = client_of(stage, "other_editor")

    assert client.get(change_url(stage.draft)).status_code == 404
    assert client.post(change_url(stage.draft), {"title": "Mine now"}).status_code == 404
    # A public part is there to be read, by whoever may look at parts in the admin at all.
    assert client.get(change_url(stage.part)).status_code == 200
    assert 'name="title"' not in client.get(change_url(stage.part)).content.decode()
    assert client.post(change_url(stage.part), {"title": "Mine now"}).status_code == 403
    assert fresh_part(stage.part).title == "Beginnings"
    assert stage.draft not in client.get(list_url("part")).context["cl"].queryset


def test_without_the_view_permission_only_ones_own_is_there(stage: Stage) -> None:
    from django.test import Client

    user = factories.make_user(is_staff=True, permissions=("change_part", "change_series"))
    series = factories.make_series(author=user)
    own = factories.make_part(series)
    client = Client()
    client.force_login(user)

    assert client.get(change_url(own)).status_code == 200
    assert client.get(change_url(stage.part)).status_code == 404
    assert client.get(change_url(stage.series)).status_code == 404
    assert set(client.get(list_url("part")).context["cl"].queryset) == {own}


def test_an_author_edits_their_own_part(stage: Stage) -> None:
    assert send(client_of(stage, "editor"), stage.draft, title="Retitled").status_code == 302

    assert fresh_part(stage.draft).title == "Retitled"


def test_a_refusal_of_the_policy_is_no_error_500(
    stage: Stage, root: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**kwargs: Any) -> Part:
        raise NotAllowed

    monkeypatch.setattr(series_service, "save_part", refuse)
    answer = send(root, stage.part, title="A title kept")

    assert "You may not do this." in errors(answer)["__all__"]
    assert "A title kept" in answer.content.decode()
    assert not LogEntry.objects.exists()


# ---------------------------------------------------------------------- further reading
def reading(page: Any, *rows: dict[str, Any]) -> dict[str, Any]:
    data = filled(page)
    formset = page.context["inline_admin_formsets"][0].formset
    start = formset.initial_form_count()
    data[f"{formset.prefix}-TOTAL_FORMS"] = start + len(rows)
    for place, row in enumerate(rows, start=start):
        data.update({f"{formset.prefix}-{place}-{name}": value for name, value in row.items()})
    return data


def test_further_reading_is_added_and_taken_away(stage: Stage, root: Any) -> None:
    page = root.get(change_url(stage.part))
    data = reading(page, {"source": stage.uncited.pk, "note": "The plan itself"})
    assert root.post(change_url(stage.part), data).status_code == 302

    link = SourceLink.objects.get(part=stage.part, source=stage.uncited)
    assert (link.origin, link.note) == (SourceLink.Origin.READING, "The plan itself")
    assert link.added_by is not None
    assert fresh_part(stage.part).source_count == 2

    page = root.get(change_url(stage.part))
    prefix = page.context["inline_admin_formsets"][0].formset.prefix
    assert root.post(change_url(stage.part), {**filled(page), f"{prefix}-0-DELETE": "on"}).status_code == 302
    assert not SourceLink.objects.filter(pk=link.pk).exists()
    assert_counts()


def test_further_reading_comes_from_the_same_series(stage: Stage, root: Any) -> None:
    foreign = factories.make_source(stage.other_series)
    page = root.get(change_url(stage.part))

    answer = root.post(change_url(stage.part), reading(page, {"source": foreign.pk}))

    assert answer.status_code == 200
    assert "Select a valid choice" in answer.content.decode()
    assert not SourceLink.objects.filter(source=foreign).exists()


def test_what_is_cited_already_is_not_added_again(stage: Stage, root: Any) -> None:
    page = root.get(change_url(stage.part))

    answer = root.post(change_url(stage.part), reading(page, {"source": stage.source.pk}))

    assert "already" in answer.content.decode()
    assert SourceLink.objects.filter(part=stage.part).count() == 1


def test_reading_that_the_new_text_cites_stays(stage: Stage, root: Any) -> None:
    """Taken away below and cited above in one save: the text decides, and says so."""
    sources.link_source(source=stage.uncited, part=stage.part, by=stage.users["superuser"])
    page = root.get(change_url(stage.part))
    prefix = page.context["inline_admin_formsets"][0].formset.prefix

    answer = root.post(
        change_url(stage.part), {**filled(page), f"{prefix}-0-DELETE": "on", "body": "Now cited [@plan2014]."}
    )

    assert "cited in the text now" in errors(answer)["__all__"][0]
    assert "Now cited" in answer.content.decode()
    assert fresh_part(stage.part).revision_number == 1


def test_citations_are_shown_and_not_to_be_filled_in(stage: Stage, root: Any) -> None:
    page = root.get(change_url(stage.part))
    citations = page.context["inline_admin_formsets"][1]

    assert [form.instance.source for form in citations.formset.initial_forms] == [stage.source]
    assert not citations.has_add_permission
    assert not citations.has_change_permission
    assert "p. 12" in page.content.decode()


# ---------------------------------------------------------------------- the editor
def test_editor_uses_our_own_addresses(stage: Stage, root: Any) -> None:
    html = root.get(change_url(stage.part)).content.decode()

    assert 'data-preview-url="/writing/preview/"' in html
    assert 'data-upload-url="/writing/upload/"' in html
    assert 'data-series="social-credit"' in html
    assert 'data-profile="part"' in html
    assert '<script src="/static/scs_series/admin/editor.js" type="module"></script>' in html
    assert "/markdownx/" not in html
    assert "markdownx.js" not in html
    assert "markdownx.min.js" not in html
    assert 'data-profile="post"' in root.get(change_url(stage.post)).content.decode()


def test_editor_of_a_new_part_knows_the_series_that_may_be_chosen(stage: Stage) -> None:
    html = client_of(stage, "editor").get(add_url("part")).content.decode()

    assert f'data-series-slugs="{stage.series.pk}:social-credit"' in html


def test_preview_answers_what_the_editor_sends(stage: Stage) -> None:
    client = client_of(stage, "editor")

    answer = client.post(
        "/writing/preview/",
        {"content": "## Kept\n\nSee [@kuo2019].", "series": "social-credit", "profile": "part"},
    )

    assert answer.status_code == 200
    assert "Kuo" in answer.content.decode()


# ---------------------------------------------------------------------- posts and threads
def test_a_post_is_edited_with_reason_and_revision(stage: Stage) -> None:
    answer = send(
        client_of(stage, "moderator"), stage.post, body="Without the name.", reason="A private name"
    )

    assert answer.status_code == 302
    post = fresh_post(stage.thread, 2)
    assert (post.body, post.edit_reason, str(post.edited_by)) == (
        "Without the name.",
        "A private name",
        "mod",
    )
    assert PostRevision.objects.get(post=post).body == "An answer from the second."
    html = client_of(stage, "moderator").get(change_url(post)).content.decode()
    assert "<ins>" in html
    assert "<del>" in html


def test_stale_edit_of_a_post_shows_both_texts(stage: Stage) -> None:
    client = client_of(stage, "moderator")
    page = client.get(change_url(stage.post))
    discussion.edit_post(post=stage.post, by=stage.users["member_2"], body="The author's own correction.")

    answer = client.post(change_url(stage.post), {**filled(page), "body": "The moderator's."})
    html = answer.content.decode()

    assert answer.status_code == 200
    assert "The author&#x27;s own correction." in html
    assert "The moderator&#x27;s." in html
    assert fresh_post(stage.thread, 2).body == "The author's own correction."


def test_stale_edit_of_a_thread_shows_both_states(stage: Stage) -> None:
    client = client_of(stage, "moderator")
    page = client.get(change_url(stage.thread))
    discussion.edit_thread(
        thread=fresh_thread(stage.thread), by=stage.users["superuser"], title="Better said now"
    )

    answer = client.post(change_url(stage.thread), {**filled(page), "tag_names": "law"})
    html = answer.content.decode()

    assert answer.status_code == 200
    assert "Better said now" in html
    assert "Two texts" in html
    assert fresh_thread(stage.thread).title == "Better said now"
    assert client.post(change_url(stage.thread), {**filled(answer), "tag_names": "law"}).status_code == 302
    assert [tag.name for tag in fresh_thread(stage.thread).tags.all()] == ["law"]


def test_a_post_cannot_be_emptied(stage: Stage, root: Any) -> None:
    assert "body" in errors(send(root, stage.post, body="  "))


def test_a_post_is_shown_as_readers_see_it(stage: Stage, root: Any) -> None:
    html = root.get(change_url(stage.opening)).content.decode()

    assert "<em>this</em>" in html
    assert 'id="post-1"' in html
    assert "<!--scs:actions-->" not in html
    assert f'href="{stage.thread.get_absolute_url()}?post=1"' in html


def test_a_hidden_post_shows_stub_and_text_to_moderators(stage: Stage) -> None:
    discussion.hide_post(post=stage.post, by=stage.users["superuser"], reason="Names somebody")

    html = client_of(stage, "moderator").get(change_url(stage.post)).content.decode()

    assert "Hidden by a moderator" in html
    assert html.count("An answer from the second.") >= 2  # rendered, and in the text area


def test_who_may_not_edit_posts_looks_at_them(stage: Stage) -> None:
    client = client_of(stage, "editor")

    html = client.get(change_url(stage.post)).content.decode()

    assert "An answer from the second." in html
    assert 'name="body"' not in html
    assert client.post(change_url(stage.post), {"body": "x"}).status_code == 403


def test_a_thread_is_renamed_and_retagged(stage: Stage) -> None:
    answer = send(
        client_of(stage, "moderator"),
        stage.thread,
        title="What do the lists say?",
        kind="question",
        tag_names="Law, courts",
    )

    assert answer.status_code == 302
    thread = fresh_thread(stage.thread)
    assert (thread.title, thread.kind) == ("What do the lists say?", "question")
    assert {tag.key for tag in thread.tags.all()} == {"law", "courts"}
    assert_counts()


def test_thread_refusals_stand_at_their_fields(stage: Stage, root: Any) -> None:
    said = errors(send(root, stage.thread, tag_names="a, b, c, d, e, f, g", title="Another good title"))
    assert "at most 5 tags" in said["tag_names"][0]
    assert "title" in errors(send(root, stage.thread, title="Short"))
    assert fresh_thread(stage.thread).title == "What does the list say?"


def test_an_old_short_title_does_not_hinder_new_tags(stage: Stage, root: Any) -> None:
    type(stage.thread).objects.filter(pk=stage.thread.pk).update(title="Old")

    assert send(root, stage.thread, tag_names="Law").status_code == 302


def test_a_thread_lists_its_latest_posts_and_no_more(stage: Stage, root: Any) -> None:
    for _turn in range(25):
        factories.make_post(stage.thread, by=stage.users["owner"])

    html = root.get(change_url(stage.thread)).content.decode()

    assert html.count(">no. ") == 20
    assert "no. 27<" in html
    assert "no. 7<" not in html


# ---------------------------------------------------------------------- sources
def test_authors_are_typed_one_a_line(stage: Stage, root: Any) -> None:
    answer = send(
        root, stage.uncited, authors="Daum, Jeremy\nState Council\n{Office of Law, Order and Peace}\n\n"
    )

    assert answer.status_code == 302
    assert Source.objects.get(pk=stage.uncited.pk).authors == [
        {"family": "Daum", "given": "Jeremy"},
        {"literal": "State Council"},
        {"literal": "Office of Law, Order and Peace"},
    ]
    html = root.get(change_url(stage.uncited)).content.decode()
    assert "Daum, Jeremy\nState Council\n{Office of Law, Order and Peace}</textarea>" in html


def test_an_author_keeps_what_a_line_cannot_show(stage: Stage, root: Any) -> None:
    authors = [{"family": "King", "given": "Martin", "suffix": "Jr."}, {"family": "Kuo", "given": "Lily"}]
    Source.objects.filter(pk=stage.uncited.pk).update(authors=authors)

    send(root, stage.uncited, title="Another title")

    assert Source.objects.get(pk=stage.uncited.pk).authors == authors


@pytest.mark.parametrize(
    ("line", "author"),
    [
        ("Daum, Jeremy", {"family": "Daum", "given": "Jeremy"}),
        ("Xinhua", {"literal": "Xinhua"}),
        ("{Smith, Jones & Co.}", {"literal": "Smith, Jones & Co."}),
        ("Plato,", {"family": "Plato"}),
        ("最高人民法院 (Supreme People's Court)", {"literal": "最高人民法院 (Supreme People's Court)"}),
        ("{{odd}}", {"literal": "{odd}"}),
    ],
)
def test_author_line_goes_both_ways(line: str, author: dict[str, str]) -> None:
    from scs_series.admin.forms import author_of_line, line_of_author

    assert author_of_line(line) == author
    assert line_of_author(author) == line


def test_a_bad_author_is_said_at_the_authors(stage: Stage, root: Any) -> None:
    assert "authors" in errors(send(root, stage.uncited, authors=","))
    assert "authors" in errors(send(root, stage.uncited, authors="a\x00b"))


def new_source(stage: Stage, **changes: Any) -> dict[str, Any]:
    return {
        "series": stage.series.pk, "key": "new2020", "type": "web", "title": "New", "authors": "Doe, Jane",
        "issued": "2020", "tag_names": "law, fresh", **changes,
    }  # fmt: skip


def test_a_source_is_added(stage: Stage) -> None:
    assert client_of(stage, "editor").post(add_url("source"), new_source(stage)).status_code == 302

    source = Source.objects.get(key="new2020")
    assert source.label == "Doe 2020"
    assert source.added_by.username == "editor"  # type: ignore[union-attr]
    assert {tag.key for tag in source.tags.all()} == {"law", "fresh"}
    assert_counts()


def test_source_refusals_stand_at_their_fields(stage: Stage, root: Any) -> None:
    assert "key" in errors(root.post(add_url("source"), new_source(stage, key="not a key")))
    assert "__all__" in errors(
        root.post(add_url("source"), new_source(stage, key="kuo2019"))
    ) or "key" in errors(root.post(add_url("source"), new_source(stage, key="kuo2019")))
    assert "issued" in errors(root.post(add_url("source"), new_source(stage, issued="last year")))
    many = ", ".join(f"tag{n}" for n in range(30))
    answer = root.post(add_url("source"), new_source(stage, tag_names=many, url="example.org/x"))
    assert "tag_names" in errors(answer)
    assert many in answer.content.decode()
    assert not Tag.objects.filter(key="tag1").exists(), "a refused save leaves no tags behind"


def test_changing_a_source_renders_what_cites_it(stage: Stage, root: Any) -> None:
    send(root, stage.source, authors="Lee, Ann")

    assert "Lee 2019" in fresh_part(stage.part).body_html + fresh_part(stage.part).references_html


def test_the_key_of_a_source_in_use_is_settled(stage: Stage, root: Any) -> None:
    send(root, stage.source, key="renamed", title="Another title")

    source = Source.objects.get(pk=stage.source.pk)
    assert (source.key, source.title) == ("kuo2019", "Another title")
    assert 'name="key"' in root.get(change_url(stage.uncited)).content.decode()


def test_a_source_shows_where_it_is_cited(stage: Stage, root: Any) -> None:
    html = root.get(change_url(stage.source)).content.decode()

    assert f'href="{change_url(stage.part)}"' in html
    assert f'href="{change_url(stage.opening)}"' in html


# ---------------------------------------------------------------------- links, tags, members, series
def test_a_link_is_added_and_deleted_as_further_reading(stage: Stage) -> None:
    client = client_of(stage, "editor")
    answer = client.post(
        add_url("sourcelink"), {"part": stage.part.pk, "source": stage.uncited.pk, "note": "n"}
    )
    assert answer.status_code == 302
    link = SourceLink.objects.get(source=stage.uncited)
    assert fresh_part(stage.part).source_count == 2

    assert client.post(delete_url(link), {"post": "yes"}).status_code == 302
    assert not SourceLink.objects.filter(pk=link.pk).exists()
    assert_counts()


def test_a_citation_is_not_deleted(stage: Stage, root: Any) -> None:
    link = SourceLink.objects.get(part=stage.part)

    assert root.get(delete_url(link)).status_code == 403
    assert root.post(delete_url(link), {"post": "yes"}).status_code == 403


def test_a_link_across_series_is_refused(stage: Stage, root: Any) -> None:
    foreign = factories.make_source(stage.other_series)

    answer = root.post(add_url("sourcelink"), {"part": stage.part.pk, "source": foreign.pk})

    assert "another series" in errors(answer)["source"][0]


def test_a_tag_is_saved_by_its_key(stage: Stage, root: Any) -> None:
    assert root.post(add_url("tag"), {"name": "Ｂlack list", "description": "d"}).status_code == 302
    tag = Tag.objects.get(name="Black list")
    assert (tag.key, tag.slug) == ("black list", "black-list")

    assert "already" in errors(send(root, tag, name="COURTS"))["name"][0]
    assert "name" in errors(root.post(add_url("tag"), {"name": "\u200b"}))
    assert send(root, stage.tag, description="Where cases are heard.").status_code == 302
    assert Tag.objects.get(pk=stage.tag.pk).description == "Where cases are heard."


def test_a_member_is_renamed_everywhere(stage: Stage, root: Any) -> None:
    member = stage.thread.author

    assert send(root, member, display_name="Ms Opener").status_code == 302

    assert "Ms Opener" in fresh_post(stage.thread, 1).fragment
    taken = stage.post.author.username
    assert "username" in errors(send(root, member, username=taken))


def test_a_member_is_made_of_a_user(stage: Stage, root: Any) -> None:
    user = factories.make_user("fresh@example.org")

    assert root.post(add_url("member"), {"user": user.pk, "display_name": "Fresh"}).status_code == 302
    member = Member.objects.get(user=user)
    assert (member.username, member.display_name) == ("fresh", "Fresh")
    assert "user" in errors(root.post(add_url("member"), {"user": user.pk}))
    assert "user" in errors(root.post(add_url("member"), {"display_name": "Nobody"}))


def test_only_superusers_give_a_member_another_account(stage: Stage) -> None:
    stage.users["moderator"].user_permissions.add(
        *type(stage.users["moderator"].user_permissions.model.objects.first()).objects.filter(
            codename="change_member"
        )
    )
    client = client_of(stage, "moderator")
    member = stage.thread.author

    answer = send(client, member, user=stage.users["moderator"].pk, about="Hello.")

    assert answer.status_code == 302
    member.refresh_from_db()
    assert member.about == "Hello."
    assert member.user == stage.users["owner"]


def new_series(**changes: Any) -> dict[str, Any]:
    return {"title": "Brand new", "language": "en", "visibility": "public", **changes}


def test_a_new_series_belongs_to_who_made_it(stage: Stage) -> None:
    from django.test import Client

    user = factories.make_user(is_staff=True, permissions=("add_series", "change_series"))
    client = Client()
    client.force_login(user)

    assert client.post(add_url("series"), new_series()).status_code == 302

    series = Series.objects.get(slug="brand-new")
    assert [member.user for member in series.authors.all()] == [user]


def test_naming_other_authors_locks_nobody_out(stage: Stage) -> None:
    from django.test import Client

    user = factories.make_user(is_staff=True, permissions=("add_series", "change_series", "view_member"))
    client = Client()
    client.force_login(user)
    other = Member.objects.get(username="editor")

    client.post(add_url("series"), new_series(authors=[other.pk]))

    assert {m.user for m in Series.objects.get(slug="brand-new").authors.all()} == {
        user,
        stage.users["editor"],
    }


def test_series_refusals_stand_at_their_fields(stage: Stage, root: Any) -> None:
    assert "slug" in errors(root.post(add_url("series"), new_series(slug="social-credit")))
    assert "title" in errors(root.post(add_url("series"), new_series(title="x" * 300)))
    assert "title" in errors(root.post(add_url("series"), new_series(title="a\x00b")))


def test_a_series_lists_its_parts(stage: Stage) -> None:
    html = client_of(stage, "editor").get(change_url(stage.series)).content.decode()

    for part in (stage.part, stage.next_part, stage.draft):
        assert f'href="{change_url(part)}"' in html


def test_view_on_site_leads_to_the_page(stage: Stage, root: Any) -> None:
    for obj in (
        stage.series,
        stage.part,
        stage.source,
        stage.thread,
        stage.post,
        stage.tag,
        stage.thread.author,
    ):
        assert (
            f'href="{obj.get_absolute_url()}" class="viewsitelink"'
            in root.get(change_url(obj)).content.decode()
        )


# ---------------------------------------------------------------------- deletion
@pytest.mark.parametrize("what", ["series", "part", "source", "thread", "post", "tag", "member"])
def test_what_carries_history_is_not_deleted(stage: Stage, root: Any, what: str) -> None:
    subjects: dict[str, Any] = {
        "series": stage.series, "part": stage.part, "source": stage.source, "thread": stage.thread,
        "post": stage.post, "tag": stage.tag, "member": stage.thread.author,
    }  # fmt: skip
    obj = subjects[what]

    assert root.get(delete_url(obj)).status_code == 403
    assert root.post(delete_url(obj), {"post": "yes"}).status_code == 403
    assert type(obj).objects.filter(pk=obj.pk).exists()
    html = root.get(change_url(obj)).content.decode()
    assert 'class="deletelink"' not in html
    assert "scs-adm-deletion" in html, "and it says why"


def test_an_undiscussed_part_can_be_deleted_by_a_superuser(stage: Stage, root: Any) -> None:
    part = factories.make_part(stage.series, body="Cites [@plan2014].")
    assert client_of(stage, "editor").get(delete_url(part)).status_code == 403

    assert root.get(delete_url(part)).status_code == 200
    assert root.post(delete_url(part), {"post": "yes"}).status_code == 302

    assert not Part.objects.filter(pk=part.pk).exists()
    assert Source.objects.get(pk=stage.uncited.pk).part_count == 0
    assert_counts()


def test_unused_source_tag_and_empty_series_can_be_deleted(stage: Stage, root: Any) -> None:
    series = factories.make_series()
    tag = factories.make_tag("lonely")
    for obj in (stage.uncited, series, tag):
        assert root.post(delete_url(obj), {"post": "yes"}).status_code == 302
        assert not type(obj).objects.filter(pk=obj.pk).exists()
    assert_counts()


def test_what_is_not_there_is_404(stage: Stage, root: Any) -> None:
    ghost = Part(pk=987654)

    assert root.get(change_url(ghost)).status_code == 404
    assert root.post(change_url(ghost), {"title": "x"}).status_code == 404
    assert root.get(change_url(ghost).replace("change", "history")).status_code == 404
    assert root.get(delete_url(ghost)).status_code in (403, 404)


def test_a_service_that_names_a_field_unknown_to_the_form_is_heard(
    stage: Stage, root: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**kwargs: Any) -> Series:
        raise InvalidInput("Something else is wrong.", code="odd", field="no_such_field")

    monkeypatch.setattr(series_service, "save_series", refuse)

    assert errors(send(root, stage.series, title="T"))["__all__"] == ["Something else is wrong."]


def test_other_exceptions_are_not_swallowed(stage: Stage, root: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**kwargs: Any) -> Series:
        raise IntegrityError("broken")

    monkeypatch.setattr(series_service, "save_series", fail)

    with pytest.raises(IntegrityError):
        send(root, stage.series, title="T")


def test_post_of_another_thread_keeps_its_place(stage: Stage, root: Any) -> None:
    """Editing in the admin leaves number, author and thread alone, whatever is sent."""
    send(root, stage.post, body="New.", number="9", author="1", thread="1", status="hidden")

    post = Post.objects.get(pk=stage.post.pk)
    assert (post.number, post.thread_id, post.author_id, post.status) == (
        2, stage.thread.pk, stage.post.author_id, Post.Status.PUBLISHED,
    )  # fmt: skip
