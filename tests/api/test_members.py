"""members/"""

from __future__ import annotations

import pytest

from scs_series.models import Member, Source
from scs_series.services import discussion
from scs_series.services.counts import wrong_counts
from scs_series.services.sources import add_source
from tests.api.conftest import Api, World
from tests.factories import make_post, make_thread, make_user


def counts(of: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in of.items() if name.endswith("_count")}


def test_a_member_and_what_they_wrote(world: World, api: Api) -> None:
    writer = make_user("lin")
    thread = make_thread(world.part, kind="question", by=world.author)
    answer = make_post(thread, by=writer)
    make_thread(world.part, by=writer)
    discussion.accept_answer(thread=thread, post=answer, by=world.author)
    discussion.react(post=answer, by=world.author, word="thanks")
    discussion.react(post=answer, by=world.author, word="agree")
    source = Source(series=world.series, key="lin2020", title="A source", url="https://example.org/lin")
    add_source(source=source, by=world.author)

    found = api.get("members/lin/").json()
    assert counts(found) == {
        "thread_count": 1, "post_count": 2, "source_count": 0, "accepted_count": 1, "reaction_count": 2
    }  # fmt: skip
    assert api.get("members/author/").json()["source_count"] == 1
    assert found["name"] == "lin"
    assert found["is_erased"] is False
    assert found["html_url"] == "http://testserver/members/lin/"
    assert api.get("members/lin/").json()["api_url"].endswith("/members/lin/")


@pytest.mark.parametrize("username", ["nobody", "%00", "a" * 300])
def test_nobody_there(world: World, api: Api, username: str) -> None:
    assert api.get(f"members/{username}/").status_code == 404


def test_whose_account_is_switched_off_has_no_page(world: World, api: Api) -> None:
    writer = make_user("lin")
    make_thread(world.part, by=writer)
    writer.is_active = False
    writer.save()
    assert api.get("members/lin/").status_code == 404


def test_an_accepted_answer_counts_as_long_as_it_stands(world: World) -> None:
    writer, editor = make_user("lin"), world.moderator
    thread = make_thread(world.part, kind="question", by=world.author)
    first, second = make_post(thread, by=writer), make_post(thread, by=make_user("mo"))

    def accepted() -> tuple[int, int]:
        by_name = dict(Member.objects.values_list("username", "accepted_count"))
        assert list(wrong_counts()) == []
        return by_name["lin"], by_name["mo"]

    discussion.accept_answer(thread=thread, post=first, by=editor)
    assert accepted() == (1, 0)
    discussion.accept_answer(thread=thread, post=second, by=editor)
    assert accepted() == (0, 1)
    discussion.hide_post(post=second, by=editor, reason="x")
    assert accepted() == (0, 0)
    discussion.unhide_post(post=second, by=editor)
    assert accepted() == (0, 1)
    discussion.edit_thread(thread=thread, by=editor, kind="discussion")
    assert accepted() == (0, 0)
    discussion.edit_thread(thread=thread, by=editor, kind="question")
    assert accepted() == (0, 1)
    discussion.hide_thread(thread=thread, by=editor)
    assert accepted() == (0, 0)
    discussion.unhide_thread(thread=thread, by=editor)
    assert accepted() == (0, 1)
    discussion.accept_answer(thread=thread, post=None, by=editor)
    assert accepted() == (0, 0)


def test_a_reaction_taken_back_counts_no_more(world: World) -> None:
    post = make_post(make_thread(world.part), by=make_user("lin"))
    discussion.react(post=post, by=world.author, word="thanks")
    discussion.unreact(post=post, by=world.author, word="thanks")
    assert Member.objects.get(username="lin").reaction_count == 0
    assert list(wrong_counts()) == []
