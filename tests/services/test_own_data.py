"""The download of a member's own data: everything there is about them, and nothing of anybody else's."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import models

from scs_series.exceptions import NotAllowed, RateLimited
from scs_series.models import Draft, Member, Notification, OutboxItem, PartReading, Post, Reaction
from scs_series.services import blocks, bookmarks, discussion, own_data, subscriptions
from tests import factories
from tests.stage import Stage, fresh_post, fresh_thread

pytestmark = pytest.mark.django_db


def data_of(member: Member) -> dict[str, Any]:
    data: dict[str, Any] = json.loads("".join(own_data.data_of(member)))
    return data


@pytest.fixture
def owner(stage: Stage) -> Member:
    """A member with something in every corner."""
    user = stage.user("owner")
    user.email = "opener@example.org"
    user.save()
    discussion.edit_post(
        post=fresh_post(stage.thread, 1), by=user, body="It says ![](/media/scs_series/uploads/a-b_1.webp).", reason="Shorter"
    )  # fmt: skip
    bookmarks.save_bookmark(target=fresh_post(stage.thread, 2), by=user, note="Ask about this")
    subscriptions.subscribe(target=stage.tag, level="mute", by=user)
    blocks.block_member(other=stage.post.author, by=user)
    blocks.block_member(other=stage.thread.author, by=stage.user("member_2"))
    member = Member.objects.get(user=user)
    Draft.objects.create(member=member, part=stage.next_part, title="Half a title", body="Half a text")
    PartReading.objects.create(member=member, part=stage.part, section="first", percent=40)
    Reaction.objects.create(member=member, post=stage.post, word="thanks")
    Notification.objects.create(member=member, kind="post", thread=stage.thread, group="post:1")
    OutboxItem.objects.create(kind="mail", key="mail:1", member=member, payload={"posts": [1]})
    return member


def test_every_relation_to_a_member_is_in_it_or_left_out_for_a_reason() -> None:
    """A model that somebody adds gets its section, or a reason why not."""
    there = set()
    for model in apps.get_app_config("scs_series").get_models(include_auto_created=False):
        for field in model._meta.get_fields():
            forward = field.concrete and field.is_relation and field.related_model is Member
            if forward and isinstance(field, (models.ForeignKey, models.ManyToManyField)):
                there.add((model.__name__, field.name))
    told = {(section.model.__name__, section.owner) for section in own_data.SECTIONS}
    assert there - told == set(own_data.LEFT_OUT)
    assert not told & set(own_data.LEFT_OUT)
    assert len({section.name for section in own_data.SECTIONS}) == len(own_data.SECTIONS)
    assert len(there) > 20


def test_it_holds_what_the_member_wrote_and_kept(stage: Stage, owner: Member) -> None:
    data = data_of(owner)
    assert data["account"] == {"username": "opener", "email": "opener@example.org"}
    assert data["profile"]["username"] == "opener"
    assert data["preferences"] == {
        "mail_pace": "at_once", "watches_started": True, "watches_answered": True, "hears_reactions": True,
    }  # fmt: skip
    [post] = data["posts"]
    assert post["body"].startswith("It says")
    assert post["uploads"] == ["/media/scs_series/uploads/a-b_1.webp"]
    assert [state["body"] for state in data["earlier_texts_of_posts"]] == ["It says *this* [@kuo2019]."]
    assert data["threads"][0]["title"] == stage.thread.title
    assert data["bookmarks"][0]["note"] == "Ask about this"
    assert data["drafts"][0]["body"] == "Half a text"
    assert data["blocks"] == [{"id": data["blocks"][0]["id"], "other_username": "second", "level": "block", "created_at": data["blocks"][0]["created_at"]}]  # fmt: skip
    empty = {section.name for section in own_data.SECTIONS if not data[section.name]}
    assert {
        "mail",
        "notifications",
        "reactions",
        "read_parts",
        "read_threads",
        "subscriptions",
    } & empty == set()


def test_nothing_of_others_is_in_it(stage: Stage, owner: Member) -> None:
    """Neither what they wrote nor that they keep this member away."""
    told = "".join(own_data.data_of(owner))
    assert stage.post.body not in told
    assert told.count("second") == 1, "named once: as whom this member blocks"
    thread = factories.make_thread(stage.part, title="Soon hidden from all", by=stage.user("member_2"))
    bookmarks.save_bookmark(target=thread.posts.get(number=1), by=stage.user("owner"))
    discussion.hide_thread(thread=fresh_thread(thread), by=stage.user("moderator"))
    assert "Soon hidden" not in "".join(own_data.data_of(owner))


def test_only_they_themselves_download_it_and_not_all_day_long(
    stage: Stage, owner: Member, settings: Any
) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "DATA_RATE": "2/d"}
    for role in ("member", "moderator", "superuser", "anonymous"):
        with pytest.raises(NotAllowed):
            own_data.download_data(member=owner, by=stage.user(role))
    for _n in range(2):
        own_data.download_data(member=owner, by=stage.user("owner"))
    with pytest.raises(RateLimited):
        own_data.download_data(member=owner, by=stage.user("owner"))


def test_many_posts_take_no_more_memory_than_few(stage: Stage, owner: Member) -> None:
    def most(member: Member) -> int:
        tracemalloc.start()
        for _piece in own_data.data_of(member):
            pass
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak

    def write(posts: int) -> None:
        last = fresh_thread(stage.thread).last_number
        Post.objects.bulk_create(
            Post(thread=stage.thread, number=last + n, author=owner, body="word " * 400)
            for n in range(1, posts + 1)
        )
        stage.thread.last_number = last + posts
        stage.thread.save(update_fields=["last_number"])

    write(1_000)
    most(owner)  # whatever is made at the first use
    few = most(owner)
    write(3_000)
    assert len(data_of(owner)["posts"]) == 4_001
    assert most(owner) < 1.5 * few


def test_the_command_prints_it(stage: Stage, owner: Member, capsys: Any) -> None:
    call_command("scs_member_data", "opener")
    assert json.loads(capsys.readouterr().out)["profile"]["username"] == "opener"
    with pytest.raises(CommandError):
        call_command("scs_member_data", "nobody")
