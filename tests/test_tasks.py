"""Background work: when it is asked for, where it runs, and that nobody waits for it."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django_tasks_db.models import DBTaskResult

from scs_series import tasks
from scs_series.models import Notification, OutboxItem
from scs_series.services import discussion, outbox
from tests import factories
from tests.services.listening import BASE_URL, listens, told
from tests.stage import Stage, build_stage, fresh_thread

pytestmark = pytest.mark.django_db(transaction=True)

IMMEDIATE = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
DATABASE = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}


@pytest.fixture
def stage(transactional_db: None, settings: Any) -> Stage:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "BASE_URL": BASE_URL}
    stage = build_stage()
    OutboxItem.objects.all().delete()
    return stage


@pytest.fixture(autouse=True)
def process(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """As a process that was just started and has looked into the outbox."""
    serving = tasks._Serving()
    serving.looked_at = tasks.time.monotonic()
    monkeypatch.setattr(tasks, "_serving", serving)
    yield serving
    _wait()


def _wait() -> None:
    thread = tasks._thread.thread
    if thread is not None:
        thread.join(timeout=60)
        assert not thread.is_alive()


class SlowBackend(EmailBackend):
    """A mail server that says nothing until it is told to."""

    goes_on: ClassVar = threading.Event()
    is_asked: ClassVar = threading.Event()
    threads: ClassVar[list[str]] = []

    def send_messages(self, messages: Any) -> int:
        self.threads.append(threading.current_thread().name)
        self.is_asked.set()
        assert self.goes_on.wait(60)
        return int(super().send_messages(messages))


def post_reply(stage: Stage, client: Client | None = None) -> Any:
    client = client or stage.client("member")
    address = reverse("scs_series:post-create", args=[stage.thread.pk, stage.thread.slug])
    return client.post(address, {"body": "So it is."})


def test_the_answer_waits_for_no_mail_server(stage: Stage, settings: Any) -> None:
    member = listens(stage, "watch", "thread")
    settings.TASKS = IMMEDIATE
    settings.EMAIL_BACKEND = "tests.test_tasks.SlowBackend"
    SlowBackend.goes_on.clear()
    SlowBackend.threads.clear()
    try:
        assert post_reply(stage).status_code == 302
        assert SlowBackend.is_asked.wait(60)
        assert mail.outbox == [], "answered, and the server has not said a word yet"
        assert post_reply(stage).status_code == 302, "nor does the next one wait"
    finally:
        SlowBackend.goes_on.set()
    _wait()
    assert set(SlowBackend.threads) == {"scs-outbox"}
    assert told(member) == [("post", 2)]
    assert len([one for one in mail.outbox if one.to == [f"{member.username}@example.org"]]) == 2


def test_nothing_is_begun_before_the_answer_is_out(stage: Stage, settings: Any) -> None:
    listens(stage, "watch", "thread")
    settings.TASKS = IMMEDIATE
    tasks.request_began()
    discussion.reply(thread=fresh_thread(stage.thread), by=factories.make_user(), body="So.")
    assert tasks._thread.thread is None
    assert OutboxItem.objects.get(kind="fan_out").status == "due"
    tasks.request_ended()
    _wait()
    assert OutboxItem.objects.get(kind="fan_out").status == "done"


def test_an_error_in_the_work_breaks_no_request(
    stage: Stage, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.TASKS = IMMEDIATE

    def breaks(**options: Any) -> Any:
        raise RuntimeError("no such luck")

    monkeypatch.setattr(outbox, "work_off", breaks)
    assert post_reply(stage).status_code == 302
    _wait()
    monkeypatch.undo()
    assert OutboxItem.objects.get(kind="fan_out").status == "due"

    def cannot(*args: Any, **options: Any) -> Any:
        raise ConnectionError("no broker")

    monkeypatch.setattr(tasks.work_off_outbox.get_backend(), "enqueue", cannot)
    assert post_reply(stage).status_code == 302


def test_a_process_that_serves_nobody_does_it_there_and_then(stage: Stage, settings: Any) -> None:
    member = listens(stage, "watch", "thread")
    settings.TASKS = IMMEDIATE
    with transaction.atomic():
        discussion.reply(thread=fresh_thread(stage.thread), by=factories.make_user(), body="So.")
        assert told(member) == [], "not before it is committed"
    assert told(member) == [("post", 1)]


def test_what_is_rolled_back_asks_for_nothing(stage: Stage, settings: Any) -> None:
    settings.TASKS = DATABASE
    with transaction.atomic():
        discussion.reply(thread=fresh_thread(stage.thread), by=factories.make_user(), body="So.")
        transaction.set_rollback(True)
    assert not DBTaskResult.objects.exists()
    assert not OutboxItem.objects.exists()


def test_a_worker_of_the_database_does_what_was_enqueued_at_the_commit(stage: Stage, settings: Any) -> None:
    member = listens(stage, "watch", "thread")
    settings.TASKS = DATABASE
    assert post_reply(stage).status_code == 302
    assert DBTaskResult.objects.count() == 1
    assert told(member) == []
    call_command("db_worker", batch=True, interval=0, startup_delay=False, reload=False)
    assert told(member) == [("post", 1)]
    assert mail.outbox[0].to == [f"{member.username}@example.org"]
    assert {one.status for one in DBTaskResult.objects.all()} == {"SUCCESSFUL"}


def test_a_task_whose_time_is_over_leaves_the_rest_to_another(
    stage: Stage, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.TASKS = DATABASE
    listens(stage, "watch", "thread")
    discussion.reply(thread=fresh_thread(stage.thread), by=factories.make_user(), body="So.")
    DBTaskResult.objects.all().delete()
    monkeypatch.setattr(tasks, "SECONDS", 0)
    tasks.work_off_outbox.call()
    assert DBTaskResult.objects.count() == 1
    monkeypatch.undo()
    settings.TASKS = DATABASE
    tasks.work_off_outbox.call()
    assert DBTaskResult.objects.count() == 1, "nothing is due: nobody is asked"
    assert Notification.objects.exists()


def test_a_process_that_serves_looks_by_itself_now_and_then(
    stage: Stage, settings: Any, process: Any
) -> None:
    settings.TASKS = IMMEDIATE
    member = listens(stage, "watch", "thread")
    OutboxItem.objects.create(  # left by a process that was killed
        kind="fan_out", key="posted:x", payload={"event": "posted", "post": stage.post.pk, "by": stage.post.author_id}
    )  # fmt: skip
    client = Client()
    client.get(reverse("scs_series:tag-list"))
    _wait()
    assert told(member) == []
    process.looked_at -= tasks.LOOK_EVERY
    client.get(reverse("scs_series:tag-list"))
    _wait()
    assert told(member) == [("post", 1)]


def test_the_command_says_what_it_did(stage: Stage) -> None:
    listens(stage, "watch", "thread")
    discussion.reply(thread=fresh_thread(stage.thread), by=factories.make_user(), body="So.")
    out = io.StringIO()
    call_command("scs_outbox", stdout=out)
    assert out.getvalue() == "3 told, 1 sent, 0 not wanted any more, 0 failed\n"
    call_command("scs_outbox", stdout=out)
    assert out.getvalue().splitlines()[1] == "0 told, 0 sent, 0 not wanted any more, 0 failed"
