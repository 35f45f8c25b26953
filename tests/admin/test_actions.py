"""Actions: each does its work through the service, says what it did, and is refused without its permission."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from scs_series.admin import actions
from scs_series.models import OutboxItem, Part, Post, Thread
from scs_series.services import discussion
from tests import factories
from tests.admin.conftest import change_url, client_of, list_url
from tests.stage import Stage, assert_counts, fresh_part, fresh_post, fresh_thread

Act = Callable[..., list[str]]

#: action, the permission it needs, what holds afterwards
THREAD_ACTIONS = [
    ("pin", "pin_thread", lambda thread: thread.pinned_at is not None),
    ("lock", "lock_thread", lambda thread: thread.locked_at is not None),
    ("hide", "hide_thread", lambda thread: thread.hidden_at is not None),
]
UNDO = {"pin": "unpin", "lock": "unlock", "hide": "unhide"}
SEE = ("view_thread", "view_post", "view_part", "see_hidden")


def offered(client: Any, model: str) -> set[str]:
    """The actions that a list offers; Django leaves the form out where there is none."""
    form = client.get(list_url(model)).context["action_form"]
    return {name for name, _label in form.fields["action"].choices if name} if form else set()


def others_of(permissions: set[str]) -> set[str]:
    return {permission.removesuffix("_thread") for permission in permissions}


def staff(*permissions: str) -> Any:
    from django.test import Client

    client = Client()
    client.force_login(factories.make_user(is_staff=True, permissions=permissions))
    return client


@pytest.mark.parametrize(("action", "permission", "holds"), THREAD_ACTIONS)
def test_thread_action_and_its_undoing(
    stage: Stage, act: Act, action: str, permission: str, holds: Any
) -> None:
    client = staff(*SEE, permission)

    said = act(client, "thread", action, stage.thread, scs_confirmed="1", reason="")
    assert holds(fresh_thread(stage.thread))
    assert len(said) == 1
    assert "1 thread" in said[0]

    act(client, "thread", UNDO[action], stage.thread)
    assert not holds(fresh_thread(stage.thread))
    assert_counts()


@pytest.mark.parametrize(("action", "permission", "holds"), THREAD_ACTIONS)
def test_thread_action_is_refused_without_its_permission(
    stage: Stage, act: Act, action: str, permission: str, holds: Any
) -> None:
    others = {"pin_thread", "lock_thread", "hide_thread"} - {permission}
    client = staff(*SEE, *others)

    act(client, "thread", action, stage.thread, scs_confirmed="1")

    assert not holds(fresh_thread(stage.thread))
    # Not refused by the service alone: it is not even offered.
    assert offered(client, "thread") == {*others_of(others), *(UNDO[name] for name in others_of(others))}


def test_post_is_hidden_with_a_reason_and_shown_again(stage: Stage, act: Act) -> None:
    client = staff(*SEE, "hide_post")

    said = act(client, "post", "hide", stage.post, scs_confirmed="1", reason="Names a private person")
    post = fresh_post(stage.thread, 2)
    assert post.is_hidden
    assert post.hidden_reason == "Names a private person"
    assert said == ["Hid 1 post."]

    act(client, "post", "unhide", stage.post)
    assert not fresh_post(stage.thread, 2).is_hidden
    assert_counts()


def test_hiding_a_post_is_refused_without_its_permission(stage: Stage, act: Act) -> None:
    client = staff(*SEE, "hide_thread")

    act(client, "post", "hide", stage.post, scs_confirmed="1")

    assert not fresh_post(stage.thread, 2).is_hidden
    assert offered(client, "post") == set()


@pytest.mark.parametrize("model", ["thread", "post"])
def test_a_reason_is_asked_before_anything_happens(stage: Stage, root: Any, model: str) -> None:
    obj: Any = {"thread": stage.thread, "post": stage.post}[model]

    answer = root.post(list_url(model), {"action": "hide", "_selected_action": [obj.pk]})
    html = answer.content.decode()

    assert answer.status_code == 200
    assert 'name="reason"' in html
    assert f'name="_selected_action" value="{obj.pk}"' in html
    obj.refresh_from_db()
    assert obj.hidden_at is None


def test_too_long_a_reason_is_said_and_kept(stage: Stage, root: Any) -> None:
    long = "why " * 100

    answer = root.post(
        list_url("post"),
        {"action": "hide", "_selected_action": [stage.post.pk], "scs_confirmed": "1", "reason": long},
    )

    assert "at most 300 characters" in answer.content.decode()
    assert long.strip() in answer.content.decode()
    assert not fresh_post(stage.thread, 2).is_hidden


def test_report_counts_done_already_and_refused(stage: Stage, act: Act) -> None:
    """The editor publishes their own draft and not the other's; one was public before."""
    foreign = factories.make_part(stage.other_series, published=False)
    client = staff("view_part", "change_part", "publish_part", "edit_all_series")
    assert act(client, "part", "publish", stage.part, stage.draft, foreign) == [
        "Published 2 parts.",
        "1 was public already.",
    ]

    another = factories.make_part(stage.other_series, title="Not mine")
    assert another.is_public
    said = act(client_of(stage, "editor"), "part", "unpublish", stage.part, another)
    assert said[0] == "Unpublished 1 part."
    assert "1 refused (2. Not mine" in said[1] or "1 refused (3. Not mine" in said[1]
    assert "may not" in said[1]
    assert not fresh_part(stage.part).is_public
    assert fresh_part(another).is_public


def test_publish_is_refused_without_its_permission(stage: Stage, act: Act) -> None:
    client = staff("view_part", "change_part", "edit_all_series")

    act(client, "part", "publish", stage.draft)

    assert not fresh_part(stage.draft).is_public
    assert offered(client, "part") == {"move_up", "move_down"}


def test_publish_now_brings_a_scheduled_part_forward(stage: Stage, root: Any, act: Act) -> None:
    part = factories.make_part(stage.series, at=timezone.now() + dt.timedelta(days=9))

    act(root, "part", "publish", part)

    assert fresh_part(part).is_public


def numbers(stage: Stage) -> list[str]:
    return list(Part.objects.filter(series=stage.series).order_by("number").values_list("slug", flat=True))


def test_parts_move_up_and_down(stage: Stage, root: Any, act: Act) -> None:
    assert numbers(stage) == ["beginnings", "afterwards", "unfinished"]

    act(root, "part", "move_up", stage.draft)
    assert numbers(stage) == ["beginnings", "unfinished", "afterwards"]
    act(root, "part", "move_down", stage.part)
    assert numbers(stage) == ["unfinished", "beginnings", "afterwards"]


def test_several_parts_move_together_and_stop_at_the_end(stage: Stage, root: Any, act: Act) -> None:
    act(root, "part", "move_up", stage.next_part, stage.draft)
    assert numbers(stage) == ["afterwards", "unfinished", "beginnings"]

    said = act(root, "part", "move_up", stage.next_part, stage.draft)
    assert numbers(stage) == ["afterwards", "unfinished", "beginnings"]
    assert "Nothing moved" in said[0]

    act(root, "part", "move_down", stage.next_part, stage.draft)
    assert numbers(stage) == ["beginnings", "afterwards", "unfinished"]


def test_moving_is_refused_to_who_only_looks(stage: Stage, act: Act) -> None:
    act(client_of(stage, "moderator"), "part", "move_up", stage.draft)
    assert numbers(stage) == ["beginnings", "afterwards", "unfinished"]

    said = act(client_of(stage, "other_editor"), "part", "move_up", stage.next_part)
    assert numbers(stage) == ["beginnings", "afterwards", "unfinished"]
    assert "may not" in said[0]


def test_every_act_is_in_the_history_of_its_object(stage: Stage, root: Any, act: Act) -> None:
    act(root, "thread", "lock", stage.thread, scs_confirmed="1", reason="Enough said")

    entry = LogEntry.objects.get()
    assert entry.object_id == str(stage.thread.pk)
    assert "Locked. Reason: Enough said" in entry.get_change_message()


def test_what_was_so_already_leaves_no_entry(stage: Stage, root: Any, act: Act) -> None:
    discussion.pin_thread(thread=stage.thread, by=stage.users["superuser"])

    assert act(root, "thread", "pin", stage.thread) == ["1 was pinned already."]
    assert not LogEntry.objects.exists()


def test_more_than_the_limit_is_refused_whole(
    stage: Stage, root: Any, act: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "LIMIT", 1)

    said = act(root, "post", "hide", stage.opening, stage.post, scs_confirmed="1")

    assert "at most 1 at a time" in said[0]
    assert not Post.objects.filter(status=Post.Status.HIDDEN).exists()


def test_all_chosen_means_what_was_shown(stage: Stage, root: Any) -> None:
    """“Select all” asks again with the keys themselves: who writes meanwhile is not hidden with the rest."""
    answer = root.post(
        f"{list_url('post')}?thread__id__exact={stage.thread.pk}",
        {"action": "hide", "select_across": "1", "_selected_action": [stage.post.pk]},
    )

    assert set(answer.context["pks"]) == {stage.opening.pk, stage.post.pk}
    assert 'name="select_across"' not in answer.content.decode()


# ---------------------------------------------------------------------- buttons on the change page
def test_buttons_offer_what_can_be_done_now(stage: Stage, root: Any) -> None:
    assert [button.action for button in root.get(change_url(stage.thread)).context["scs_buttons"]] == [
        "pin", "lock", "hide",
    ]  # fmt: skip
    discussion.pin_thread(thread=stage.thread, by=stage.users["superuser"])
    assert [button.action for button in root.get(change_url(stage.thread)).context["scs_buttons"]] == [
        "unpin", "lock", "hide",
    ]  # fmt: skip


def test_buttons_ask_the_policy_about_the_object(stage: Stage) -> None:
    """May publish, sees the part, but is no author of its series."""
    part = stage.other_series.parts.get()

    answer = client_of(stage, "editor").get(change_url(part))

    assert answer.status_code == 200
    assert answer.context["scs_buttons"] == []


def test_a_button_leads_back_to_its_page(stage: Stage, root: Any) -> None:
    back = change_url(stage.thread)

    answer = root.post(
        list_url("thread"), {"action": "pin", "_selected_action": [stage.thread.pk], "scs_back": back}
    )
    assert answer.status_code == 302
    assert answer.url == back

    answer = root.post(
        list_url("thread"),
        {"action": "unpin", "_selected_action": [stage.thread.pk], "scs_back": "https://evil.example/"},
    )
    assert "evil" not in answer.url


def test_hidden_things_are_seen_by_who_may(stage: Stage) -> None:
    discussion.hide_thread(thread=stage.thread, by=stage.users["superuser"])
    other = factories.make_thread(stage.part)
    post = factories.make_post(other, body="Something libellous")
    discussion.hide_post(post=post, by=stage.users["superuser"])

    def seen(client: Any, model: str) -> set[Any]:
        return set(client.get(list_url(model)).context["cl"].queryset)

    assert stage.thread in seen(client_of(stage, "moderator"), "thread")
    assert post in seen(client_of(stage, "moderator"), "post")
    reader = staff("view_thread", "view_post")
    assert seen(reader, "thread") == {other}
    assert post not in seen(reader, "post")
    assert reader.get(change_url(post)).status_code == 404
    assert "libellous" not in reader.get(change_url(other)).content.decode()
    assert "libellous" in client_of(stage, "moderator").get(change_url(other)).content.decode()


def test_nothing_is_deleted_in_bulk(stage: Stage, root: Any) -> None:
    for model in ("series", "part", "source", "sourcelink", "thread", "post", "tag", "member"):
        choices = root.get(list_url(model)).context.get("action_form")
        offered = dict(choices.fields["action"].choices) if choices else {}
        assert "delete_selected" not in offered, model
    assert Thread.objects.exists()


# ---------------------------------------------------------------------- erasing a member
def test_a_member_is_erased_on_request_after_being_asked(stage: Stage, act: Act) -> None:
    client = staff("view_member", "change_member", "delete_member")
    member = stage.thread.author
    asked = client.post(list_url("member"), {"action": "erase", "_selected_action": [member.pk]})
    assert "This cannot be undone" in asked.content.decode()
    assert "opener" in asked.content.decode()
    member.refresh_from_db()
    assert member.erased_at is None

    said = act(client, "member", "erase", member, scs_confirmed="1", reason="By letter")
    member.refresh_from_db()
    assert said == ["Erased 1 member."]
    assert member.erased_at
    entry = LogEntry.objects.get(object_id=str(member.pk), change_message__contains="Erased")
    assert "By letter" in entry.change_message
    assert entry.object_repr == f"former member {member.pk}"
    page = client.get(change_url(member)).content.decode()
    assert "opener" not in page
    assert "erase" not in {button.name for button in client.get(change_url(member)).context["scs_buttons"]}
    assert_counts()


def test_erasing_is_refused_without_its_permission_and_many_at_once(stage: Stage, act: Act) -> None:
    without = staff("view_member", "change_member", "hide_post")
    act(without, "member", "erase", stage.thread.author, scs_confirmed="1")
    assert "erase" not in offered(without, "member")
    said = act(
        staff("view_member", "delete_member"), "member", "erase", stage.thread.author, stage.post.author,
        scs_confirmed="1",
    )  # fmt: skip
    assert said == ["Erase one member at a time: nothing was done."]
    stage.thread.author.refresh_from_db()
    stage.post.author.refresh_from_db()
    assert (stage.thread.author.erased_at, stage.post.author.erased_at) == (None, None)


# ---------------------------------------------------------------------- the outbox
def test_an_item_of_the_outbox_is_sent_again_and_given_up(stage: Stage, act: Any, root: Client) -> None:
    OutboxItem.objects.all().delete()
    item = OutboxItem.objects.create(
        key="mail:posted:1:1", kind="mail", status="given_up", attempts=12, last_error="451 not now"
    )
    assert "451 not now" in root.get(list_url("outboxitem")).content.decode()
    page = root.get(change_url(item)).content.decode()
    assert "Send again" in page
    assert "451 not now" in page
    assert act(root, "outboxitem", "send_again", item) == ["1 item is sent again."]
    item.refresh_from_db()
    assert (item.status, item.attempts) == ("due", 0)
    assert act(root, "outboxitem", "send_again", item) == [
        "1 item is due already, or was told and is told once."
    ]
    assert act(root, "outboxitem", "give_up", item) == ["1 item was given up."]
    item.refresh_from_db()
    assert item.status == "given_up"


def test_an_item_that_is_being_done_is_left_alone(stage: Stage, act: Any, root: Client) -> None:
    item = OutboxItem.objects.create(
        key="mail:posted:1:1", kind="mail", claimed_until=timezone.now() + dt.timedelta(minutes=1)
    )
    (said,) = act(root, "outboxitem", "give_up", item)
    assert "is being done at the moment" in said
    item.refresh_from_db()
    assert item.status == "due"


def test_who_may_not_resend_is_offered_nothing(stage: Stage, act: Any) -> None:
    stage.users["moderator"].user_permissions.add(Permission.objects.get(codename="view_outboxitem"))
    client = client_of(stage, "moderator")
    item = OutboxItem.objects.create(key="mail:posted:1:1", kind="mail", status="given_up")
    assert client.get(list_url("outboxitem")).status_code == 200
    assert "Send again" not in client.get(change_url(item)).content.decode()
    act(client, "outboxitem", "send_again", item)
    item.refresh_from_db()
    assert item.status == "given_up"
