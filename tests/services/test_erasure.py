"""Erasing a member: nothing is left of who they were, and nothing of what they said is lost."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import models
from django.db.models import ProtectedError

from scs_series.exceptions import InvalidInput, NotAllowed
from scs_series.models import (
    Block,
    Bookmark,
    Draft,
    Member,
    Notification,
    OutboxItem,
    PartReading,
    Post,
    Reaction,
    Subscription,
    ThreadReading,
)
from scs_series.services import blocks, bookmarks, discussion, erasure, maintenance, sources
from scs_series.services.counts import recount
from scs_series.services.members import member_for, save_member
from tests import factories
from tests.services.watching import heard
from tests.stage import Stage, assert_counts, fresh_part, fresh_post, fresh_thread

pytestmark = pytest.mark.django_db

#: A name that no text holds by chance.
NAME = "Xanthippe-of-Athens"


@pytest.fixture
def leaver(stage: Stage) -> Member:
    """A member with a telling name, who wrote, moderated, edited, cited, kept and was kept away."""
    user = factories.make_user(
        NAME.lower(), email=f"{NAME}@example.org", first_name=NAME,
        permissions=("hide_post", "edit_any_post", "lock_thread", "add_source"),
    )  # fmt: skip
    member = member_for(user)
    member.display_name, member.about = NAME, f"I am {NAME}"
    save_member(member=member, by=user)
    user = get_user_model().objects.get(pk=user.pk)
    discussion.reply(thread=fresh_thread(stage.thread), by=user, body="What I said [@kuo2019].", answers=1)
    discussion.reply(thread=fresh_thread(stage.thread), by=stage.user("member"), body="To them.", answers=3)
    discussion.start_thread(
        part=fresh_part(stage.next_part), by=user, title="A thread of theirs", body="Begun."
    )
    discussion.edit_post(post=fresh_post(stage.thread, 2), by=user, body="Edited by a moderator.")
    discussion.lock_thread(thread=fresh_thread(stage.thread), by=user, reason="Settled")
    source = factories.make_source(stage.series, "theirs")
    source.added_by = member
    source.save()
    sources.update_source(source=source, by=stage.user("editor"))
    bookmarks.save_bookmark(target=fresh_post(stage.thread, 2), by=user, note="n")
    blocks.block_member(other=stage.post.author, by=user)
    blocks.block_member(other=member, by=stage.user("owner"))
    Draft.objects.create(member=member, part=stage.part, body="Half")
    PartReading.objects.create(member=member, part=stage.part)
    Reaction.objects.create(member=member, post=stage.post, word="thanks")
    Notification.objects.create(member=member, kind="post", thread=stage.thread, group="g")
    OutboxItem.objects.create(kind="mail", key="mail:leaver", member=member, payload={"to": f"{NAME}@x"})
    LogEntry.objects.create(
        user=stage.users["superuser"], content_type=ContentType.objects.get_for_model(Member),
        object_id=str(member.pk), object_repr=NAME, action_flag=CHANGE,
    )  # fmt: skip
    recount()  # of what was written past the services
    return Member.objects.select_related("user").get(pk=member.pk)


def erase(member: Member) -> Member:
    return erasure.erase_member(member=member, by=member.user)


def texts_with(word: str) -> list[str]:
    """Every text column of the database, whosever, that holds this word in any case."""
    found = []
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, (models.CharField, models.TextField, models.JSONField)):
                rows = model._default_manager.values_list(field.name, flat=True)
                if any(word.lower() in str(value).lower() for value in rows.iterator()):
                    found.append(f"{model.__name__}.{field.name}")
    return found


def test_the_old_name_stands_nowhere_any_more(stage: Stage, leaver: Member) -> None:
    assert {"Member.username", "Post.fragment", "Thread.row_html", "LogEntry.object_repr", "User.email"} <= set(texts_with(NAME))  # fmt: skip
    erase(leaver)
    assert texts_with(NAME) == []


def test_what_was_being_saved_while_the_account_was_closed_does_not_stay(
    stage: Stage, leaver: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another tab saves its text: it waits for the member's row, and is written once the account is closed."""
    close = erasure._close

    def close_and_let_go(member: Member) -> None:
        close(member)
        Draft.objects.create(member=member, part=stage.part, body="Private")
        Subscription.objects.create(member=member, series=stage.series, level="watch")

    monkeypatch.setattr(erasure, "_close", close_and_let_go)
    erase(leaver)
    assert not Draft.objects.filter(member=leaver).exists()
    assert not Subscription.objects.filter(member=leaver).exists()


def test_what_others_said_to_them_stays_and_leads_nowhere(stage: Stage, leaver: Member) -> None:
    old = leaver.get_absolute_url()
    said = f"I agree with @{NAME.lower()} here."
    post = discussion.reply(
        thread=fresh_thread(stage.next_part.threads.get()), by=stage.user("member"), body=said
    )
    assert old in post.fragment
    erase(leaver)
    now = Post.objects.get(pk=post.pk)
    assert now.body == said
    assert said in now.fragment
    assert old not in now.fragment + now.body_html
    assert set(texts_with(NAME)) == {"Post.body", "Post.body_html", "Post.fragment"}


def test_threads_stay_readable_under_a_neutral_name(stage: Stage, leaver: Member, client: Any) -> None:
    old = leaver.get_absolute_url()
    erase(leaver)
    name = f"former member {leaver.pk}"
    page = client.get(stage.thread.get_absolute_url()).content.decode()
    assert "What I said" in page
    assert name in page
    assert f'answers no. 3<span class="scs-vh">, {name}' in fresh_post(stage.thread, 4).fragment
    assert "A thread of theirs" in client.get(f"/members/former-member-{leaver.pk}/").content.decode()
    assert client.get(old).status_code == 404
    assert_counts()


def test_what_was_theirs_alone_is_gone_and_nobody_elses(stage: Stage, leaver: Member) -> None:
    others = {
        model: model._default_manager.exclude(member=leaver).count()
        for model in (Subscription, ThreadReading, Notification, Bookmark, Block)
    }
    erase(leaver)
    for model in (
        Bookmark, Draft, PartReading, ThreadReading, Subscription, Notification, OutboxItem, Block,
    ):  # fmt: skip
        assert not model._default_manager.filter(member=leaver).exists(), model
    others[Block] -= 1  # the one against them says nothing any more
    assert {model: model._default_manager.count() for model in others} == others
    now = Member.objects.get(pk=leaver.pk)
    assert (now.about, now.user, now.unread_count) == ("", None, 0)
    assert now.erased_at
    assert now.erasure_done_at


def test_reactions_stay_as_they_are_counted(stage: Stage, leaver: Member) -> None:
    erase(leaver)
    assert Reaction.objects.filter(post=stage.post).count() == 1
    assert fresh_post(stage.thread, 2).reaction_counts == {"thanks": 1}


def test_every_session_ends(stage: Stage, leaver: Member, client: Any) -> None:
    client.force_login(leaver.user)
    assert client.get("/preferences/").status_code == 200
    erase(leaver)
    assert client.get("/preferences/").status_code == 302
    assert not get_user_model().objects.filter(email__icontains=NAME).exists()


def test_it_is_not_undone_and_not_done_twice(stage: Stage, leaver: Member) -> None:
    user = leaver.user
    erase(leaver)
    with pytest.raises(NotAllowed):
        erasure.erase_member(member=leaver, by=stage.user("superuser"))
    with pytest.raises(NotAllowed):
        erasure.erase_member(member=leaver, by=user)
    leaver.display_name = NAME
    with pytest.raises(NotAllowed):
        save_member(member=leaver, by=stage.user("superuser"))
    assert texts_with(NAME) == []


@pytest.mark.parametrize("username", [NAME.lower(), NAME.upper(), f"{NAME.lower()}@example.org"])
def test_the_name_is_given_to_nobody_again(stage: Stage, leaver: Member, username: str) -> None:
    """Others' mentions of it would be said to whoever took it."""
    erase(leaver)
    new = member_for(factories.make_user(username))
    assert new.username.lower() == f"{NAME.lower()}-2"
    new.username = NAME.lower()
    with pytest.raises(InvalidInput) as caught:
        save_member(member=new, by=new.user)
    assert caught.value.code == "username_taken"


def test_a_neutral_name_that_somebody_took_already_is_passed_over(stage: Stage, leaver: Member) -> None:
    factories.make_member(f"former-member-{leaver.pk}")
    assert erase(leaver).username == f"former-member-{leaver.pk}-2"


# ---------------------------------------------------------------------- the host's account
def test_an_account_that_acted_in_the_admin_is_emptied_and_not_deleted(stage: Stage, leaver: Member) -> None:
    """The log of what it did there would go with it."""
    entry = LogEntry.objects.create(
        user=leaver.user, content_type=ContentType.objects.get_for_model(Post), object_id="1",
        object_repr="no. 1", action_flag=CHANGE,
    )  # fmt: skip
    pk = leaver.user_id
    erase(leaver)
    user = get_user_model().objects.get(pk=pk)
    assert LogEntry.objects.filter(pk=entry.pk).exists()
    assert (user.is_active, user.email, user.first_name, user.has_usable_password()) == (False, "", "", False)
    assert texts_with(NAME) == []


def test_an_account_that_may_not_be_deleted_is_emptied(
    stage: Stage, leaver: Member, monkeypatch: Any
) -> None:
    def refused(self: Any, *args: Any, **kwargs: Any) -> None:
        raise ProtectedError("something of the host's", set())

    monkeypatch.setattr(get_user_model(), "delete", refused)
    pk = leaver.user_id
    erase(leaver)
    assert get_user_model().objects.get(pk=pk).username == f"erased-{pk}"
    assert texts_with(NAME) == []


def test_what_the_host_names_removes_the_account(stage: Stage, leaver: Member, settings: Any) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "ERASE_USER": f"{__name__}.remember"}
    _asked.clear()
    pk = leaver.user_id
    erase(leaver)
    assert [user.pk for user in _asked] == [pk]
    assert get_user_model().objects.filter(pk=pk).exists()


_asked: list[Any] = []


def remember(user: Any) -> None:
    _asked.append(user)


def test_where_the_host_fails_nothing_is_erased(stage: Stage, leaver: Member, settings: Any) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "ERASE_USER": f"{__name__}.fail"}
    with pytest.raises(OSError, match="elsewhere"):
        erase(leaver)
    now = Member.objects.get(pk=leaver.pk)
    assert (now.username, now.erased_at, now.user_id) == (NAME.lower(), None, leaver.user_id)
    assert Draft.objects.filter(member=now).exists()


def fail(user: Any) -> None:
    raise OSError("elsewhere")


def test_the_demo_host_forgets_the_addresses_and_the_log_of_sign_ins(stage: Stage, leaver: Member) -> None:
    from allauth.account.models import EmailAddress
    from axes.models import AccessLog

    EmailAddress.objects.create(user=leaver.user, email=f"{NAME}@example.org")
    AccessLog.objects.create(username=NAME.lower(), ip_address="127.0.0.1")
    erase(leaver)
    assert texts_with(NAME) == []


# ---------------------------------------------------------------------- in steps
def test_broken_off_it_is_taken_up_again(stage: Stage, leaver: Member, monkeypatch: Any, capsys: Any) -> None:
    real = maintenance._fragments_again
    calls = []

    def breaks(pks: list[int]) -> int:
        calls.append(pks)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(pks)

    monkeypatch.setattr(maintenance, "_fragments_again", breaks)
    monkeypatch.setattr(maintenance, "_BATCH", 1)
    with pytest.raises(KeyboardInterrupt):
        erase(leaver)
    closed = Member.objects.get(pk=leaver.pk)
    assert closed.user is None, "the account was closed first"
    assert closed.erasure_done_at is None
    assert texts_with(NAME) != []

    call_command("scs_erase")
    assert "1 finished" in capsys.readouterr().out
    assert texts_with(NAME) == []
    assert Member.objects.get(pk=leaver.pk).erasure_done_at
    call_command("scs_erase")
    assert "0 finished" in capsys.readouterr().out


def test_hosts_hear_of_it(stage: Stage, leaver: Member, django_capture_on_commit_callbacks: Any) -> None:
    with heard() as signals, django_capture_on_commit_callbacks(execute=True):
        erase(leaver)
    told = [arguments for name, _sender, arguments in signals if name == "member_erased"]
    assert [one["member"].pk for one in told] == [leaver.pk]
