"""scs_demo, scs_render: what they do, and that they can be run again. scs_recount is in services/test_counts.py."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.management import call_command

from scs_series.models import Member, Part, Post, Series, Source, SourceLink, Tag, Thread
from scs_series.services import discussion
from scs_series.text import Profile
from tests.services.watching import raised_by
from tests.stage import assert_counts, build_stage, fresh_part, fresh_post, fresh_thread

pytestmark = pytest.mark.django_db


def _rows() -> dict[str, int]:
    return {m.__name__: m._default_manager.count() for m in apps.get_app_config("scs_series").get_models()}


def test_the_demo_is_loaded_once_however_often_it_is_run(client: Any) -> None:
    out, err = io.StringIO(), io.StringIO()
    call_command("scs_demo", stdout=out, stderr=err)
    assert err.getvalue() == ""
    rows = _rows()
    assert rows["Series"] == 1
    assert rows["Part"] == 6
    assert rows["Thread"] >= 40
    assert rows["Post"] >= 250
    assert rows["Member"] >= 15
    assert_counts()
    for part in Part.objects.all():
        assert part.is_public
        assert part.word_count >= 900
        assert part.source_count >= 5
    assert not Part.objects.filter(body_html__contains="[@").exists()
    _assert_dated()
    series = Series.objects.get()
    said = f"{series.thread_count} threads and {series.post_count} posts by {Member.objects.filter(post_count__gt=0).count()} members"
    assert said in out.getvalue()
    assert not Source.objects.filter(reference_html="").exists()
    for password_shown in ("admin", "moderator", "author", "reader"):
        assert password_shown in out.getvalue()
    # What people changed meanwhile stays, and nothing is doubled.
    post = Post.objects.order_by("pk").select_related("thread__series", "author__user").first()
    assert post is not None
    admin = get_user_model().objects.get(username="admin")
    discussion.edit_post(post=post, by=admin, body=f"{post.body}\n\nChanged by a reader.")
    series = Series.objects.get()
    Series.objects.update(title="Changed by an editor")
    unpinned = Thread.objects.exclude(pinned_at=None).first()
    assert unpinned is not None
    discussion.unpin_thread(thread=unpinned, by=get_user_model().objects.get(username="nkechi"))
    call_command("scs_demo", stdout=out, stderr=err)
    assert fresh_thread(unpinned).pinned_at is None
    assert _rows() == {**rows, "PostRevision": rows["PostRevision"] + 1, "OutboxItem": rows["OutboxItem"] + 1}
    assert Post.objects.get(pk=post.pk).body.endswith("Changed by a reader.")
    assert Series.objects.get().title == "Changed by an editor"
    assert_counts()
    for address in (series.get_absolute_url(), f"{series.get_absolute_url()}sources/", "/tags/", "/series/"):
        assert client.get(address).status_code == 200
    for part in Part.objects.select_related("series"):
        assert client.get(part.get_absolute_url()).status_code == 200
    longest = Thread.objects.order_by("-post_count").first()
    assert longest is not None
    assert longest.post_count > 20, "one thread has pages"
    _assert_moderated(client)
    _assert_text_and_threads_agree()


def _assert_dated() -> None:
    """Nothing of the story happens today, nor before what it rests on."""
    series = Series.objects.get()
    parts, posts = Part.objects.filter(series=series), Post.objects.filter(thread__series=series)
    for part in parts:
        assert series.created_at < part.created_at < part.published_at  # type: ignore[operator]
        said = [*posts.filter(thread__part=part).values_list("created_at", flat=True)]
        assert part.last_activity_at == max([part.published_at, *said])
    assert series.updated_at == series.created_at
    assert series.last_activity_at == max(part.last_activity_at for part in parts)
    for member in Member.objects.select_related("user"):
        assert member.user.date_joined == member.joined_at  # type: ignore[union-attr]
        first = member.posts.order_by("created_at").first()
        assert member.joined_at < (first.created_at if first else series.created_at)
    for source in Source.objects.all():
        assert series.created_at < source.created_at
        assert source.updated_at == source.created_at
    for link in SourceLink.objects.select_related("source", "part", "post"):
        assert link.source.created_at < link.created_at
        assert link.created_at >= (link.part or link.post).created_at  # type: ignore[union-attr]
        assert link.created_at <= series.last_activity_at
    for model in (Member, Source, SourceLink, Part, Tag):
        days = {moment.date() for moment in model._default_manager.values_list(_moment_of(model), flat=True)}
        assert len(days) > 5, model
        assert max(days) <= series.last_activity_at.date(), model


def _moment_of(model: Any) -> str:
    return "joined_at" if model is Member else "created_at"


def _assert_moderated(client: Any) -> None:
    """Every state that moderators and authors can bring about is there to see, with the moment it happened."""
    pinned, locked, hidden = (
        list(Thread.objects.filter(**{f"{state}_at__isnull": False}).select_related("series"))
        for state in ("pinned", "locked", "hidden")
    )
    assert len(pinned) >= 2
    assert len(locked) >= 2
    assert len(hidden) >= 1
    assert all(thread.locked_reason for thread in locked)
    assert all(thread.hidden_reason for thread in hidden)
    acts = [t.pinned_at for t in pinned] + [t.locked_at for t in locked] + [t.hidden_at for t in hidden]
    stubs = list(Post.objects.filter(status=Post.Status.HIDDEN).select_related("hidden_by__user"))
    assert len(stubs) >= 2
    assert all(stub.hidden_reason and stub.hidden_by.user.username == "nkechi" for stub in stubs)  # type: ignore[union-attr]
    assert Post.objects.filter(answers__in=stubs).exists(), "a stub that somebody answered"
    edited = list(Post.objects.filter(revision_number__gt=1).exclude(edit_reason=""))
    assert len(edited) >= 4
    assert any(post.edited_by_id != post.author_id for post in edited), "a moderator's edit"
    assert any(post.revision_number > 2 for post in edited)
    acts += [post.hidden_at for post in stubs] + [post.edited_at for post in edited]
    last_said = max(Post.objects.values_list("created_at", flat=True))
    assert all(act is not None and act < last_said for act in acts), (
        "done when the thread was read, not today"
    )
    for thread in hidden:
        assert client.get(thread.get_absolute_url()).status_code == 404
    for thread in Thread.objects.filter(hidden_at=None).select_related("series"):
        assert client.get(thread.get_absolute_url()).status_code == 200


#: What the author says in a thread she takes in, and the part she takes it into.
_TAKEN_IN = {
    1: {"daum2017glass", "hatton2015bbc", "botsman2017book"},
    4: {"finder2016mou", "chinadaily2016mou", "spc2017list"},
    5: {"drinhausen2021merics", "rongchengPoints", "rongchengRewards", "rongchengScores"},
    6: {"backer2025opinions"},
}
_FURTHER_READING = {
    1: {"denyer2016wapo", "hvistendahl2017wired"}, 2: {"pieke2012social"}, 3: {"xiamen2018draft"},
    4: {"zhao2024family"}, 6: {"pabisiak2020dangerous"},
}  # fmt: skip


def _assert_text_and_threads_agree() -> None:
    linked = SourceLink.Origin
    for part in Part.objects.all():
        keys = {
            origin: set(
                SourceLink.objects.filter(part=part, origin=origin).values_list("source__key", flat=True)
            )
            for origin in (linked.CITATION, linked.READING)
        }
        assert keys[linked.CITATION] >= _TAKEN_IN.get(part.number, set())
        assert keys[linked.READING] >= _FURTHER_READING.get(part.number, {"gan2019scmp"})
        revisions = list(part.revisions.order_by("number"))
        assert len(revisions) == part.revision_number >= 2, "every part was corrected by its readers"
        assert revisions[-1].body == part.body
        assert all(revision.reason for revision in revisions)
        assert [r.created_at for r in revisions] == sorted(r.created_at for r in revisions)
        assert all(len(revision.body.split()) >= 900 for revision in revisions)
    assert not Tag.objects.filter(description="").exists()
    assert not any(
        "\u4e00" <= c <= "\u9fff" for label in Source.objects.values_list("label", flat=True) for c in label
    )


def test_rendering_again_mends_what_is_stored_and_then_changes_nothing() -> None:
    stage = build_stage()
    good = (
        fresh_part(stage.part).body_html, fresh_part(stage.part).references_html, fresh_post(stage.thread, 1).fragment,
        fresh_thread(stage.thread).row_html, Source.objects.get(pk=stage.source.pk).reference_html,
    )  # fmt: skip
    Part.objects.update(body_html="old", references_html="old")
    Post.objects.update(fragment="old")
    Thread.objects.update(row_html="old")
    Source.objects.update(reference_html="old")
    out = io.StringIO()
    raised = raised_by(stage, lambda: call_command("scs_render", stdout=out))
    assert raised == {
        "series", "other series", "part", "next part", "draft", "thread", "tag", "source", "uncited",
    }  # fmt: skip
    assert good == (
        fresh_part(stage.part).body_html, fresh_part(stage.part).references_html, fresh_post(stage.thread, 1).fragment,
        fresh_thread(stage.thread).row_html, Source.objects.get(pk=stage.source.pk).reference_html,
    )  # fmt: skip
    assert "posts: 2 rendered, 2 differ" in out.getvalue()
    out = io.StringIO()
    call_command("scs_render", stdout=out)
    assert out.getvalue().count(", 0 differ") == 4, out.getvalue()
    assert Profile.PART.value == "part"
