"""Members react, accept, decide and take back; with script and without, by mouse and by keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from scs_series.models import Member, Post, Thread
from scs_series.services import discussion
from tests import factories
from tests.browser.conftest import Open, Watch
from tests.stage import fresh_post, fresh_thread

pytestmark = pytest.mark.browser

both = pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])


@pytest.fixture
def asker(site: str) -> Member:
    return factories.make_member()


@pytest.fixture
def question(asker: Member) -> Thread:
    """A question with four answers."""
    series = factories.make_series(author=factories.make_user())
    thread = factories.make_thread(
        factories.make_part(series), by=asker.user, kind="question", title="What would answer this?"
    )
    for n in range(2, 6):
        factories.make_post(thread, body=f"Answer number {n}.", answers=1)
    return fresh_thread(thread)


def row(page: Page, number: int) -> Locator:
    return page.locator(f"#post-{number} .scs-acts")


def word(page: Page, number: int, label: str) -> Locator:
    return row(page, number).get_by_role("button", name=re.compile(f"^{label}"))


def more(page: Page, number: int) -> Locator:
    """The menu of what is done rarely, opened."""
    menu = row(page, number).locator("details:not(.scs-say)")
    menu.locator("summary").click()
    return menu.locator(".scs-pop")


def say(page: Page, number: int, label: str) -> None:
    row(page, number).locator(".scs-say summary").click()
    word(page, number, label).click()


@both
def test_a_word_is_said_and_taken_back(open_page: Open, question: Thread, script: bool) -> None:
    reader = factories.make_member()
    page = open_page(question.get_absolute_url(), user=reader.user, script=script)
    say(page, 3, "Thanks")
    thanks = word(page, 3, "Thanks")
    expect(thanks).to_have_attribute("aria-pressed", "true")
    expect(thanks).to_have_text(re.compile(r"Thanks\s+1"))
    if not script:
        expect(page).to_have_url(re.compile("#post-3$"))
    expect(thanks).to_have_attribute("name", "unsay")
    other = open_page(question.get_absolute_url())
    expect(row(other, 3).get_by_role("link", name=re.compile("Thanks 1"))).to_be_visible()
    row(other, 3).get_by_role("link", name=re.compile("Thanks 1")).click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Who reacted to no. 3")
    expect(other.get_by_role("link", name=reader.name)).to_be_visible()
    thanks.click()
    expect(row(page, 3).locator(".scs-react[aria-pressed=true]")).to_have_count(0)
    expect(word(page, 3, "Thanks")).to_be_hidden()
    assert fresh_post(question, 3).reaction_counts == {}


def test_it_is_shown_at_once_and_put_back_where_it_is_refused(
    open_page: Open, watch: Watch, question: Thread
) -> None:
    reader = factories.make_member()
    page = open_page(question.get_absolute_url(), user=reader.user)
    requests: list[str] = []
    page.on("request", lambda request: request.is_navigation_request() and requests.append(request.url))
    say(page, 2, "Agree")
    expect(word(page, 2, "Agree")).to_have_attribute("name", "unsay")
    assert requests == [], "the page was not loaded again"
    expect(page.locator("form[aria-busy]")).to_have_count(0)  # the server has it
    # The thread is locked while the page is open: the word is put back, and why is said.
    discussion.lock_thread(thread=fresh_thread(question), by=factories.make_moderator())
    watch.allows(403)
    say(page, 2, "Thanks")
    expect(row(page, 2).get_by_role("alert")).to_contain_text("locked")
    expect(row(page, 2).locator(".scs-react[aria-pressed=true]")).to_have_count(1)
    expect(word(page, 2, "Thanks")).to_be_hidden()
    # The network is gone.
    page.route("**/react/", lambda route: route.abort())
    word(page, 2, "Agree").click()
    expect(row(page, 2).get_by_role("alert")).to_contain_text("Try again")
    expect(word(page, 2, "Agree")).to_have_attribute("aria-pressed", "true")
    assert fresh_post(question, 2).reaction_counts == {"agree": 1}


def test_by_keyboard_alone(open_page: Open, question: Thread) -> None:
    page = open_page(question.get_absolute_url(), user=factories.make_user())
    opener = row(page, 2).locator(".scs-say summary")
    opener.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(word(page, 2, "Agree")).to_be_focused()
    page.keyboard.press("Enter")
    expect(word(page, 2, "Agree")).to_have_attribute("name", "unsay")
    expect(word(page, 2, "Agree")).to_be_focused()
    page.keyboard.press("Space")
    expect(row(page, 2).locator(".scs-react[aria-pressed=true]")).to_have_count(0)
    expect(opener).to_be_focused()
    menu = row(page, 2).locator("details:not(.scs-say)")
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(menu.get_by_role("link", name="Quote")).to_be_visible()
    page.keyboard.press("Tab")
    expect(menu.get_by_role("link", name="Quote")).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu.get_by_role("link", name="Quote")).to_be_hidden()
    expect(menu.locator("summary")).to_be_focused()


@both
def test_who_asked_accepts_and_changes_their_mind(
    open_page: Open, asker: Member, question: Thread, script: bool
) -> None:
    page = open_page(question.get_absolute_url(), user=asker.user, script=script)
    row(page, 4).get_by_role("button", name=re.compile("Accept")).click()
    expect(page.locator("#post-4")).to_contain_text("Accepted answer")
    short = page.get_by_role("region", name="Accepted answer")
    expect(short).to_contain_text("Answer number 4.")
    short.get_by_role("link", name="no. 4").click()
    expect(page).to_have_url(re.compile("#post-4$"))
    expect(page.locator(".scs-title").get_by_text("Answered")).to_be_visible()
    more(page, 3).get_by_role("button", name="Accept this answer instead").click()
    expect(page.locator("#post-3")).to_contain_text("Accepted answer")
    expect(page.locator("#post-4")).not_to_contain_text("Accepted answer")
    more(page, 3).get_by_role("button", name="Not the answer after all").click()
    expect(page.locator(".scs-accept")).to_have_count(0)


@both
def test_an_editor_decides_and_all_read_why(open_page: Open, watch: Watch, site: str, script: bool) -> None:
    editor = factories.make_user()
    part = factories.make_part(factories.make_series(author=editor))
    thread = factories.make_thread(part, kind="correction", title="Other words for the second sentence")
    page = open_page(thread.get_absolute_url(), user=editor, script=script)
    expect(page.locator(".scs-title").get_by_text("Open", exact=True)).to_be_visible()
    page.get_by_role("link", name="Accept or decline").click()
    page.get_by_label("Why").fill("It says what\nthe source says.")
    watch.allows(422)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("one thing to mend")
    expect(page.get_by_label("Why")).to_have_value("It says what\nthe source says.")
    page.get_by_role("radio", name=re.compile("^Accept")).check()
    page.get_by_role("button", name="Save").click()
    head = open_page(thread.get_absolute_url()).locator(".scs-title")
    expect(head).to_contain_text("Accepted by")
    expect(head).to_contain_text("It says what the source says.")
    assert Thread.objects.get(pk=thread.pk).resolved_reason == "It says what the source says.", (
        "one paragraph"
    )
    page.goto(part.get_absolute_url() + "threads/?state=accepted")
    expect(page.get_by_role("link", name=thread.title)).to_be_visible()


@both
def test_a_post_is_withdrawn_and_brought_back(open_page: Open, question: Thread, script: bool) -> None:
    writer = factories.make_member()
    factories.make_post(question, by=writer.user, body="Written in haste.")
    page = open_page(question.get_absolute_url(), user=writer.user, script=script)
    more(page, 6).get_by_role("link", name="Withdraw").click()
    expect(page.get_by_role("main")).to_contain_text("nothing of it stays in the thread")
    page.get_by_role("button", name="Withdraw it").click()
    expect(page.get_by_role("status").first).to_contain_text("You can bring it back")
    others = open_page(question.get_absolute_url())
    expect(others.locator("#post-5")).to_be_visible()
    expect(others.locator("#post-6")).to_have_count(0)
    expect(others.get_by_text("Written in haste.")).to_have_count(0)
    page.get_by_role("button", name="Bring back post 6").click()
    expect(page.get_by_text("Written in haste.")).to_be_visible()
    assert not Post.objects.get(thread=question, number=6).is_hidden


def test_menus_fit_and_are_in_order_for_everybody(
    open_page: Open, axe: Callable[..., list[str]], asker: Member, question: Thread
) -> None:
    for role in ("agree", "thanks"):
        for _each in range(2):
            discussion.react(post=fresh_post(question, 2), by=factories.make_user(), word=role)
    factories.make_post(question, by=asker.user, body="My own, to be withdrawn.")
    discussion.withdraw_post(post=fresh_post(question, 6), by=asker.user)
    discussion.accept_answer(thread=fresh_thread(question), post=fresh_post(question, 4), by=asker.user)
    pages: list[tuple[str, Any]] = [
        (question.get_absolute_url(), None),
        (question.get_absolute_url(), asker.user),
        (question.get_absolute_url() + "posts/1/withdraw/", asker.user),
        (question.get_absolute_url() + "posts/2/reactions/", None),
    ]
    for address, user in pages:
        page = open_page(address, user=user, width=360)
        if user is not None and address == question.get_absolute_url():
            more(page, 2)
            panel = page.locator("#post-2 .scs-more[open] .scs-pop").bounding_box()
            assert panel is not None
            assert panel["x"] >= 0
            assert panel["x"] + panel["width"] <= 360
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert axe(page) == [], address


def test_long_words_of_a_host_do_not_break_a_phone(open_page: Open, question: Thread, settings: Any) -> None:
    settings.SCS_SERIES = {
        **settings.SCS_SERIES, "REACTIONS": {"a": "Donaudampfschifffahrtsgesellschaftskapitän", "b": "موافق", "c": "同意"},
    }  # fmt: skip
    discussion.react(post=fresh_post(question, 2), by=factories.make_user(), word="a")
    page = open_page(question.get_absolute_url(), user=factories.make_user(), width=360)
    row(page, 2).locator(".scs-say summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
