"""Who may do what: one table, asked of the policy and then of the services that rest on it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone

from scs_series.conf import app_settings
from scs_series.exceptions import EditWindowOver, InvalidInput, NotAllowed, SeriesError, ThreadLocked
from scs_series.models import Block, Member, Notification, OutboxItem, Part, Post, Series, Source, Tag, Thread
from scs_series.policies import Policy, policy
from scs_series.services import (
    blocks,
    bookmarks,
    discussion,
    drafts,
    erasure,
    members,
    notifications,
    outbox,
    own_data,
    series,
    sources,
    subscriptions,
    tagging,
    uploads,
)
from tests.stage import ROLES, Stage, assert_counts, fresh_part, fresh_post, fresh_thread

pytestmark = pytest.mark.django_db

#                                   anonymous member owner moderator editor other_editor superuser
TABLE = """
    can_start_thread/part             -        x      x       x        x        x          x
    can_start_thread/draft            -        -      -       -        x        -          x
    can_reply/thread                  -        x      x       x        x        x          x
    can_reply/locked thread           -        -      -       x        -        -          x
    can_reply/hidden thread           -        -      -       x        -        -          x
    can_edit_thread/thread            -        -      x       x        -        -          x
    can_edit_thread/locked thread     -        -      -       x        -        -          x
    can_edit_thread/hidden thread     -        -      -       x        -        -          x
    can_edit_post/opening             -        -      x       x        -        -          x
    can_edit_post/post of another     -        -      -       x        -        -          x
    can_edit_post/in locked thread    -        -      -       x        -        -          x
    can_edit_post/in hidden thread    -        -      -       x        -        -          x
    can_edit_post/hidden opening      -        -      -       x        -        -          x
    can_edit_post/old opening         -        -      -       x        -        -          x
    can_see_hidden_post/opening       -        -      x       x        -        -          x
    can_withdraw_post/opening         -        -      x       -        -        -          -
    can_withdraw_post/post of another -        -      -       -        -        -          -
    can_withdraw_post/hidden opening  -        -      -       -        -        -          -
    can_withdraw_post/in locked thread -       -      -       -        -        -          -
    can_withdraw_post/old opening     -        -      -       -        -        -          -
    can_restore_post/opening          -        -      -       -        -        -          -
    can_restore_post/hidden opening   -        -      -       -        -        -          -
    can_restore_post/withdrawn opening -       -      x       x        -        -          x
    can_restore_post/old withdrawn opening -   -      -       x        -        -          x
    can_react/opening                 -        x      -       x        x        x          x
    can_react/post of another         -        x      x       x        x        x          x
    can_react/of who blocked the owner -       x      -       x        x        x          x
    can_react/hidden opening          -        -      -       -        -        -          -
    can_react/withdrawn opening       -        -      -       -        -        -          -
    can_react/in locked thread        -        -      -       x        -        -          x
    can_react/in hidden thread        -        -      -       x        -        -          x
    can_accept_answer/question        -        -      x       x        x        -          x
    can_accept_answer/locked question -        -      -       x        x        -          x
    can_accept_answer/hidden thread   -        -      -       x        -        -          x
    can_resolve_thread/correction     -        -      -       x        x        -          x
    can_resolve_thread/hidden thread  -        -      -       x        -        -          x
    can_pin_thread/thread             -        -      -       x        -        -          x
    can_lock_thread/thread            -        -      -       x        -        -          x
    can_hide_thread/thread            -        -      -       x        -        -          x
    can_hide_post/opening             -        -      -       x        -        -          x
    can_add_series/                   -        -      -       -        -        -          x
    can_edit_series/series            -        -      -       -        x        -          x
    can_add_part/series               -        -      -       -        x        -          x
    can_edit_part/part                -        -      -       -        x        -          x
    can_publish_part/draft            -        -      -       -        x        -          x
    can_link_source/part              -        -      -       -        x        -          x
    can_add_source/series             -        -      -       x        x        x          x
    can_edit_source/source            -        -      -       x        x        x          x
    can_create_tag/                   -        x      x       x        x        x          x
    can_add_tag/                      -        -      -       x        -        -          x
    can_edit_tag/                     -        -      -       x        -        -          x
    can_preview/                      -        x      x       x        x        x          x
    can_upload/                       -        x      x       x        x        x          x
    can_complete/                     -        x      x       x        x        x          x
    can_save_draft/                   -        x      x       x        x        x          x
    can_edit_member/owner             -        -      x       -        -        -          x
    can_edit_member/erased owner      -        -      -       -        -        -          -
    can_subscribe/                    -        x      x       x        x        x          x
    can_bookmark/                     -        x      x       x        x        x          x
    can_block_member/owner            -        x      -       x        x        x          x
    can_answer_though_blocked/        -        -      -       x        -        -          x
    can_have_notifications/           -        x      x       x        x        x          x
    can_read_notification/notification of the owner - - x   -        -        -          -
    can_resend/                       -        -      -       -        -        -          x
    can_edit_preferences/owner        -        -      x       -        -        -          -
    can_download_data/owner           -        -      x       -        -        -          -
    can_erase_member/owner            -        -      x       -        -        -          x
    can_erase_member/erased owner     -        -      -       -        -        -          -
"""


def _rows() -> list[tuple[str, str, dict[str, bool]]]:
    rows = []
    for line in filter(None, map(str.strip, TABLE.splitlines())):
        names, marks = line.split()[: -len(ROLES)], line.split()[-len(ROLES) :]
        method, _, thing = " ".join(names).partition("/")
        rows.append((method, thing, {role: mark == "x" for role, mark in zip(ROLES, marks, strict=True)}))
    return rows


def _lock(stage: Stage) -> None:
    discussion.lock_thread(thread=fresh_thread(stage.thread), by=stage.user("moderator"))


def _hide(stage: Stage) -> None:
    discussion.hide_thread(thread=fresh_thread(stage.thread), by=stage.user("moderator"))


def _erase_owner(stage: Stage) -> None:
    erasure.erase_member(member=fresh_thread(stage.thread).author, by=stage.user("superuser"))
    stage.users["owner"] = AnonymousUser()


def _hide_opening(stage: Stage) -> None:
    discussion.hide_post(post=fresh_post(stage.thread, 1), by=stage.user("moderator"))


def _withdraw_opening(stage: Stage) -> None:
    discussion.withdraw_post(post=fresh_post(stage.thread, 1), by=stage.user("owner"))


def _age(stage: Stage) -> None:
    """The opening post is as old as its author may not change it any more."""
    long_ago = timezone.now() - dt.timedelta(seconds=app_settings.EDIT_WINDOW + 1)
    Post.objects.filter(pk=stage.opening.pk).update(created_at=long_ago)


def _both(*steps: Callable[[Stage], None]) -> Callable[[Stage], None]:
    def run(stage: Stage) -> None:
        for step in steps:
            step(stage)

    return run


def _of_kind(kind: str) -> Callable[[Stage], None]:
    return lambda s: Thread.objects.filter(pk=s.thread.pk).update(kind=kind) and None


def _block(stage: Stage) -> None:
    Block.objects.create(member=stage.post.author, other=stage.thread.author, level=Block.Level.BLOCK)


def _notification(stage: Stage) -> Notification:
    fields = {"member": stage.thread.author, "group": "post:1", "thread": stage.thread, "kind": "post"}
    found, made = Notification.objects.get_or_create(**fields)
    if made:
        Member.objects.filter(pk=found.member_id).update(unread_count=F("unread_count") + 1)
    return found


def _item(stage: Stage) -> OutboxItem:
    found, _made = OutboxItem.objects.get_or_create(key="mail:1", kind="mail", status="given_up")
    return found


PREPARE: dict[str, Callable[[Stage], None]] = {
    "locked thread": _lock, "in locked thread": _lock, "hidden thread": _hide, "in hidden thread": _hide,
    "hidden opening": _hide_opening, "erased owner": _erase_owner,
    "withdrawn opening": _withdraw_opening, "old opening": _age,
    "old withdrawn opening": _both(_withdraw_opening, _age), "of who blocked the owner": _block,
    "question": _of_kind("question"), "locked question": _both(_of_kind("question"), _lock),
    "correction": _of_kind("correction"),
}  # fmt: skip
FIND: dict[str, Callable[[Stage], Any]] = {
    "part": lambda s: fresh_part(s.part),
    "draft": lambda s: fresh_part(s.draft),
    "series": lambda s: Series.objects.get(pk=s.series.pk),
    "source": lambda s: Source.objects.get(pk=s.source.pk),
    "thread": lambda s: fresh_thread(s.thread),
    "locked thread": lambda s: fresh_thread(s.thread),
    "hidden thread": lambda s: fresh_thread(s.thread),
    "opening": lambda s: fresh_post(s.thread, 1),
    "hidden opening": lambda s: fresh_post(s.thread, 1),
    "in locked thread": lambda s: fresh_post(s.thread, 1),
    "in hidden thread": lambda s: fresh_post(s.thread, 1),
    "post of another": lambda s: fresh_post(s.thread, 2),
    "owner": lambda s: fresh_thread(s.thread).author,
    "erased owner": lambda s: fresh_thread(s.thread).author,
    "of who blocked the owner": lambda s: fresh_post(s.thread, 2),
    "withdrawn opening": lambda s: fresh_post(s.thread, 1),
    "old opening": lambda s: fresh_post(s.thread, 1),
    "old withdrawn opening": lambda s: fresh_post(s.thread, 1),
    "question": lambda s: fresh_thread(s.thread),
    "locked question": lambda s: fresh_thread(s.thread),
    "correction": lambda s: fresh_thread(s.thread),
    "notification of the owner": _notification,
}


@pytest.mark.parametrize(
    ("method", "thing", "expected"), _rows(), ids=lambda v: v if isinstance(v, str) else ""
)
def test_the_policy_answers_as_the_table_says(
    stage: Stage, method: str, thing: str, expected: dict[str, bool]
) -> None:
    PREPARE.get(thing, lambda s: None)(stage)
    answers = {}
    for role in ROLES:
        arguments = [FIND[thing](stage)] if thing else []
        answers[role] = getattr(policy, method)(stage.user(role), *arguments)
    assert answers == expected
    assert {type(answer) for answer in answers.values()} == {bool}


def test_every_rule_of_the_policy_stands_in_the_table() -> None:
    rules = {name for name in vars(Policy) if name.startswith("can_")}
    assert rules == {method for method, _thing, _expected in _rows()}


def test_an_account_that_was_switched_off_may_nothing(stage: Stage) -> None:
    user = stage.users["superuser"]
    user.is_active = False
    user.save()
    allowed = {
        f"{method}/{thing}"
        for method, thing, _expected in _rows()
        if getattr(policy, method)(stage.user("superuser"), *([FIND[thing](stage)] if thing else []))
    }
    assert allowed == set()


# ---------------------------------------------------------------------- the same through services
def _picture() -> SimpleUploadedFile:
    import io

    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (2, 2)).save(out, "PNG")
    return SimpleUploadedFile("p.png", out.getvalue())


def _changed_member(stage: Stage) -> Any:
    member = fresh_thread(stage.thread).author
    member.about = "Reads laws."
    return member


#: What is done, and the row of the table that says who may.
ACTS: dict[str, tuple[str, Callable[[Stage, Any], Any]]] = {
    "mark a notification as read": (
        "can_read_notification/notification of the owner",
        lambda s, u: notifications.mark_read(notification=_notification(s), by=u),
    ),
    "mark all notifications as read": (
        "can_have_notifications/",
        lambda s, u: notifications.mark_all_read(by=u),
    ),
    "send an item of the outbox again": (
        "can_resend/",
        lambda s, u: outbox.resend(item=_item(s), by=u),
    ),
    "give an item of the outbox up": (
        "can_resend/",
        lambda s, u: outbox.give_up(item=_item(s), by=u),
    ),
    "start a thread": (
        "can_start_thread/part",
        lambda s, u: discussion.start_thread(
            part=fresh_part(s.part), by=u, title="Another question", body="Text."
        ),
    ),
    "start a thread on a draft": (
        "can_start_thread/draft",
        lambda s, u: discussion.start_thread(
            part=fresh_part(s.draft), by=u, title="Another question", body="Text."
        ),
    ),
    "reply": (
        "can_reply/thread",
        lambda s, u: discussion.reply(thread=fresh_thread(s.thread), by=u, body="Text."),
    ),
    "reply in a locked thread": (
        "can_reply/locked thread",
        lambda s, u: discussion.reply(thread=fresh_thread(s.thread), by=u, body="Text."),
    ),
    "reply in a hidden thread": (
        "can_reply/hidden thread",
        lambda s, u: discussion.reply(thread=fresh_thread(s.thread), by=u, body="Text."),
    ),
    "edit a thread": (
        "can_edit_thread/thread",
        lambda s, u: discussion.edit_thread(thread=fresh_thread(s.thread), by=u, title="A better title"),
    ),
    "edit a locked thread": (
        "can_edit_thread/locked thread",
        lambda s, u: discussion.edit_thread(thread=fresh_thread(s.thread), by=u, title="A better title"),
    ),
    "edit a post": (
        "can_edit_post/opening",
        lambda s, u: discussion.edit_post(post=fresh_post(s.thread, 1), by=u, body="New."),
    ),
    "edit another's post": (
        "can_edit_post/post of another",
        lambda s, u: discussion.edit_post(post=fresh_post(s.thread, 2), by=u, body="New."),
    ),
    "edit a post in a locked thread": (
        "can_edit_post/in locked thread",
        lambda s, u: discussion.edit_post(post=fresh_post(s.thread, 1), by=u, body="New."),
    ),
    "edit an old post": (
        "can_edit_post/old opening",
        lambda s, u: discussion.edit_post(post=fresh_post(s.thread, 1), by=u, body="New."),
    ),
    "withdraw a post": (
        "can_withdraw_post/opening",
        lambda s, u: discussion.withdraw_post(post=fresh_post(s.thread, 1), by=u),
    ),
    "withdraw another's post": (
        "can_withdraw_post/post of another",
        lambda s, u: discussion.withdraw_post(post=fresh_post(s.thread, 2), by=u),
    ),
    "withdraw a post in a locked thread": (
        "can_withdraw_post/in locked thread",
        lambda s, u: discussion.withdraw_post(post=fresh_post(s.thread, 1), by=u),
    ),
    "withdraw an old post": (
        "can_withdraw_post/old opening",
        lambda s, u: discussion.withdraw_post(post=fresh_post(s.thread, 1), by=u),
    ),
    "restore a post": (
        "can_restore_post/withdrawn opening",
        lambda s, u: discussion.restore_post(post=fresh_post(s.thread, 1), by=u),
    ),
    "restore an old post": (
        "can_restore_post/old withdrawn opening",
        lambda s, u: discussion.restore_post(post=fresh_post(s.thread, 1), by=u),
    ),
    "react": (
        "can_react/post of another",
        lambda s, u: discussion.react(post=fresh_post(s.thread, 2), by=u, word="agree"),
    ),
    "react to one's own": (
        "can_react/opening",
        lambda s, u: discussion.react(post=fresh_post(s.thread, 1), by=u, word="agree"),
    ),
    "react though kept away": (
        "can_react/of who blocked the owner",
        lambda s, u: discussion.react(post=fresh_post(s.thread, 2), by=u, word="agree"),
    ),
    "react to a hidden post": (
        "can_react/hidden opening",
        lambda s, u: discussion.react(post=fresh_post(s.thread, 1), by=u, word="agree"),
    ),
    "react in a locked thread": (
        "can_react/in locked thread",
        lambda s, u: discussion.react(post=fresh_post(s.thread, 1), by=u, word="agree"),
    ),
    "accept an answer": (
        "can_accept_answer/question",
        lambda s, u: discussion.accept_answer(thread=fresh_thread(s.thread), post=s.post, by=u),
    ),
    "accept an answer in a locked thread": (
        "can_accept_answer/locked question",
        lambda s, u: discussion.accept_answer(thread=fresh_thread(s.thread), post=s.post, by=u),
    ),
    "resolve": (
        "can_resolve_thread/correction",
        lambda s, u: discussion.resolve_thread(thread=fresh_thread(s.thread), resolution="declined", by=u),
    ),
    "pin": ("can_pin_thread/thread", lambda s, u: discussion.pin_thread(thread=fresh_thread(s.thread), by=u)),
    "unpin": (
        "can_pin_thread/thread",
        lambda s, u: discussion.unpin_thread(thread=fresh_thread(s.thread), by=u),
    ),
    "lock": (
        "can_lock_thread/thread",
        lambda s, u: discussion.lock_thread(thread=fresh_thread(s.thread), by=u),
    ),
    "unlock": (
        "can_lock_thread/thread",
        lambda s, u: discussion.unlock_thread(thread=fresh_thread(s.thread), by=u),
    ),
    "hide a thread": (
        "can_hide_thread/thread",
        lambda s, u: discussion.hide_thread(thread=fresh_thread(s.thread), by=u),
    ),
    "unhide a thread": (
        "can_hide_thread/thread",
        lambda s, u: discussion.unhide_thread(thread=fresh_thread(s.thread), by=u),
    ),
    "hide a post": (
        "can_hide_post/opening",
        lambda s, u: discussion.hide_post(post=fresh_post(s.thread, 1), by=u),
    ),
    "unhide a post": (
        "can_hide_post/opening",
        lambda s, u: discussion.unhide_post(post=fresh_post(s.thread, 1), by=u),
    ),
    "add a series": ("can_add_series/", lambda s, u: series.save_series(series=Series(title="New"), by=u)),
    "edit a series": (
        "can_edit_series/series",
        lambda s, u: series.save_series(series=Series.objects.get(pk=s.series.pk), by=u),
    ),
    "add a part": (
        "can_add_part/series",
        lambda s, u: series.save_part(part=Part(series=s.series, number=9, title="Nine", body="Text."), by=u),
    ),
    "edit a part": ("can_edit_part/part", lambda s, u: series.save_part(part=fresh_part(s.part), by=u)),
    "publish": ("can_publish_part/draft", lambda s, u: series.publish_part(part=fresh_part(s.draft), by=u)),
    "unpublish": (
        "can_publish_part/draft",
        lambda s, u: series.unpublish_part(part=fresh_part(s.part), by=u),
    ),
    "move a part": ("can_edit_part/part", lambda s, u: series.move_part(part=fresh_part(s.part), to=2, by=u)),
    "link a source": (
        "can_link_source/part",
        lambda s, u: sources.link_source(source=s.uncited, part=fresh_part(s.part), by=u),
    ),
    "unlink a source": (
        "can_link_source/part",
        lambda s, u: sources.unlink_source(
            link=sources.link_source(source=s.uncited, part=fresh_part(s.part), by=s.user("superuser")), by=u
        ),
    ),
    "add a source": (
        "can_add_source/series",
        lambda s, u: sources.add_source(source=Source(series=s.series, key="new1", title="New"), by=u),
    ),
    "edit a source": (
        "can_edit_source/source",
        lambda s, u: sources.update_source(source=Source.objects.get(pk=s.source.pk), by=u),
    ),
    "bring a tag into being": ("can_create_tag/", lambda s, u: tagging.tags_named(["brand new"], by=u)),
    "make a tag": ("can_add_tag/", lambda s, u: tagging.save_tag(tag=Tag(name="Made"), by=u)),
    "edit a tag": ("can_edit_tag/", lambda s, u: tagging.save_tag(tag=Tag.objects.get(pk=s.tag.pk), by=u)),
    "remove a tag": (
        "can_edit_tag/",
        lambda s, u: tagging.remove_tag(
            tag=tagging.tags_named(["not used"], by=s.user("superuser"))[0], by=u
        ),
    ),
    "upload an image": ("can_upload/", lambda s, u: uploads.store_image(file=_picture(), by=u)),
    "subscribe": (
        "can_subscribe/",
        lambda s, u: subscriptions.subscribe(target=fresh_thread(s.thread), level="watch", by=u),
    ),
    "unsubscribe": (
        "can_subscribe/",
        lambda s, u: subscriptions.unsubscribe(target=fresh_thread(s.thread), by=u),
    ),
    "bookmark a post": (
        "can_bookmark/",
        lambda s, u: bookmarks.save_bookmark(target=fresh_post(s.thread, 2), by=u, note="x"),
    ),
    "block a member": (
        "can_block_member/owner",
        lambda s, u: blocks.block_member(other=fresh_thread(s.thread).author, by=u),
    ),
    "block a member no more": (
        "can_block_member/owner",
        lambda s, u: blocks.unblock_member(other=fresh_thread(s.thread).author, by=u),
    ),
    "change preferences": (
        "can_edit_preferences/owner",
        lambda s, u: members.save_preferences(member=fresh_thread(s.thread).author, by=u),
    ),
    "download data": (
        "can_download_data/owner",
        lambda s, u: own_data.download_data(member=fresh_thread(s.thread).author, by=u),
    ),
    "erase a member": (
        "can_erase_member/owner",
        lambda s, u: erasure.erase_member(member=fresh_thread(s.thread).author, by=u),
    ),
    "erase a member twice": (
        "can_erase_member/erased owner",
        lambda s, u: erasure.erase_member(member=fresh_thread(s.thread).author, by=u),
    ),
    "save a draft": (
        "can_save_draft/",
        lambda s, u: drafts.save_draft(thread=fresh_thread(s.thread), by=u, body="So far."),
    ),
    "edit a member": (
        "can_edit_member/owner",
        lambda s, u: members.save_member(member=_changed_member(s), by=u),
    ),
}
#: These make what they then do away with.
PREPARES = (
    "unlink a source", "remove a tag", "mark a notification as read", "send an item of the outbox again",
    "give an item of the outbox up",
)  # fmt: skip
_EXPECTED = {f"{method}/{thing}": expected for method, thing, expected in _rows()}


@pytest.mark.parametrize("act", ACTS)
def test_services_refuse_whom_the_table_refuses(stage: Stage, act: str) -> None:
    row, do = ACTS[act]
    PREPARE.get(row.partition("/")[2], lambda s: None)(stage)
    done = {}
    for role in ROLES:
        before = _everything()
        savepoint = transaction.savepoint()
        try:
            do(stage, stage.user(role))
        except (NotAllowed, ThreadLocked, EditWindowOver):
            done[role] = False
            assert _everything() == before or act in PREPARES, "a refused act leaves nothing behind"
        except InvalidInput as error:
            if error.code != "unknown_tag":  # a tag that only others may bring into being
                raise
            done[role] = False
        else:
            done[role] = True
        assert_counts()
        transaction.savepoint_rollback(savepoint)
    assert done == _EXPECTED[row]


def _everything() -> list[tuple[str, int]]:
    """How many rows each model of ours has, and the sum of its versions."""
    counted = []
    for model in apps.get_app_config("scs_series").get_models():
        counted.append((model.__name__, model._default_manager.count()))
        if hasattr(model, "version"):
            counted.append(
                (f"{model.__name__}.version", model._default_manager.aggregate(n=Sum("version"))["n"])
            )
    return counted


def test_a_refused_reply_in_a_locked_thread_says_that_it_is_locked(stage: Stage) -> None:
    _lock(stage)
    with pytest.raises(ThreadLocked):
        discussion.reply(thread=fresh_thread(stage.thread), by=stage.user("member"), body="Text.")
    with pytest.raises(NotAllowed):
        discussion.reply(thread=fresh_thread(stage.thread), by=stage.user("anonymous"), body="Text.")


def test_an_author_without_the_right_to_publish_cannot_publish_by_saving(stage: Stage) -> None:
    """Saving a text never changes whether it is public: that is publishing, and asks its own right."""
    editor = stage.users["editor"]
    editor.user_permissions.clear()
    part = fresh_part(stage.draft)
    part.status, part.published_at = Part.Status.PUBLISHED, timezone.now()
    series.save_part(part=part, by=stage.user("editor"))
    assert fresh_part(stage.draft).status == Part.Status.DRAFT
    new = series.save_part(
        part=Part(
            series=stage.series,
            number=9,
            title="Nine",
            body="x",
            status="published",
            published_at=timezone.now(),
        ),
        by=stage.user("editor"),
    )
    assert fresh_part(new).status == Part.Status.DRAFT


def test_members_may_add_sources_where_the_host_says_so(stage: Stage, settings: Any) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "MEMBERS_ADD_SOURCES": True}
    assert policy.can_add_source(stage.user("member"), stage.series)
    assert not policy.can_add_source(stage.user("anonymous"), stage.series)


def test_only_curators_bring_new_tags_where_the_host_says_so(stage: Stage, settings: Any) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "MEMBERS_CREATE_TAGS": False}
    assert [tag.key for tag in tagging.tags_named(["COURTS"], by=stage.user("member"))] == ["courts"]
    with pytest.raises(SeriesError) as refused:
        tagging.tags_named(["never seen"], by=stage.user("member"))
    assert (refused.value.code, refused.value.field) == ("unknown_tag", "tags")
    assert tagging.tags_named(["never seen"], by=stage.user("moderator"))
