"""Stored text is rendered again while people go on writing: neither undoes what the other did.

In each test something is written, on a connection of its own, between the reading and the writing of a rendering;
where the rows are held it waits, and then writes over what was rendered.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections

from scs_series.models import Member, Part, Post, Source, Thread
from scs_series.services import discussion, erasure, maintenance, members, rendering, series, sources
from scs_series.services.discussion import posts, writing
from tests import factories
from tests.stage import Stage, build_stage, fresh_part, fresh_post, fresh_thread

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stage(transactional_db: None) -> Stage:
    return build_stage()


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """``meanwhile(module, name, act)``: once ``module.name`` was called, ``act`` runs beside what goes on."""
    workers: list[threading.Thread] = []
    errors: list[Exception] = []

    def arrange(module: Any, name: str, act: Callable[[], Any]) -> None:
        real = getattr(module, name)

        def run() -> None:
            try:
                act()
            except Exception as error:  # noqa: BLE001  (raised below, in the test's own thread)
                errors.append(error)
            finally:
                connections.close_all()

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            result = real(*args, **kwargs)
            if not workers:
                workers.append(threading.Thread(target=run))
                workers[0].start()
                workers[0].join(timeout=0.7)  # done by then, or waiting for what is held
            return result

        monkeypatch.setattr(module, name, wrapped)

    def join() -> None:
        assert workers, "it never came to it"
        workers[0].join(timeout=30)
        assert not workers[0].is_alive()
        if errors:
            raise errors[0]

    arrange.join = join  # type: ignore[attr-defined]
    yield arrange
    for worker in workers:
        worker.join(timeout=30)


def shown(stage: Stage) -> str:
    return stage.client("anonymous").get(stage.thread.get_absolute_url()).content.decode()


def _hide(stage: Stage) -> Any:
    return discussion.hide_post(post=fresh_post(stage.thread, 2), by=stage.user("moderator"), reason="libel")


def _edit(stage: Stage) -> Any:
    return discussion.edit_post(
        post=fresh_post(stage.thread, 2), by=stage.user("member_2"), body="Said otherwise."
    )


def _retitle(stage: Stage) -> Any:
    return discussion.edit_thread(
        thread=fresh_thread(stage.thread), by=stage.user("owner"), title="Another title"
    )


def _rename(stage: Stage, role: str = "member_2") -> Any:
    member = Member.objects.get(user=stage.users[role])
    member.display_name = "New Name"
    return members.save_member(member=member, by=stage.user(role))


def _correct(stage: Stage) -> Any:
    source = Source.objects.get(pk=stage.source.pk)
    source.title = "Corrected title"
    return sources.update_source(source=source, by=stage.user("editor"))


def _revise(stage: Stage) -> Any:
    part = fresh_part(stage.part)
    part.body = "Written anew [@kuo2019]."
    return series.save_part(part=part, by=stage.user("editor"))


def test_what_is_hidden_meanwhile_stays_hidden(stage: Stage, meanwhile: Any) -> None:
    Post.objects.update(fragment="of an older release")
    meanwhile(rendering, "render_again", lambda: _hide(stage))
    list(maintenance.render_all())
    meanwhile.join()
    assert fresh_post(stage.thread, 2).is_hidden
    assert "An answer from the second" not in shown(stage)


def test_what_is_edited_meanwhile_stays_edited(stage: Stage, meanwhile: Any) -> None:
    Post.objects.update(fragment="of an older release")
    meanwhile(rendering, "render_again", lambda: _edit(stage))
    list(maintenance.render_all())
    meanwhile.join()
    assert "Said otherwise." in shown(stage)


def test_a_part_revised_meanwhile_stays_revised(stage: Stage, meanwhile: Any) -> None:
    Part.objects.update(body_html="of an older release")
    meanwhile(maintenance, "render_again", lambda: _revise(stage))
    list(maintenance.render_all())
    meanwhile.join()
    assert "Written anew" in fresh_part(stage.part).body_html


def test_a_title_changed_meanwhile_stays_in_the_lists(stage: Stage, meanwhile: Any) -> None:
    Thread.objects.update(row_html="of an older release")
    meanwhile(maintenance, "thread_row", lambda: _retitle(stage))
    list(maintenance.render_all())
    meanwhile.join()
    assert "Another title" in Thread.objects.get(pk=stage.thread.pk).row_html


def test_a_new_name_undoes_no_edit_and_an_edit_no_new_name(stage: Stage, meanwhile: Any) -> None:
    meanwhile(maintenance, "post_fragment", lambda: _edit(stage))
    _rename(stage)
    meanwhile.join()
    assert "Said otherwise." in shown(stage)
    assert "New Name" in fresh_post(stage.thread, 2).fragment


def test_an_edit_begun_before_a_new_name_shows_it(stage: Stage, meanwhile: Any) -> None:
    meanwhile(posts, "write_post", lambda: _rename(stage))
    _edit(stage)
    meanwhile.join()
    post = fresh_post(stage.thread, 2)
    assert "Said otherwise." in post.fragment
    assert "New Name" in post.fragment


@pytest.mark.parametrize("role", ["member_2", "owner"])
def test_an_answer_begun_before_a_new_name_shows_it(stage: Stage, meanwhile: Any, role: str) -> None:
    """The name of who answers, and of whom they answer."""
    meanwhile(writing, "write_post", lambda: _rename(stage, role))
    discussion.reply(
        thread=fresh_thread(stage.thread), by=stage.user("member_2"), body="And a third.", answers=1
    )
    meanwhile.join()
    assert "New Name" in fresh_post(stage.thread, 3).fragment
    if role == "owner":
        assert "New Name" in Thread.objects.get(pk=stage.thread.pk).row_html


@pytest.mark.parametrize("role", ["member_2", "owner"])
def test_an_answer_written_while_a_name_changes_shows_the_new_one(
    stage: Stage, meanwhile: Any, role: str
) -> None:
    """Begun and ended after the posts with the old name were looked up."""
    thread = factories.make_thread(stage.next_part, by=stage.user(role), title="Begun by who is renamed")
    thread = fresh_thread(thread)
    meanwhile(
        maintenance,
        "refresh_names",
        lambda: discussion.reply(thread=thread, by=stage.user("member_2"), body="And a third.", answers=1),
    )
    _rename(stage, role)
    meanwhile.join()
    post = Post.objects.filter(thread=thread).order_by("-number")[0]
    assert "And a third." in post.fragment
    assert "New Name" in post.fragment


@pytest.mark.parametrize("role", ["member_2", "owner"])
def test_an_answer_begun_before_an_erasure_shows_the_neutral_name(
    stage: Stage, meanwhile: Any, role: str
) -> None:
    """Whoever answers is erased, or whoever is answered."""
    member = Member.objects.get(user=stage.users[role])
    by = stage.user("member_2")
    meanwhile(writing, "write_post", lambda: erasure.erase_member(member=member, by=stage.user("superuser")))
    discussion.reply(thread=fresh_thread(stage.thread), by=by, body="And a third.", answers=1)
    meanwhile.join()
    fragment = fresh_post(stage.thread, 3).fragment
    assert f"former member {member.pk}" in fragment
    assert {"member_2": "second", "owner": "opener"}[role] not in fragment


def test_a_first_thread_begun_before_a_new_name_shows_it(stage: Stage, meanwhile: Any) -> None:
    meanwhile(writing, "write_post", lambda: _rename(stage))
    thread = discussion.start_thread(
        part=fresh_part(stage.next_part), by=stage.user("member_2"), title="A new question", body="Well?"
    )
    meanwhile.join()
    assert "New Name" in Thread.objects.get(pk=thread.pk).row_html
    assert "New Name" in fresh_post(thread, 1).fragment


@pytest.mark.parametrize("what", ["reply", "part"])
def test_what_cites_a_source_that_is_corrected_meanwhile_cites_it_as_corrected(
    stage: Stage, meanwhile: Any, what: str
) -> None:
    if what == "reply":
        meanwhile(writing, "write_post", lambda: _correct(stage))
        discussion.reply(thread=fresh_thread(stage.thread), by=stage.user("member_2"), body="See [@kuo2019].")
        html = lambda: fresh_post(stage.thread, 3).fragment  # noqa: E731
    else:
        meanwhile(series, "write_part", lambda: _correct(stage))
        part = fresh_part(stage.next_part)
        part.body = "A claim [@kuo2019]."
        series.save_part(part=part, by=stage.user("editor"))
        html = lambda: fresh_part(stage.next_part).body_html + fresh_part(stage.next_part).references_html  # noqa: E731
    meanwhile.join()
    assert "Corrected title" in html()
    assert "A long list" not in html()
