"""Mail as it arrives: received by a real SMTP server, kept whole when a server fails or a worker is killed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail as django_mail
from django.db import connection
from django.test import Client
from django.utils import timezone

from scs_series.models import Block, MailPace, Member, Notification, OutboxItem, Series, Subscription, Thread
from scs_series.services import discussion, notifications, outbox, series
from scs_series.services.mail.noting import next_digest
from scs_series.services.reading import mark_thread_read
from tests import factories
from tests.mailbox import Mailbox, mailbox, text_of
from tests.services.listening import BASE_URL, listener, listens, reply, told
from tests.stage import Stage, assert_counts, build_stage, fresh_part, fresh_post, fresh_thread

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.django_db


@pytest.fixture
def stage(stage: Stage, settings: Any) -> Stage:
    return _quiet(stage, settings)


def _quiet(stage: Stage, settings: Any) -> Stage:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "BASE_URL": BASE_URL, "SITE_NAME": "Our series"}
    OutboxItem.objects.all().delete()
    return stage


@pytest.fixture
def box(settings: Any) -> Iterator[Mailbox]:
    with mailbox() as made:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", made.port, 5
        yield made


def one(box: Mailbox) -> Any:
    assert len(box.accepted) == 1
    return box.accepted[0]


# ------------------------------------------------------------------------------------------------- what stands in it
def test_a_mail_says_what_was_said_and_how_to_end_it(stage: Stage, box: Mailbox) -> None:
    member = listens(stage, "watch", "thread")
    writer = factories.make_member("ada").user
    post = reply(stage, "It *is* so, see <https://example.org/a?b=1>.\n\n![x](/media/x.png)", by=writer)
    outbox.work_off()
    message = one(box)
    assert message["To"] == f"{member.username}@example.org"
    assert message["Subject"] == f"Re: {stage.thread.title}"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Id"] == f"<thread-{stage.thread.pk}.series.example.org>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    page = f"{BASE_URL}{post.get_absolute_url()}"
    leave = re.fullmatch(r"<(.+)>", message["List-Unsubscribe"].strip()).group(1)
    assert leave.startswith(f"{BASE_URL}/notifications/unsubscribe/")
    text, html = text_of(message), text_of(message, "html")
    assert "ada answered in “" in text
    assert "It is so" in text
    assert page in text
    assert leave in text
    assert f'href="{page}"' in html
    assert "<em>is</em>" in html
    assert not re.search(r'(href|src)="/', html), "addresses hold outside of the site"


@pytest.mark.parametrize(
    ("target", "ends"),
    [
        ("thread", "Be told nothing more of this thread"),
        ("part", "No more mail of this part"),
        ("tag", "No more mail under this tag"),
        ("series", "No more mail of this series"),
    ],
)
def test_the_link_ends_what_the_mail_was_sent_for(stage: Stage, box: Mailbox, target: str, ends: str) -> None:
    member = listens(stage, "watch", target)
    reply(stage)
    outbox.work_off()
    message = one(box)
    text = text_of(message).replace("\r\n", "\n")
    leave = re.fullmatch(rf"<{BASE_URL}(.+)>", message["List-Unsubscribe"].strip()).group(1)
    assert f"{ends}:\n{BASE_URL}{leave}\n" in text
    assert text.count("Be told nothing more of this thread:") == 1
    assert text.count("No mail at all:") == 1
    assert text_of(message, "html").count(f'href="{BASE_URL}{leave}"') == 1
    assert Client().post(leave, {"List-Unsubscribe": "One-Click"}).status_code == 200
    reply(stage)
    begun = discussion.start_thread(
        part=fresh_part(stage.part), by=factories.make_user(), title="Another topic here", body="First.",
        tags=[stage.tag.name],
    )  # fmt: skip
    outbox.work_off()
    assert len(box.accepted) == 1, "no more mail of it, the next thread included"
    in_page = Notification.objects.filter(member=member, kind="thread", thread=begun).count()
    assert in_page == (0 if target == "thread" else 1)


@pytest.mark.parametrize("about", ["mention", "answer"])
def test_the_link_of_what_is_about_oneself_mutes_the_thread(stage: Stage, box: Mailbox, about: str) -> None:
    """Whatever one watches besides: that would not end it."""
    member = listens(stage, "watch", "series")
    if about == "mention":
        reply(stage, f"@{member.username}")
    else:
        assert member.user is not None
        own = reply(stage, "So I think.", by=member.user)
        Subscription.objects.filter(member=member, thread=stage.thread).delete()
        reply(stage, answers=own.number)
    outbox.work_off()
    message = one(box)
    leave = re.fullmatch(rf"<{BASE_URL}(.+)>", message["List-Unsubscribe"].strip()).group(1)
    Client().post(leave)
    assert Subscription.objects.get(member=member, thread=stage.thread).level == "mute"
    assert Subscription.objects.get(member=member, series=stage.series).level == "watch"


def test_mails_of_one_thread_group_by_their_headers(stage: Stage, box: Mailbox) -> None:
    member = listens(stage, "watch", "part")
    thread = discussion.start_thread(
        part=fresh_part(stage.part), by=factories.make_user(), title="Another topic here", body="First."
    )
    second = discussion.reply(thread=thread, by=factories.make_user(), body="Second.")
    discussion.reply(thread=thread, by=factories.make_user(), body="Third.", answers=second.number)
    outbox.work_off()
    first, answer, third = [m for m in box.accepted if m["To"].startswith(f"{member.username}@")]
    host = "series.example.org"
    assert first["Message-ID"] == f"<thread-{thread.pk}.{member.pk}@{host}>"
    assert (first["In-Reply-To"], first["Subject"]) == (None, thread.title)
    assert answer["Message-ID"] == f"<posted.{second.pk}.{member.pk}@{host}>"
    assert answer["In-Reply-To"] == answer["References"] == first["Message-ID"]
    assert third["In-Reply-To"] == answer["Message-ID"]
    assert third["References"] == f"{first['Message-ID']} {answer['Message-ID']}"


def test_hostile_titles_and_names_stay_words(stage: Stage, box: Mailbox) -> None:
    member = listens(stage, "watch", "thread")
    writer = factories.make_member()
    title = "Hello\r\nBcc: evil@example.org\u202e <script>alert(1)</script>"
    Thread.objects.filter(pk=stage.thread.pk).update(title=title)
    Member.objects.filter(pk=writer.pk).update(display_name="<img src=x>\r\nX-Evil: 1")
    reply(stage, "Text <script>alert(2)</script>.", by=writer.user)
    outbox.work_off()
    message = one(box)
    assert message["Bcc"] is None
    assert message["X-Evil"] is None
    assert message["Subject"] == "Re: Hello Bcc: evil@example.org <script>alert(1)</script>"
    assert message["To"] == f"{member.username}@example.org"
    html = text_of(message, "html")
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;img src=x&gt;" in html


def test_a_new_part_comes_with_its_series(stage: Stage, box: Mailbox) -> None:
    listens(stage, "watch", "series")
    series.publish_part(part=fresh_part(stage.draft), by=stage.user("editor"))
    outbox.work_off()
    message = one(box)
    assert message["Subject"] == f"{stage.series.title}: {stage.draft.title}"
    assert f"{BASE_URL}{stage.draft.get_absolute_url()}" in text_of(message)


# --------------------------------------------------------------------------------------------------- who gets none
def _read(stage: Stage, member: Member) -> None:
    thread = fresh_thread(stage.thread)
    mark_thread_read(member=Member.objects.get(pk=member.pk), thread=thread, number=thread.last_number)


def _hide_thread(stage: Stage, member: Member) -> None:
    discussion.hide_thread(thread=fresh_thread(stage.thread), by=stage.user("moderator"))


def _hide_post(stage: Stage, member: Member) -> None:
    discussion.hide_post(post=fresh_post(stage.thread, 3), by=stage.user("moderator"))


def _make_private(stage: Stage, member: Member) -> None:
    Series.objects.filter(pk=stage.series.pk).update(visibility=Series.Visibility.PRIVATE)


def _switch_off(stage: Stage, member: Member) -> None:
    assert member.user is not None
    type(member.user).objects.filter(pk=member.user.pk).update(is_active=False)


def _lose_address(stage: Stage, member: Member) -> None:
    assert member.user is not None
    type(member.user).objects.filter(pk=member.user.pk).update(email="")


def _want_none(stage: Stage, member: Member) -> None:
    Member.objects.filter(pk=member.pk).update(mail_pace=MailPace.NEVER)


def _leave_the_thread(stage: Stage, member: Member) -> None:
    notifications.unsubscribe(token=notifications.token_for(member.pk, thread=stage.thread.pk))


def _block_the_writer(stage: Stage, member: Member) -> None:
    Block.objects.create(member=member, other=fresh_post(stage.thread, 3).author, level="block")


_MEANWHILE = [
    _read, _hide_thread, _hide_post, _make_private, _switch_off, _lose_address, _want_none, _leave_the_thread,
    _block_the_writer,
]  # fmt: skip


@pytest.mark.parametrize("meanwhile", _MEANWHILE)
def test_what_was_read_hidden_or_unwanted_meanwhile_is_not_sent(
    stage: Stage, meanwhile: Callable[[Stage, Member], None]
) -> None:
    member = listens(stage, "watch", "thread")
    reply(stage)
    _tell_only()
    assert OutboxItem.objects.filter(kind="mail").count() == 1
    meanwhile(stage, member)
    assert outbox.work_off().skipped == 1
    assert django_mail.outbox == []


def _tell_only() -> None:
    """Members are told, and mail stays where it is."""
    while items := outbox.claims.claim([OutboxItem.Kind.FAN_OUT], 1):
        assert outbox.claims.begin(items[0])
        while not outbox.working.fan_out.tell_batch(items[0]).is_last:
            pass


def test_nothing_is_written_for_who_has_no_address_nor_where_links_lead_nowhere(
    stage: Stage, settings: Any
) -> None:
    member = listens(stage, "watch", "thread")
    _lose_address(stage, member)
    reply(stage)
    settings.SCS_SERIES = {**settings.SCS_SERIES, "BASE_URL": ""}
    listens(stage, "watch", "thread")
    reply(stage)
    _tell_only()
    assert not OutboxItem.objects.exclude(kind="fan_out").exists()


# ---------------------------------------------------------------------------------------------------------- digests
@pytest.mark.parametrize(
    ("pace", "now", "expected"),
    [
        ("daily", "2026-11-24T06:59", "2026-11-24T07:00"),
        ("daily", "2026-11-24T07:00", "2026-11-25T07:00"),
        ("weekly", "2026-11-24T12:00", "2026-11-30T07:00"),  # a Tuesday; Monday
        ("weekly", "2026-11-30T06:00", "2026-11-30T07:00"),
        ("weekly", "2026-11-30T07:01", "2026-12-07T07:00"),
    ],
)
def test_digests_have_their_hour(pace: str, now: str, expected: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert next_digest(pace, moment).isoformat() == f"{expected}:00+00:00"


def test_the_hour_is_that_of_the_site_in_summer_and_winter(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    summer, winter = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
    assert next_digest("daily", summer).astimezone(UTC).hour == 5
    assert next_digest("daily", winter).astimezone(UTC).hour == 6


def _time_comes() -> None:
    OutboxItem.objects.filter(kind="digest").update(due_at=timezone.now())


def test_a_digest_gathers_what_is_unread_and_its_link_ends_it(stage: Stage, box: Mailbox) -> None:
    member = listens(stage, "follow", "thread", listener(mail_pace=MailPace.DAILY))
    for _n in range(3):
        reply(stage)
    other = factories.make_thread(stage.part)
    Subscription.objects.create(member=member, thread=other, level="watch")
    discussion.reply(thread=other, by=factories.make_user(), body="There.")
    outbox.work_off()
    assert box.accepted == []
    item = OutboxItem.objects.get(kind="digest")
    assert item.due_at > timezone.now()
    _time_comes()
    outbox.work_off()
    message = one(box)
    assert message["Subject"] == "Our series: 2 new since the last mail"
    text = text_of(message)
    assert f"Three people answered in “{stage.thread.title}”" in text
    assert f"{BASE_URL}{stage.thread.get_absolute_url()}?post=3" in text
    assert text.count("* ") == 2

    leave = re.fullmatch(rf"<{BASE_URL}(.+)>", message["List-Unsubscribe"].strip())
    assert leave is not None
    client = Client(enforce_csrf_checks=True)  # a mail program: signed out, without a token of the page
    assert client.get(leave.group(1)).status_code == 200
    assert Member.objects.get(pk=member.pk).mail_pace == MailPace.DAILY, "looking ends nothing"
    assert client.post(leave.group(1), {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert Member.objects.get(pk=member.pk).mail_pace == MailPace.NEVER
    reply(stage)
    outbox.work_off()
    _time_comes()
    outbox.work_off()
    assert len(box.accepted) == 1


def test_the_next_digest_has_only_what_came_since(stage: Stage, box: Mailbox) -> None:
    member = listens(stage, "follow", "thread", listener(mail_pace=MailPace.DAILY))
    reply(stage)
    outbox.work_off()
    _time_comes()
    outbox.work_off()
    assert len(box.accepted) == 1
    OutboxItem.objects.filter(kind="digest").update(key="digest:of-yesterday")
    other = factories.make_thread(stage.part)
    Subscription.objects.create(member=member, thread=other, level="watch")
    discussion.reply(thread=other, by=factories.make_user(), body="There.")
    outbox.work_off()
    _time_comes()
    OutboxItem.objects.filter(key="digest:of-yesterday").update(due_at=timezone.now() - timedelta(days=1))
    outbox.work_off()
    assert text_of(box.accepted[-1]).count("* ") == 1
    assert other.title in text_of(box.accepted[-1])


def test_a_digest_of_what_was_all_read_is_not_sent(stage: Stage, box: Mailbox) -> None:
    member = listens(stage, "follow", "thread", listener(mail_pace=MailPace.WEEKLY))
    reply(stage)
    outbox.work_off()
    assert member.user is not None
    notifications.mark_all_read(by=member.user)
    _time_comes()
    assert outbox.work_off().skipped == 1
    assert box.accepted == []


def test_who_changes_the_pace_gets_what_is_unread_at_the_new_one(stage: Stage, box: Mailbox) -> None:
    member = listens(stage, "watch", "thread")
    reply(stage)
    _tell_only()
    Member.objects.filter(pk=member.pk).update(mail_pace=MailPace.DAILY)
    outbox.work_off()
    assert box.accepted == []
    _time_comes()
    outbox.work_off()
    assert len(box.accepted) == 1


# ------------------------------------------------------------------------------------------------------ what fails
def test_one_recipient_who_is_refused_stops_nobody_else(stage: Stage, box: Mailbox) -> None:
    members = [listens(stage, "watch", "thread") for _n in range(5)]
    box.refused = {f"{members[1].username}@example.org"}
    reply(stage)
    done = outbox.work_off()
    assert (done.sent, done.failed) == (4, 1)
    item = OutboxItem.objects.get(kind="mail", status="due")
    assert "451" in item.last_error
    assert item.attempts == 1
    assert 50 < (item.due_at - timezone.now()).total_seconds() <= 60
    box.refused = set()
    OutboxItem.objects.update(due_at=timezone.now())
    outbox.work_off()
    assert set(box.sent_to().values()) == {1}
    assert len(box.sent_to()) == 5


def test_while_the_server_is_away_pauses_grow_and_nothing_is_lost(
    stage: Stage, settings: Any, box: Mailbox
) -> None:
    for _n in range(3):
        listens(stage, "watch", "thread")
    reply(stage)
    settings.EMAIL_PORT = 1  # where nobody listens
    pauses = []
    for _n in range(4):
        assert outbox.work_off().sent == 0
        due = OutboxItem.objects.filter(kind="mail", status="due")
        assert due.count() == 3
        pauses.append({round((item.due_at - timezone.now()).total_seconds(), -1) for item in due})
        due.update(due_at=timezone.now())
    assert pauses == [{60}, {120}, {240}, {480}]
    settings.EMAIL_PORT = box.port
    outbox.work_off()
    assert list(box.sent_to().values()) == [1, 1, 1]


def test_what_was_sent_is_sent_again_by_hand_with_the_same_id(stage: Stage, box: Mailbox) -> None:
    member = listens(stage, "watch", "thread")
    reply(stage)
    outbox.work_off()
    _read(stage, member)
    item = OutboxItem.objects.get(kind="mail")
    assert outbox.resend(item=item, by=stage.user("superuser"))
    assert not outbox.resend(item=OutboxItem.objects.get(kind="fan_out"), by=stage.user("superuser"))
    outbox.work_off()
    assert len({message["Message-ID"] for message in box.accepted}) == 1
    assert len(box.accepted) == 2


@pytest.mark.parametrize("leave", [_want_none, _leave_the_thread, _block_the_writer])
def test_who_wants_it_no_more_is_not_sent_it_again_by_hand(
    stage: Stage, leave: Callable[[Stage, Member], None]
) -> None:
    member = listens(stage, "watch", "thread")
    reply(stage)
    outbox.work_off()
    assert len(django_mail.outbox) == 1
    leave(stage, member)
    assert outbox.resend(item=OutboxItem.objects.get(kind="mail"), by=stage.user("superuser"))
    assert outbox.work_off().skipped == 1
    assert len(django_mail.outbox) == 1


def test_many_mails_take_one_connection(stage: Stage, box: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.core.mail.backends.smtp import EmailBackend

    opened = []
    whole = EmailBackend.open

    def counted(self: Any) -> Any:
        is_new = whole(self)
        opened.append(is_new)
        return is_new

    monkeypatch.setattr(EmailBackend, "open", counted)
    for _n in range(6):
        listens(stage, "watch", "thread")
    reply(stage)
    assert outbox.work_off().sent == 6
    assert opened.count(True) == 1


# ---------------------------------------------------------------------------------------------- a worker that is killed
class TestKilled:
    """``manage.py scs_outbox`` in a process of its own, on the test's database, ended by SIGKILL."""

    pytestmark = pytest.mark.django_db(transaction=True)

    @pytest.fixture
    def stage(self, transactional_db: None, settings: Any) -> Stage:
        return _quiet(build_stage(), settings)

    def _start(self, box: Mailbox, *options: str, batch: int = 500) -> subprocess.Popen[bytes]:
        connection.close()  # SQLite: what was written is whole for the other process
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.worker_settings",
            "TEST_DATABASE": str(connection.settings_dict["NAME"]),
            "TEST_OUTBOX_BATCH": str(batch),
            "EMAIL_URL": f"smtp://127.0.0.1:{box.port}",
            "BASE_URL": BASE_URL,
        }
        return subprocess.Popen(
            [sys.executable, "manage.py", "scs_outbox", *options],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
        )

    def _run(self, box: Mailbox, **options: Any) -> str:
        # The claims of who was killed run out after some minutes, which pass here.
        OutboxItem.objects.exclude(claimed_until=None).update(claimed_until=timezone.now())
        worker = self._start(box, **options)
        out, _err = worker.communicate(timeout=120)
        assert worker.returncode == 0
        return out.decode()

    @pytest.mark.parametrize("stalls_after", [0, 4])
    def test_in_the_middle_of_mails_everybody_gets_one(
        self, stage: Stage, box: Mailbox, stalls_after: int
    ) -> None:
        members = [listens(stage, "watch", "thread") for _n in range(9)]
        reply(stage)
        box.stalls_after = stalls_after
        worker = self._start(box)
        assert box.is_stalled.wait(60), "the worker came as far"
        worker.send_signal(signal.SIGKILL)
        worker.communicate()
        assert len(box.accepted) == stalls_after
        assert OutboxItem.objects.filter(kind="mail", status="done").count() == stalls_after
        box.go_on()
        assert f"{9 - stalls_after} sent" in self._run(box)
        # The one at hand was never acknowledged; what was acknowledged came once.
        assert box.sent_to() == {f"{member.username}@example.org": 1 for member in members}
        twice = [m["Message-ID"] for m in box.seen]
        assert len(twice) == 10
        assert len(set(twice)) == 9, "what the server may have kept of it comes again under the same id"
        assert self._run(box).startswith("0 told, 0 sent")

    def test_in_the_middle_of_telling_everybody_is_told_once(self, stage: Stage, box: Mailbox) -> None:
        count = 240
        users = factories.make_users(count)
        members = Member.objects.bulk_create(Member(username=f"w{n}", user=u) for n, u in enumerate(users))
        Subscription.objects.bulk_create(
            Subscription(member=member, level="watch", thread=stage.thread) for member in members
        )
        post = reply(stage)
        rows = OutboxItem.objects.filter(key=f"posted:{post.pk}")
        box.stalls_after = 0  # mail is another test's
        worker = self._start(box, batch=2)
        ends = time.monotonic() + 60
        told_of = Notification.objects.filter(member__in=members)
        while not told_of.exists() and time.monotonic() < ends:
            connection.close()
            time.sleep(0.005)
        worker.send_signal(signal.SIGKILL)
        worker.communicate()
        item = rows.get()
        assert item.status == "due"
        began = told_of.count()
        assert 0 < began < count, "killed in the middle"
        assert OutboxItem.objects.filter(kind="mail", member__in=members).count() == began
        assert_counts()
        box.go_on()
        self._run(box, batch=50)
        assert rows.get().status == "done"
        assert [told(member) for member in members] == [[("post", 1)]] * count
        assert set(
            Member.objects.filter(pk__in=[m.pk for m in members]).values_list("unread_count", flat=True)
        ) == {1}
        assert set(box.sent_to().values()) == {1}
        assert len(box.sent_to()) == count
        assert_counts()

    def test_in_a_loop_it_goes_on_until_it_is_told_to_end(self, stage: Stage, box: Mailbox) -> None:
        member = listens(stage, "watch", "thread")
        worker = self._start(box, "--loop", "--pause", "0.1")
        for count in (1, 2):
            reply(stage)
            connection.close()
            ends = time.monotonic() + 60
            while len(box.accepted) < count and time.monotonic() < ends:
                time.sleep(0.02)
        worker.send_signal(signal.SIGTERM)
        worker.communicate(timeout=60)
        assert worker.returncode == 0
        assert box.sent_to() == {f"{member.username}@example.org": 2}
