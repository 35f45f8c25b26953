"""A reader signs up, asks, answers, corrects themselves; with script and without, by mouse and by keyboard."""

from __future__ import annotations

import re
import secrets
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from scs_series.models import Part, Post, Thread
from tests import factories
from tests.browser.conftest import Open, Watch

pytestmark = pytest.mark.browser

PASSWORD = "a long enough word 71"
both = pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])


@pytest.fixture
def part(site: str) -> Part:
    return factories.make_part(title="A part to talk about", body="## First\n\nOne sentence to ask about.\n")


def test_back_from_elsewhere_finds_what_was_typed(open_page: Open, part: Part, site: str) -> None:
    """The browser puts it back, which it does unless a page forbids it."""
    user = factories.make_user()
    page = open_page(part.get_absolute_url() + "threads/new/", user=user)
    page.get_by_label("Title").fill("What about this?")
    page.get_by_label("Opening post").fill("Half an hour of work.")
    page.get_by_role("link", name=part.title).first.click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Start a thread")
    page.go_back()
    expect(page.get_by_label("Opening post")).to_have_value("Half an hour of work.")
    expect(page.get_by_label("Title")).to_have_value("What about this?")


def _preview(page: Page) -> Any:
    return page.locator("[data-scs-preview]")


@both
def test_signs_up_and_starts_the_thread_they_came_for(
    open_page: Open, watch: Watch, part: Part, script: bool
) -> None:
    page = open_page(part.get_absolute_url(), script=script)
    page.get_by_role("link", name="Start a thread").click()
    # To the sign-in, from there to the sign-up, and back to where they wanted to be.
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.get_by_role("main").get_by_role("link", name="Sign up").click()
    username = f"reader-{secrets.token_hex(4)}"
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password (again)").fill(PASSWORD + " mistyped")
    page.get_by_role("main").get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("alert")).to_contain_text("Password (again)")
    expect(page.get_by_label("Username")).to_have_value(username)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password (again)").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign up").click()
    expect(page).to_have_url(re.compile("/threads/new/$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Start a thread")

    # Nothing filled in: both fields say so, and the summary leads to them.
    watch.allows(422)
    page.get_by_text("Question", exact=True).click()
    page.get_by_label("Tags").fill("numbers, 统计")
    page.get_by_role("button", name="Start the thread").click()
    expect(page.get_by_role("alert")).to_contain_text("2 things to mend")
    if script:
        expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Tags")).to_have_value("numbers, 统计")
    expect(page.get_by_role("radio", name=re.compile("Question"))).to_be_checked()
    page.get_by_role("alert").get_by_role("link", name=re.compile("^Opening post")).click()
    expect(page.get_by_label("Opening post")).to_be_focused()
    # Too short a title: said at the title, and what was typed is still there.
    page.get_by_label("Title").fill("Why?")
    page.get_by_label("Opening post").fill("Kept while the title is mended.")
    page.get_by_role("button", name="Start the thread").click()
    expect(page.get_by_role("alert")).to_contain_text("one thing to mend")
    expect(page.get_by_label("Title")).to_have_value("Why?")
    expect(page.get_by_label("Title")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Title")).to_have_accessible_description(
        re.compile("at least 8|too short", re.I)
    )
    expect(page.get_by_label("Opening post")).to_have_value("Kept while the title is mended.")

    # Preview: as one types with script, by the button without.
    page.get_by_label("Title").fill("What does one sentence mean?")
    page.get_by_label("Opening post").fill("Is it *this*?\n\n- 信用\n")
    if script:
        expect(_preview(page).locator("em")).to_have_text("this")
        expect(page.get_by_role("button", name="Preview")).to_be_hidden()
    else:
        page.get_by_role("button", name="Preview").click()
        shown = page.get_by_role("region", name="Preview: not sent yet")
        expect(shown.locator("em")).to_have_text("this")
        expect(page.get_by_role("alert")).to_have_count(0)
        expect(page.get_by_label("Opening post")).to_have_value(re.compile(r"Is it \*this\*\?\s+- 信用"))
        assert not Thread.objects.filter(part=part).exists(), "a preview was posted"
    page.get_by_role("button", name="Start the thread").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("What does one sentence mean?")
    post = page.locator("#post-1")
    expect(post.get_by_role("heading")).to_have_text(username)
    expect(post.locator("em")).to_have_text("this")
    expect(post.locator("[lang^=zh]")).to_have_text("信用")
    expect(page.get_by_role("link", name="numbers")).to_be_visible()

    # And out again, by the button in the masthead.
    page.get_by_role("banner").get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("banner").get_by_role("link", name="Sign in")).to_be_visible()
    page.goto(part.get_absolute_url())
    expect(page.get_by_role("link", name="What does one sentence mean?")).to_be_visible()


@both
def test_answers_the_thread_and_a_post_of_it(open_page: Open, part: Part, script: bool) -> None:
    thread = factories.make_thread(part, body="The question itself.")
    asker = thread.author.name
    page = open_page(thread.get_absolute_url(), user=factories.make_user(), script=script)
    page.get_by_role("textbox", name="Your answer").fill("An answer at the foot.")
    page.get_by_role("button", name="Post answer").click()
    expect(page.locator("#post-2")).to_contain_text("An answer at the foot.")
    if not script:  # with one, what is sent arrives where the reader is
        expect(page).to_have_url(re.compile("#post-2$"))

    page.get_by_role("link", name="Answer post 1").click()
    if not script:  # a form of its own
        expect(page.get_by_role("heading", level=1)).to_have_text(f"Answer {asker}, no. 1")
        expect(page.locator("blockquote")).to_contain_text("The question itself.")
    page.get_by_role("textbox", name="Your answer").fill("An answer to the first.")
    page.get_by_role("button", name="Post answer").click()
    third = page.locator("#post-3")
    expect(third).to_contain_text("An answer to the first.")
    third.get_by_role("link", name=re.compile("answers no. 1")).click()
    if script:  # it opens where it is named
        expect(third).to_contain_text("The question itself.")
    else:
        expect(page).to_have_url(re.compile("#post-1$"))
    assert list(Post.objects.filter(thread=thread).order_by("number").values_list("number", "answers__number")) == [
        (1, None), (2, None), (3, 1),
    ]  # fmt: skip


@both
def test_edits_and_the_history_shows_what_changed(open_page: Open, part: Part, script: bool) -> None:
    thread = factories.make_thread(part, body="There are 33 measures.\n\nThis stays.")
    page = open_page(thread.get_absolute_url(), user=thread.author.user, script=script)
    page.locator("#post-1 .scs-more:not(.scs-say) > summary").click()
    page.locator("#post-1").get_by_role("link", name="Edit", exact=True).click()
    expect(page.get_by_label("Text", exact=True)).to_have_value("There are 33 measures.\n\nThis stays.")
    page.get_by_label("Text", exact=True).fill("There are 37 measures.\n\nThis stays.")
    page.get_by_label("Why").fill("Counted again")
    page.get_by_role("button", name="Save").click()
    post = page.locator("#post-1")
    expect(post).to_contain_text("There are 37 measures.")
    expect(post).to_contain_text("Counted again")
    post.get_by_role("link", name=re.compile("^edited")).click()

    newest = page.locator(".scs-states > li").first
    expect(newest.get_by_role("heading")).to_contain_text("in force")
    expect(newest.locator("del")).to_have_text("33")
    expect(newest.locator("ins")).to_have_text("37")
    expect(newest).to_contain_text("Counted again")
    expect(page.locator(".scs-states > li").last).to_contain_text("There are 33 measures.")


def test_a_double_click_posts_once(open_page: Open, part: Part) -> None:
    thread = factories.make_thread(part)
    page = open_page(thread.get_absolute_url(), user=factories.make_user())
    page.get_by_role("textbox", name="Your answer").fill("Only once, please.")
    page.get_by_role("button", name="Post answer").dblclick()
    expect(page.locator("#post-2")).to_be_visible()
    assert Post.objects.filter(thread=thread).count() == 2


@both
def test_the_same_form_sent_twice_posts_once(open_page: Open, part: Part, script: bool) -> None:
    """Going back and sending again, as people do when the network hangs."""
    thread = factories.make_thread(part)
    page = open_page(f"{thread.get_absolute_url()}reply/", user=factories.make_user(), script=script)
    key = page.locator("[name=submission_key]").input_value()
    page.get_by_role("textbox", name="Your answer").fill("Sent, and sent again.")
    page.get_by_role("button", name="Post answer").click()
    expect(page.locator("#post-2")).to_be_visible()
    page.go_back()
    # Forms are not kept by caches, so the browser asks for a new one; the old key stands for the one that hung.
    page.evaluate("(key) => { document.querySelector('[name=submission_key]').value = key }", key)
    page.get_by_role("textbox", name="Your answer").fill("Sent, and sent again.")
    page.get_by_role("button", name="Post answer").click()
    expect(page.locator("#post-2")).to_be_visible()
    assert Post.objects.filter(thread=thread).count() == 2


@both
def test_an_edit_that_came_too_late_shows_both_texts(
    open_page: Open, watch: Watch, part: Part, script: bool
) -> None:
    moderator = factories.make_moderator()
    thread = factories.make_thread(part, body="Fruit: apples.\n\nVegetables: beans.")
    address = f"{thread.get_absolute_url()}posts/1/edit/"
    first = open_page(address, user=thread.author.user, script=script)
    second = open_page(address, user=moderator, script=script)
    first.get_by_label("Text", exact=True).fill("Fruit: apples and pears.\n\nVegetables: beans.")
    first.get_by_role("button", name="Save").click()
    expect(first.locator("#post-1")).to_contain_text("apples and pears")

    watch.allows(409)
    second.get_by_label("Text", exact=True).fill("Fruit: apples.\n\nVegetables: beans and peas.")
    second.get_by_role("button", name="Save").click()
    # Theirs to copy from, the difference, and what this one typed, still in the form.
    expect(second.get_by_role("alert")).to_contain_text("Both texts are kept")
    expect(second.get_by_label("In force, to copy from")).to_have_value(
        "Fruit: apples and pears.\n\nVegetables: beans."
    )
    expect(second.get_by_label("Text", exact=True)).to_have_value(
        "Fruit: apples.\n\nVegetables: beans and peas."
    )
    expect(second.locator(".scs-diff del")).to_contain_text("and pears")
    expect(second.locator(".scs-diff ins")).to_contain_text("and peas")
    assert Post.objects.get(thread=thread, number=1).revision_number == 2

    second.get_by_label("Text", exact=True).fill("Fruit: apples and pears.\n\nVegetables: beans and peas.")
    second.get_by_role("button", name="Save").click()
    expect(second.locator("#post-1")).to_contain_text("apples and pears")
    expect(second.locator("#post-1")).to_contain_text("beans and peas")


def test_an_author_changes_title_kind_and_tags(open_page: Open, part: Part) -> None:
    thread = factories.make_thread(part, title="A title with a typpo")
    page = open_page(thread.get_absolute_url(), user=thread.author.user)
    page.get_by_role("link", name="Edit title, kind and tags").click()
    page.get_by_label("Title").fill("A title without a typo")
    page.get_by_text("Correction", exact=True).click()
    page.get_by_label("Tags").fill("spelling")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("A title without a typo")
    expect(page.locator(".scs-title .scs-kind")).to_have_text("Correction")
    page.get_by_role("main").get_by_role("link", name="spelling").click()
    expect(page.get_by_role("link", name="A title without a typo")).to_be_visible()


# ------------------------------------------------------------------------------------------------------- refusals
@both
def test_a_reader_is_refused_what_is_not_theirs(
    open_page: Open, watch: Watch, part: Part, script: bool
) -> None:
    thread = factories.make_thread(part, body="Somebody's words.")
    reader = factories.make_user()
    page = open_page(thread.get_absolute_url(), user=reader, script=script)
    expect(page.get_by_role("link", name="Answer post 1")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("^Edit"))).to_have_count(0)

    watch.allows(403, 404)
    for address in ("posts/1/edit/", "edit/"):
        page.goto(thread.get_absolute_url() + address)
        assert watch.statuses[-1] == 403
        expect(page.get_by_role("heading", level=1)).to_have_text("You may not do this")
        expect(page.get_by_role("link", name="Back to the thread")).to_be_visible()
        expect(page.locator("textarea")).to_have_count(0)

    draft = factories.make_part(part.series, title="Not public yet", published=False)
    for address in (
        draft.get_absolute_url(),
        draft.get_absolute_url() + "history/",
        draft.get_absolute_url() + "threads/new/",
    ):
        page.goto(address)
        assert watch.statuses[-1] == 404
        expect(page.locator("body")).not_to_contain_text("Not public yet")
    page.goto(part.series.get_absolute_url())
    expect(page.locator("body")).not_to_contain_text("Not public yet")


@both
def test_a_reader_does_not_enter_the_admin(open_page: Open, watch: Watch, script: bool) -> None:
    watch.allows(403)
    page = open_page("/admin/", user=factories.make_user(), script=script)
    expect(page.locator("#site-name, #user-tools")).to_have_count(0)
    assert watch.statuses[-1] == 403
    visitor = open_page("/admin/", script=script)
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Sign in")
    expect(visitor).to_have_url(re.compile(r"/accounts/login/\?next=(/|%2F)admin(/|%2F)$"))


def test_a_locked_thread_says_so_and_takes_no_answer(open_page: Open, watch: Watch, part: Part) -> None:
    from scs_series.services import discussion

    thread = factories.make_thread(part)
    page = open_page(f"{thread.get_absolute_url()}reply/", user=factories.make_user())
    discussion.lock_thread(thread=thread, by=factories.make_moderator(), reason="Settled in no. 1")
    watch.allows(403)
    page.get_by_role("textbox", name="Your answer").fill("Typed while it was being locked.")
    page.get_by_role("button", name="Post answer").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("locked")
    expect(page.get_by_label("What you typed, to keep")).to_have_value("Typed while it was being locked.")
    page.goto(thread.get_absolute_url())
    expect(page.get_by_text("Settled in no. 1")).to_be_visible()
    expect(page.get_by_role("textbox", name="Your answer")).to_have_count(0)
    expect(page.get_by_role("link", name=re.compile("^Answer"))).to_have_count(0)


# ------------------------------------------------------------------------------------------------------- keyboard
def test_by_keyboard_alone(open_page: Open, part: Part) -> None:
    from scs_series.models import Source

    factories.make_source(part.series, "key2019")
    assert Source.objects.filter(key="key2019", series=part.series).exists()
    cited = factories.make_part(part.series, title="With a note", body="A claim [@key2019].\n")
    page = open_page(cited.get_absolute_url(), width=360)
    keys = page.keyboard
    keys.press("Tab")
    expect(page.get_by_role("link", name="Skip to the text")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to the text")).to_be_in_viewport()
    keys.press("Enter")
    expect(page).to_have_url(re.compile("#main$"))
    # From the text on: the first stops are in it, not in the masthead again.
    keys.press("Tab")
    assert page.evaluate("!!document.activeElement.closest('main')"), "the skip link does not skip"
    # Every stop shows where it is, and the note's number is one of them.
    for _ in range(30):
        if page.evaluate("document.activeElement.id") == "r1":
            break
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", page.evaluate("document.activeElement.outerHTML")
        keys.press("Tab")
    expect(page.locator("#r1")).to_be_focused()
    keys.press("Enter")
    expect(page.locator("#n1")).to_be_visible()
    keys.press("Tab")
    assert page.evaluate("!!document.activeElement.closest('#n1')"), "the note is not next after its number"
    for _ in range(4):
        if page.evaluate("document.activeElement.className") == "scs-note-x":
            break
        keys.press("Tab")
    keys.press("Enter")
    expect(page.locator("#n1")).to_be_hidden()

    # The menu of narrow screens.
    page.locator(".scs-menu > summary").focus()
    keys.press("Enter")
    expect(page.get_by_role("navigation", name="Site, short screen")).to_be_visible()
    keys.press("Tab")
    expect(
        page.get_by_role("navigation", name="Site, short screen").get_by_role("link", name="Series")
    ).to_be_focused()


def test_the_editor_by_keyboard(open_page: Open, part: Part) -> None:
    thread = factories.make_thread(part)
    page = open_page(thread.get_absolute_url(), user=factories.make_user())
    area = page.get_by_role("textbox", name="Your answer")
    area.focus()
    page.keyboard.type("one two")
    page.keyboard.press("Shift+Control+ArrowLeft")
    page.keyboard.press("Control+b")
    expect(area).to_have_value("one **two**")
    page.keyboard.press("Control+i")
    expect(area).to_have_value("one ***two***")
    # The browser's own undo still works.
    page.keyboard.press("Control+z")
    expect(area).to_have_value("one **two**")
    # Tab leaves the text: nobody is caught in it.
    page.keyboard.press("Tab")
    expect(area).not_to_be_focused()
    area.focus()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#post-2 strong")).to_have_text("two")


def test_the_toolbar_marks_what_is_chosen(open_page: Open, part: Part) -> None:
    thread = factories.make_thread(part)
    page = open_page(thread.get_absolute_url(), user=factories.make_user())
    area = page.get_by_role("textbox", name="Your answer")
    for button, result in (
        ("Bold", "**word**"), ("Italic", "*word*"), ("Quote", "> word"), ("Link", "[word](https://)"), ("Cite a source", "[@word]"),
    ):  # fmt: skip
        area.fill("word")
        area.select_text()
        page.get_by_role("button", name=button, exact=True).click()
        expect(area).to_have_value(result)
