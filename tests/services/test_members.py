"""Members: the public name a user gets, and what follows from a new one."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser

from scs_series.exceptions import InvalidInput, NotAllowed
from scs_series.models import Member
from scs_series.services.members import member_for, save_member
from scs_series.services.rendering import thread_row
from tests import factories
from tests.services.watching import raised_by
from tests.stage import Stage, assert_counts, fresh_post, fresh_thread

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("username", "public"),
    [
        ("jane", "jane"), ("jane.doe@example.org", "janedoe"), ("Jane Doe", "jane-doe"), ("@example.org", "member"),
        ("社会", "社会"), ("a/b", "ab"), ("..", "member"), ("x" * 150, "x" * 120),
    ],
)  # fmt: skip
def test_the_public_name_never_shows_an_address(username: str, public: str) -> None:
    assert member_for(factories.make_user(username)).username == public


def test_a_name_that_is_taken_gets_a_number(db: None) -> None:
    names = [member_for(factories.make_user(f"info@{n}.example")).username for n in range(25)]
    assert names[:3] == ["info", "info-2", "info-3"]
    assert len(set(names)) == 25


def test_a_user_is_one_member_however_often_they_write(db: None) -> None:
    user = factories.make_user()
    first = member_for(user)
    assert member_for(get_user_model().objects.get(pk=user.pk)) == first
    assert Member.objects.count() == 1


def test_visitors_are_no_members(db: None) -> None:
    with pytest.raises(NotAllowed):
        member_for(AnonymousUser())


def test_a_new_name_reaches_every_text_that_says_it(stage: Stage) -> None:
    owner = Member.objects.get(user=stage.users["owner"])
    owner.display_name, owner.username = "Zoë", "zoe"
    raised = raised_by(stage, lambda: save_member(member=owner, by=stage.user("owner")))
    assert raised >= {"thread", "part", "series", "tag"}
    thread, answer = fresh_thread(stage.thread), fresh_post(stage.thread, 2)
    assert "Zoë" in fresh_post(stage.thread, 1).fragment
    assert "Zoë" in answer.fragment, "an answer names whom it answers"
    assert "opener" not in fresh_post(stage.thread, 1).fragment + answer.fragment + thread.row_html
    assert thread.row_html == thread_row(thread)


def test_an_authors_new_name_raises_the_pages_with_their_byline(stage: Stage) -> None:
    editor = Member.objects.get(user=stage.users["editor"])
    editor.display_name = "The Editor"
    assert raised_by(stage, lambda: save_member(member=editor, by=stage.user("editor"))) == {
        "series", "part", "next part", "draft",
    }  # fmt: skip


def test_a_member_saved_from_an_old_copy_keeps_the_counts(stage: Stage) -> None:
    old = Member.objects.get(user=stage.users["owner"])
    factories.make_thread(stage.part, by=stage.user("owner"))
    old.about = "From an old tab."
    save_member(member=old, by=stage.user("owner"))
    assert_counts()


@pytest.mark.parametrize("username", ["second", "", "!!!"])
def test_a_name_that_is_taken_or_empty_is_refused(stage: Stage, username: str) -> None:
    owner = Member.objects.get(user=stage.users["owner"])
    owner.username = username
    with pytest.raises(InvalidInput) as caught:
        save_member(member=owner, by=stage.user("owner"))
    assert caught.value.field == "username"


def test_what_a_deleted_account_wrote_stays(stage: Stage, client: Any) -> None:
    stage.users["owner"].delete()
    assert fresh_post(stage.thread, 1).author.username == "opener"
    assert client.get(stage.thread.get_absolute_url()).status_code == 200
    assert client.get("/members/opener/").status_code == 200


def test_a_switched_off_account_has_no_page(stage: Stage, client: Any) -> None:
    stage.users["owner"].is_active = False
    stage.users["owner"].save()
    assert client.get("/members/opener/").status_code == 404
