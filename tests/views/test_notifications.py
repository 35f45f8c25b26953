"""The list of what a member was told, marking it as read, and ending mail by a mail's link."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from scs_series.models import MailPace, Member, Notification, OutboxItem, Part, Subscription, Thread
from scs_series.services import discussion, notifications, outbox
from scs_series.services.reading import mark_thread_read
from tests import factories
from tests.services.listening import listener, listens, reply, told
from tests.stage import Stage, assert_counts, fresh_thread
from tests.views.reading import counted, writes_in

pytestmark = pytest.mark.django_db

LIST = "/notifications/"


@pytest.fixture
def stage(stage: Stage) -> Stage:
    OutboxItem.objects.all().delete()
    return stage


def client_of(member: Member) -> Client:
    client = Client()
    assert member.user is not None
    client.force_login(member.user)
    return client


def unread(member: Member) -> int:
    return Member.objects.get(pk=member.pk).unread_count


def test_a_visitor_is_asked_to_sign_in() -> None:
    for address in (LIST, reverse("scs_series:notifications-read")):
        answer = Client().post(address) if "read" in address else Client().get(address)
        assert answer.status_code == 302
        assert "next=" in answer.headers["Location"]


def test_who_was_told_nothing_is_told_what_will_be_told_here(stage: Stage) -> None:
    page = client_of(factories.make_member()).get(LIST).content.decode()
    assert "Nothing here yet" in page
    assert "Mark all as read" not in page
    stranger = Client()  # signed in, and never wrote: no member
    stranger.force_login(factories.make_user())
    assert "Nothing here yet" in stranger.get(LIST).content.decode()


def test_the_list_says_who_did_what_where(stage: Stage) -> None:
    member = listens(stage, "watch", "thread")
    names = ["ada", "bo", "cy", "di", "ed"]
    for name in names:
        reply(stage, by=factories.make_user(name))
        outbox.work_off()
    page = client_of(member).get(LIST).content.decode()
    assert f"Five people answered in “{stage.thread.title}”" in page
    assert "ed, di, cy and 2 others · 5 posts" in page
    assert escape(f"{stage.thread.get_absolute_url()}?post=3") in page
    assert "scs-told-new" in page


def test_each_kind_has_its_words(stage: Stage) -> None:
    member = listens(stage, "watch", "series")
    by = factories.make_member("ada")
    Thread.objects.filter(pk=stage.thread.pk).update(resolution="declined", resolved_at=timezone.now())
    for kind in Notification.Kind:
        is_part = kind == Notification.Kind.PART
        Notification.objects.create(
            member=member, kind=kind, group=str(kind), actors=[by.pk],
            thread=None if is_part else stage.thread, part=stage.part if is_part else None,
        )  # fmt: skip
    Member.objects.filter(pk=member.pk).update(unread_count=len(Notification.Kind))
    page = client_of(member).get(LIST).content.decode()
    title = f"“{stage.thread.title}”"
    for words in (
        f"ada answered in {title}", f"ada started {title}", f"ada answered you in {title}",
        f"ada mentioned you in {title}", f"ada reacted to your post in {title}",
        f"ada accepted your answer in {title}", f"ada declined what you proposed in {title}",
        f"ada published “{stage.part.title}”",
    ):  # fmt: skip
        assert words in page


def test_what_is_not_shown_any_more_is_not_told_of_and_its_number_can_be_cleared(stage: Stage) -> None:
    member = listens(stage, "watch", "thread")
    reply(stage)
    outbox.work_off()
    client = client_of(member)
    discussion.hide_thread(thread=fresh_thread(stage.thread), by=stage.user("moderator"))
    page = client.get(LIST).content.decode()
    assert stage.thread.title not in page
    assert "Nothing here any more" in page
    assert client.post(reverse("scs_series:notifications-read")).status_code == 302
    assert unread(member) == 0


def test_titles_and_names_stay_text(stage: Stage) -> None:
    member = listens(stage, "watch", "thread")
    Thread.objects.filter(pk=stage.thread.pk).update(title="<b>bold</b> & co")
    writer = factories.make_member()
    Member.objects.filter(pk=writer.pk).update(display_name="<i>me</i>")
    reply(stage, by=writer.user)
    outbox.work_off()
    page = client_of(member).get(LIST).content.decode()
    assert "<b>bold" not in page
    assert "<i>me" not in page
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; co" in page


def test_quotation_marks_within_a_title_become_single_ones(stage: Stage) -> None:
    member = listens(stage, "watch", "thread")
    Thread.objects.filter(pk=stage.thread.pk).update(title="Is “list” the word?")
    reply(stage)
    outbox.work_off()
    assert "in “Is ‘list’ the word?”" in client_of(member).get(LIST).content.decode()


def test_the_list_is_walked_by_key_and_costs_the_same_however_long(stage: Stage, settings: Any) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "THREADS_PER_PAGE": 10}
    member = listens(stage, "watch", "thread")
    client = client_of(member)

    def grow(count: int, start: int) -> None:
        writers = [factories.make_member().pk for _n in range(3)]
        now = timezone.now()
        Notification.objects.bulk_create(
            Notification(
                member=member, kind="post", thread=factories.make_thread(stage.part) if n % 2 else None,
                part=None if n % 2 else stage.part, group=f"g{n}", actors=writers, people=3,
                updated_at=now - timedelta(minutes=n),
            )
            for n in range(start, start + count)
        )  # fmt: skip
        Member.objects.filter(pk=member.pk).update(unread_count=start + count)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(LIST).status_code == 200
        assert writes_in(captured) == []
        return len(counted(captured))

    grow(2, 0)
    few = queries()
    grow(23, 2)
    assert queries() == few <= 7
    seen, address = [], LIST
    while address:
        page = client.get(address).context["page"]
        seen += [one.group for one in page.items]
        address = f"{LIST}?after={page.next}" if page.next else ""
    assert seen == [f"g{n}" for n in range(25)]
    assert client.get(f"{LIST}?after=nonsense").status_code == 400


# --------------------------------------------------------------------------------------------------------- as read
def test_marking_one_and_marking_all(stage: Stage) -> None:
    member = listens(stage, "watch", "thread")
    reply(stage)
    reply(stage, f"@{member.username}")
    outbox.work_off()
    assert unread(member) == 2
    client = client_of(member)
    one = Notification.objects.filter(member=member).first()
    assert one is not None
    address = reverse("scs_series:notification-read", args=[one.pk])
    assert client.get(address).status_code == 405
    assert client.post(address).status_code == 302
    assert client.post(address, headers={"X-Requested-With": "fetch"}).status_code == 204
    assert unread(member) == 1
    assert client.post(reverse("scs_series:notifications-read")).status_code == 302
    assert unread(member) == 0
    assert_counts()


def test_marking_all_spares_what_came_after_the_page_was_made(stage: Stage) -> None:
    member = listens(stage, "watch", "thread")
    reply(stage)
    outbox.work_off()
    client = client_of(member)
    until = client.get(LIST).context["until"]
    reply(stage, f"@{member.username}")
    outbox.work_off()
    client.post(reverse("scs_series:notifications-read"), {"until": until})
    assert unread(member) == 1
    assert Notification.objects.unread().get(member=member).kind == "mention"
    for nonsense in ("x", "2026-02-31T00:00:00Z", "2026-02-01", "0001-01-01T00:00:00+14:00"):
        assert client.post(reverse("scs_series:notifications-read"), {"until": nonsense}).status_code == 302


def test_nobody_marks_what_another_was_told(stage: Stage) -> None:
    member = listens(stage, "watch", "thread")
    reply(stage)
    outbox.work_off()
    one = Notification.objects.get(member=member)
    address = reverse("scs_series:notification-read", args=[one.pk])
    assert stage.client("superuser").post(address).status_code == 404
    assert unread(member) == 1


def test_forms_need_their_token(stage: Stage) -> None:
    member = listens(stage, "watch", "thread")
    client = Client(enforce_csrf_checks=True)
    client.force_login(member.user)  # type: ignore[arg-type]
    assert client.post(reverse("scs_series:notifications-read")).status_code == 403


# --------------------------------------------------------------------------------------------------------- the bell
def test_the_bell_counts_on_every_page_and_is_nobody_elses(stage: Stage) -> None:
    member, other = listens(stage, "watch", "thread"), factories.make_member()
    reply(stage)
    outbox.work_off()
    for _again in range(2):  # kept pieces are there at the second time
        for address in stage.addresses().values():
            assert "Notifications, 1 unread" in client_of(member).get(address).content.decode(), address
            page = client_of(other).get(address).content.decode()
            assert "unread" not in page, address
            assert LIST in page
            assert LIST not in Client().get(address).content.decode(), address
    Member.objects.filter(pk=member.pk).update(unread_count=120)
    assert "99+" in client_of(member).get(LIST).content.decode()


# ------------------------------------------------------------------------------------------------------- less mail
def leave(**names: Any) -> str:
    return reverse("scs_series:unsubscribe", args=[notifications.token_for(**names)])


def test_a_threads_link_mutes_it_signed_out_and_twice(stage: Stage) -> None:
    member = listens(stage, "watch", "thread")
    address = leave(member=member.pk, thread=stage.thread.pk)
    client = Client(enforce_csrf_checks=True)
    for signed_in in (client, stage.client("other_editor")):
        page = signed_in.get(address)
        assert page.status_code == 200
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["X-Robots-Tag"] == "noindex"
        assert "no-store" in page.headers["Cache-Control"]
        assert stage.thread.title not in page.content.decode()
        assert member.username not in page.content.decode().replace("other-editor", "")
    assert Subscription.objects.get(member=member).level == "watch"
    for _again in range(2):
        done = client.post(address)
        assert done.status_code == 200
        assert 'href="/subscriptions/"' in done.content.decode(), "where it is changed again"
    assert Subscription.objects.get(member=member).level == "mute"
    reply(stage, f"@{member.username}")
    outbox.work_off()
    assert told(member) == []


@pytest.mark.parametrize(
    ("target", "asks"),
    [
        ("part", "No more mail of this part?"),
        ("tag", "No more mail under this tag?"),
        ("series", "No more mail of this series?"),
    ],
)
def test_a_wide_link_makes_a_follow_and_the_other_ends_all_mail(stage: Stage, target: str, asks: str) -> None:
    member = listens(stage, "watch", target)
    address = leave(member=member.pk, **{target: getattr(stage, target).pk})
    assert asks in Client().get(address).content.decode()
    for _again in range(2):
        assert "told in the page alone" in Client().post(address).content.decode()
    assert Subscription.objects.get(member=member).level == "follow"
    assert 'href="/preferences/"' in Client().post(leave(member=member.pk)).content.decode()
    assert Member.objects.get(pk=member.pk).mail_pace == MailPace.NEVER


@pytest.mark.parametrize("level", ["mute", "follow", None])
def test_an_old_link_tells_nobody_more_than_they_want(stage: Stage, level: str | None) -> None:
    """Who muted it meanwhile, or took it from their list, is not made to follow it."""
    member = listens(stage, level, "series") if level else listener()
    Client().post(leave(member=member.pk, series=stage.series.pk))
    levels = [one.level for one in Subscription.objects.filter(member=member)]
    assert levels == ([level] if level else [])


@pytest.mark.parametrize(
    "spoil", [lambda t: t[:-1], lambda t: "x" + t, lambda t: t.replace(":", ".", 1), lambda t: "x"]
)
def test_a_token_that_was_cut_or_made_up_does_nothing(stage: Stage, spoil: Any) -> None:
    member = listens(stage, "watch", "thread")
    token = spoil(notifications.token_for(member.pk, thread=stage.thread.pk))
    address = reverse("scs_series:unsubscribe", args=[token])
    refused = Client().get(address)
    assert refused.status_code == 400
    assert reverse("scs_series:preferences") in refused.content.decode(), "mail can be ended there"
    assert Client().post(address).status_code == 400
    assert Subscription.objects.get(member=member).level == "watch"


def test_a_token_of_somebody_erased_is_nobodys(stage: Stage) -> None:
    member = listens(stage, "watch", "thread")
    Member.objects.filter(pk=member.pk).update(erased_at=timezone.now())
    assert Client().get(leave(member=member.pk)).status_code == 400


def test_reading_a_thread_clears_what_was_told_of_its_posts_and_not_reactions(stage: Stage) -> None:
    author = stage.post.author
    discussion.react(post=stage.post, by=factories.make_user(), word="thanks")
    reply(stage, answers=2)
    outbox.work_off()
    assert sorted(told(author)) == [("answer", 1), ("reaction", 1)]
    thread = fresh_thread(stage.thread)
    mark_thread_read(member=Member.objects.get(pk=author.pk), thread=thread, number=thread.last_number)
    assert [one.kind for one in Notification.objects.unread().filter(member=author)] == ["reaction"]
    assert unread(author) == 1
    assert_counts()


def test_parts_are_told_with_their_page(stage: Stage) -> None:
    member = listens(stage, "watch", "series")
    part = Part.objects.get(pk=stage.part.pk)
    outbox.note("part_published", key="x", part=part.pk, by=stage.user("editor").scs_member.pk)
    outbox.work_off()
    page = client_of(member).get(LIST).content.decode()
    assert f'href="{stage.part.get_absolute_url()}"' in page
