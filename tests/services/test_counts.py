"""Counts that were broken behind the app's back are found, named and mended."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command

from scs_series.models import Member, Part, Post, Series, Source, SourceLink, Tag, Thread
from scs_series.services import discussion
from scs_series.services.counts import recount, wrong_counts
from tests.services.watching import raised_by
from tests.stage import Stage, fresh_post, fresh_thread

pytestmark = pytest.mark.django_db

FIELDS = [
    (Thread, "post_count"), (Part, "thread_count"), (Part, "post_count"), (Part, "source_count"), (Series, "thread_count"),
    (Series, "post_count"), (Series, "source_count"), (Tag, "thread_count"), (Tag, "source_count"), (Member, "thread_count"),
    (Member, "post_count"), (Member, "source_count"), (Member, "accepted_count"), (Member, "reaction_count"), (Member, "unread_count"), (Source, "part_count"), (Source, "post_count"),
]  # fmt: skip


def test_every_count_of_the_models_is_checked() -> None:
    stored = {
        (model, field.name)
        for model in apps.get_app_config("scs_series").get_models()
        for field in model._meta.get_fields()
        if field.name.endswith("_count") and field.name != "word_count"
    }
    assert stored == set(FIELDS)


@pytest.mark.parametrize(("model", "field"), FIELDS, ids=lambda v: v if isinstance(v, str) else v.__name__)
def test_a_broken_count_is_named_and_mended(stage: Stage, model: Any, field: str) -> None:
    wrong = 0 if model is Thread else 77  # no thread may count more posts than were numbered
    model.objects.update(**{field: wrong})
    found = list(wrong_counts())
    assert {(d.model, d.field, d.stored) for d in found} >= {(f"scs_series.{model.__name__}", field, wrong)}
    assert set(found) <= set(recount()) | set(found)
    assert list(wrong_counts()) == []
    assert recount() == []


def test_posts_removed_behind_the_apps_back_are_noticed_all_the_way_up(stage: Stage) -> None:
    SourceLink.objects.filter(post__isnull=False).delete()
    Post.objects.filter(pk=stage.post.pk).delete()
    raised = raised_by(stage, recount)
    assert raised == {"thread", "part", "series", "source"}
    assert list(wrong_counts()) == []
    assert Series.objects.get(pk=stage.series.pk).post_count == 1


def test_the_command_reports_and_only_mends_when_asked_to(stage: Stage) -> None:
    Part.objects.filter(pk=stage.part.pk).update(post_count=9)
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("scs_recount", "--check", stdout=out)
    assert f"scs_series.Part {stage.part.pk}: post_count was 9, counted 2" in out.getvalue()
    assert Part.objects.get(pk=stage.part.pk).post_count == 9
    call_command("scs_recount", stdout=out)
    assert Part.objects.get(pk=stage.part.pk).post_count == 2
    out = io.StringIO()
    call_command("scs_recount", "--check", stdout=out)
    assert out.getvalue().strip() == "0 wrong"


def test_drafts_and_hidden_things_are_counted_as_the_writes_count_them(stage: Stage) -> None:
    discussion.start_thread(
        part=stage.draft, by=stage.user("editor"), title="On the draft", body="[@kuo2019]"
    )
    discussion.hide_post(post=fresh_post(stage.thread, 2), by=stage.user("moderator"))
    discussion.hide_thread(thread=fresh_thread(stage.thread), by=stage.user("moderator"))
    assert recount() == []
