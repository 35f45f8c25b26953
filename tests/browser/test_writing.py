"""Writing in a browser: drafts lost and found, sent once, quotes; with script and without."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from scs_series.models import Draft, Member, Post, Thread
from scs_series.services import discussion
from scs_series.services.drafts import save_draft
from scs_series.services.members import member_for
from tests import factories
from tests.browser.conftest import Open, Watch, wait_until
from tests.stage import fresh_thread

pytestmark = pytest.mark.browser

Axe = Callable[..., list[str]]
SAVE = "/writing/draft/"


@pytest.fixture
def thread(site: str) -> Thread:
    thread = factories.make_thread(
        by=factories.make_user(), title="Who keeps the list?", body="Is it the courts?"
    )
    factories.make_post(thread, body="The courts keep *one* list.\n\nMinistries keep others.")
    return fresh_thread(thread)


@pytest.fixture
def writer(site: str) -> Member:
    return factories.make_member()


def field(page: Page) -> Locator:
    return page.locator("form[data-scs-draft] textarea[name=body]")


def says(page: Page) -> Locator:
    return page.locator("[data-scs-draft-says]")


def type_and_keep(page: Page, text: str) -> None:
    """Type, and wait for the server's having it."""
    with page.expect_response(lambda response: SAVE in response.url) as answer:
        field(page).fill(text)
    assert answer.value.status == 200
    expect(says(page).get_by_role("status")).to_have_text("Draft saved")


def draft(member: Member) -> Draft | None:
    return Draft.objects.filter(member=member).first()


# ---------------------------------------------------------------------- lost and found
def test_a_draft_is_lost_here_and_found_there_and_sent(
    open_page: Open, thread: Thread, writer: Member, axe: Axe
) -> None:
    address = thread.get_absolute_url()
    first = open_page(address, user=writer.user)
    type_and_keep(first, "Half a thought, *and*")
    expect(says(first).locator("time")).to_have_count(1)
    first.close()

    second = open_page(address, user=writer.user, width=360)
    expect(field(second)).to_have_value("Half a thought, *and*")
    expect(second.get_by_text(re.compile("^Draft restored"))).to_be_visible()
    assert axe(second) == []
    second.set_viewport_size({"width": 360, "height": 900})
    type_and_keep(second, "A whole thought.")
    second.get_by_role("button", name="Post answer").click()
    expect(second.locator("#post-3")).to_contain_text("A whole thought.")
    expect(field(second)).to_have_value("")
    expect(says(second).get_by_role("status")).to_have_text("")
    expect(second.get_by_text(re.compile("^Draft restored"))).to_have_count(0)
    assert draft(writer) is None

    third = open_page(address, user=writer.user)
    expect(field(third)).to_have_value("")
    second.reload()
    expect(field(second)).to_have_value("")
    # The next answer is another one.
    type_and_keep(second, "One more.")
    kept = draft(writer)
    assert kept is not None
    assert kept.body == "One more."


def test_what_was_typed_last_is_kept_when_the_page_is_left(
    open_page: Open, thread: Thread, writer: Member
) -> None:
    page = open_page(thread.get_absolute_url(), user=writer.user)
    field(page).fill("Typed, and gone at once.")
    page.goto("/series/")
    wait_until(lambda: draft(writer) is not None)
    page.goto(f"{thread.get_absolute_url()}reply/")
    expect(field(page)).to_have_value("Typed, and gone at once.")


def test_a_new_thread_is_kept_with_all_its_fields(open_page: Open, thread: Thread, writer: Member) -> None:
    address = f"{thread.part.get_absolute_url()}threads/new/"
    page = open_page(address, user=writer.user)
    page.get_by_label("Correction").check()
    page.get_by_label("Title").fill("A better word")
    page.get_by_label("Tags").fill("courts, lists")
    type_and_keep(page, "It says so.")
    page.close()
    page = open_page(address, user=writer.user)
    expect(page.get_by_label("Title")).to_have_value("A better word")
    expect(page.get_by_label("Tags")).to_have_value("courts, lists")
    expect(page.get_by_label("Correction")).to_be_checked()
    expect(field(page)).to_have_value("It says so.")
    page.get_by_role("button", name="Start the thread").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("A better word")
    assert draft(writer) is None


# ---------------------------------------------------------------------- two windows
def test_two_windows_with_other_texts_lose_neither(
    open_page: Open, watch: Watch, thread: Thread, writer: Member, axe: Axe
) -> None:
    watch.allows(409)
    address = thread.get_absolute_url()
    here, there = (open_page(address, user=writer.user) for _n in range(2))
    type_and_keep(there, "Typed there.")
    field(here).fill("Typed here.")
    box = here.get_by_role("region", name="Another draft of yours")
    expect(box).to_be_visible()
    # Who sees the box does not read its heading a second time under it.
    said = here.locator("[data-scs-draft-says]").get_by_role("status")
    expect(said).to_have_text("Another draft of yours")
    expect(said).to_have_css("clip-path", "inset(50%)")
    expect(box.get_by_label("The other draft, to copy from")).to_have_value("Typed there.")
    expect(box.locator("time")).not_to_have_text("")
    expect(field(here)).to_have_value("Typed here.")
    assert axe(here) == []
    kept = draft(writer)
    assert kept is not None
    assert kept.body == "Typed there.", "it was written over before it was asked"

    with here.expect_response(lambda response: SAVE in response.url):
        box.get_by_role("button", name="Take the other one").press("Enter")
    expect(field(here)).to_have_value("Typed there.")
    expect(field(here)).to_be_focused()
    expect(box.get_by_label("What was in the form, to copy from")).to_have_value("Typed here.")
    box.get_by_role("button", name="Close").click()
    expect(box).to_have_count(0)

    # The other way round, in the other window.
    type_and_keep(here, "Typed here, then.")
    field(there).fill("Typed there at last.")
    box = there.get_by_role("region", name="Another draft of yours")
    with there.expect_response(lambda response: SAVE in response.url and response.status == 200):
        box.get_by_role("button", name="Keep what is in the form").click()
    expect(box.locator("textarea")).to_have_value("Typed here, then.")
    kept = draft(writer)
    assert kept is not None
    assert kept.body == "Typed there at last."


def test_sent_in_one_window_it_is_not_sent_again_from_the_other(
    open_page: Open, watch: Watch, thread: Thread, writer: Member
) -> None:
    watch.allows(409)
    save_draft(by=writer.user, thread=thread, body="Once only.", submission_key="one-form")
    address = thread.get_absolute_url()
    one, two, three = (open_page(address, user=writer.user) for _n in range(3))
    one.get_by_role("button", name="Post answer").click()
    expect(one.locator("#post-3")).to_contain_text("Once only.")
    two.get_by_role("button", name="Post answer").click()
    expect(two.locator("#post-3")).to_contain_text("Once only.")
    assert Post.objects.filter(thread=thread).count() == 3
    # Who goes on typing there is told, and the draft does not come back.
    field(three).fill("Once only. Or twice?")
    box = three.get_by_role("region", name=re.compile("^This was sent already"))
    expect(box.get_by_role("link")).to_have_attribute("href", re.compile(r"#post-3|post=3"))
    assert draft(writer) is None
    with three.expect_response(lambda response: SAVE in response.url):
        box.get_by_role("button", name="Go on with it as another post").click()
    three.get_by_role("button", name="Post answer").click()
    expect(three.locator("#post-4")).to_contain_text("Or twice?")
    assert Post.objects.filter(thread=thread).count() == 4
    assert draft(writer) is None


@pytest.mark.parametrize("form", ["", "reply/"], ids=["in the thread", "of its own"])
def test_a_double_click_is_one_post(open_page: Open, thread: Thread, writer: Member, form: str) -> None:
    page = open_page(thread.get_absolute_url() + form, user=writer.user)
    field(page).fill("Twice pressed.")
    page.get_by_role("button", name="Post answer").dblclick()
    expect(page.locator("#post-3")).to_contain_text("Twice pressed.")
    expect(page.locator("#post-4")).to_have_count(0)
    assert Post.objects.filter(thread=thread).count() == 3
    assert draft(writer) is None


def test_a_server_in_trouble_is_told_and_asked_again(
    open_page: Open, watch: Watch, thread: Thread, writer: Member
) -> None:
    watch.allows(500)
    page = open_page(thread.get_absolute_url(), user=writer.user)
    page.clock.install()
    page.route(f"**{SAVE}*", lambda route: route.fulfill(status=500, body="Trouble"))
    field(page).fill("Kept later.")
    page.clock.run_for(2_000)
    expect(says(page).get_by_role("status")).to_contain_text("Not saved just now")
    page.unroute(f"**{SAVE}*")
    page.clock.run_for(20_000)
    expect(says(page).get_by_role("status")).to_have_text("Draft saved")
    kept = draft(writer)
    assert kept is not None
    assert kept.body == "Kept later."


# ---------------------------------------------------------------------- discarded
def test_a_draft_is_discarded_and_put_back(open_page: Open, thread: Thread, writer: Member, axe: Axe) -> None:
    save_draft(by=writer.user, thread=thread, body="Not wanted.", answers=2)
    page = open_page(thread.get_absolute_url(), user=writer.user)
    expect(page.locator("[data-scs-answers]")).to_contain_text("answers no. 2")
    page.get_by_role("button", name="Discard the draft").press("Enter")
    expect(field(page)).to_have_value("")
    expect(field(page)).to_be_focused()
    expect(page.locator("[data-scs-answers]")).to_be_hidden()
    expect(says(page).get_by_role("status")).to_have_text("Draft discarded.")
    assert draft(writer) is None
    assert axe(page) == []
    page.set_viewport_size({"width": 1440, "height": 900})
    with page.expect_response(lambda response: SAVE in response.url):
        says(page).get_by_role("button", name="Put it back").click()
    expect(field(page)).to_have_value("Not wanted.")
    expect(says(page).get_by_role("status")).to_have_text("Draft saved")
    kept = draft(writer)
    assert kept is not None
    assert (kept.body, kept.answers) == ("Not wanted.", 2)


def test_without_script_the_preview_keeps_the_draft(
    open_page: Open, thread: Thread, writer: Member, axe: Axe
) -> None:
    address = thread.get_absolute_url()
    page = open_page(address, user=writer.user, script=False)
    field(page).fill("Slowly, *slowly*")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("status").filter(has_text="Draft saved")).to_be_visible()
    expect(page.get_by_role("region", name="Preview: not sent yet").locator("em")).to_have_text("slowly")
    page.close()
    page = open_page(address, user=writer.user, script=False)
    expect(field(page)).to_have_value("Slowly, *slowly*")
    expect(page.get_by_text(re.compile("^Draft restored"))).to_be_visible()
    page.get_by_role("button", name="Discard the draft").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Draft discarded")
    assert draft(writer) is None
    page.get_by_role("button", name="Put it back").click()
    expect(field(page)).to_have_value("Slowly, *slowly*")
    page.goto(reverse("scs_series:draft-list"))
    page.get_by_role("link", name=re.compile("^Go on")).click()
    expect(field(page)).to_have_value("Slowly, *slowly*")


# ---------------------------------------------------------------------- signed out
@pytest.mark.parametrize("where", ["", "reply/"], ids=["in the thread", "on a page of its own"])
def test_who_was_signed_out_finds_the_text_after_signing_in(
    open_page: Open, watch: Watch, thread: Thread, where: str
) -> None:
    watch.allows(403)
    user = get_user_model().objects.create_user(f"signs_in{len(where)}", password="correct horse")
    page = open_page(f"{thread.get_absolute_url()}{where}", user=user)
    other = page.context.new_page()
    other.goto("/series/")
    other.get_by_role("banner").get_by_role("button", name="Sign out").click()
    expect(other.get_by_role("banner").get_by_role("link", name="Sign in")).to_be_visible()
    field(page).fill("Typed while signed out.")
    page.get_by_role("button", name="Post answer").click()
    page.get_by_role("link", name="Sign in and go on").click()
    page.get_by_label("Username").fill(user.get_username())
    page.get_by_label("Password", exact=True).fill("correct horse")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(field(page)).to_have_value("Typed while signed out.")
    expect(page.get_by_text("What you typed before you signed in is here again.")).to_be_visible()
    page.get_by_role("button", name="Post answer").click()
    expect(page.locator("#post-3")).to_contain_text("Typed while signed out.")
    assert draft(member_for(user)) is None
    page.goto(f"{thread.get_absolute_url()}reply/")
    expect(field(page)).to_have_value("")


# ---------------------------------------------------------------------- quoting
def select(page: Page, number: int, words: str) -> None:
    """Select words of a post, as a pointer would."""
    page.evaluate(
        """([number, words]) => {
          const prose = document.querySelector(`#post-${number} .scs-prose`);
          const walk = document.createTreeWalker(prose, NodeFilter.SHOW_TEXT);
          const nodes = [];
          while (walk.nextNode()) nodes.push(walk.currentNode);
          const all = nodes.map((node) => node.data).join("");
          const from = all.indexOf(words);
          const place = (offset) => {
            for (const node of nodes) {
              if (offset <= node.data.length) return [node, offset];
              offset -= node.data.length;
            }
          };
          const range = document.createRange();
          range.setStart(...place(from));
          range.setEnd(...place(from + words.length));
          getSelection().removeAllRanges();
          getSelection().addRange(range);
        }""",
        [number, words],
    )


def quote_button(page: Page) -> Locator:
    return page.locator("button.scs-quote")


@pytest.mark.parametrize("width", [1440, 360])
def test_the_button_covers_nothing_one_could_press(
    open_page: Open, thread: Thread, writer: Member, width: int
) -> None:
    words = "The list is kept by the court that issued the judgment, and the ministry only republishes it."
    post = factories.make_post(fresh_thread(thread), body=words)
    factories.make_post(fresh_thread(thread), body="Is it?", answers=post.number)
    page = open_page(thread.get_absolute_url(), user=writer.user, width=width)
    for piece in (words, "republishes it.", "The list"):
        page.evaluate("getSelection().removeAllRanges()")
        expect(quote_button(page)).to_have_count(0)
        select(page, post.number, piece)
        expect(quote_button(page)).to_be_visible()
        covered = page.evaluate(
            """(number) => {
              const one = document.querySelector("button.scs-quote").getBoundingClientRect();
              return [...document.querySelectorAll(`#post-${number} :is(.scs-answered, .scs-acts)`)]
                .map((row) => row.getBoundingClientRect())
                .filter((row) => row.top < one.bottom - 1 && one.top < row.bottom - 1).length;
            }""",
            post.number,
        )
        assert covered == 0, piece


def test_a_selected_piece_is_quoted(open_page: Open, thread: Thread, writer: Member, axe: Axe) -> None:
    page = open_page(thread.get_absolute_url(), user=writer.user)
    author = Post.objects.get(thread=thread, number=2).author.username
    field(page).fill("To begin with:")
    select(page, 2, "keep one list")
    expect(quote_button(page)).to_be_in_viewport()
    piece = page.evaluate("getSelection().getRangeAt(0).getBoundingClientRect().toJSON()")
    place = quote_button(page).bounding_box()
    assert place is not None
    assert abs(place["x"] + place["width"] - piece["right"]) < 3, "it stands where the piece ends"
    assert 0 < place["y"] - piece["bottom"] < 20
    assert axe(page) == []
    page.set_viewport_size({"width": 1440, "height": 900})
    quote_button(page).click()
    expect(quote_button(page)).to_have_count(0)
    expect(field(page)).to_be_focused()
    expect(field(page)).to_have_value(f"To begin with:\n\n> keep *one* list\n>\n> — @{author}, #2\n\n")
    expect(page.locator("[data-scs-answers]")).to_contain_text("answers no. 2")
    page.keyboard.type("So it does.")
    page.get_by_role("button", name="Post answer").click()
    post = page.locator("#post-3")
    expect(post.locator("blockquote em")).to_have_text("one")
    expect(post.locator("blockquote a").first).to_have_attribute("href", re.compile(f"/members/{author}/$"))
    expect(post.locator("blockquote a").last).to_have_attribute("href", re.compile(r"post=2$"))
    expect(post.get_by_role("link", name=re.compile("^answers no. 2"))).to_be_visible()
    expect(page.locator("[data-scs-answers]")).to_be_hidden()


def test_quoting_by_keyboard_alone(open_page: Open, thread: Thread, writer: Member) -> None:
    page = open_page(thread.get_absolute_url(), user=writer.user)
    select(page, 2, "Ministries keep others.")
    expect(quote_button(page)).to_be_visible()
    page.keyboard.press("Escape")
    expect(quote_button(page)).to_have_count(0)
    select(page, 2, "Ministries")
    page.keyboard.press("Tab")
    expect(quote_button(page)).to_be_focused()
    page.keyboard.press("Enter")
    expect(field(page)).to_have_value(re.compile(r"^> Ministries\n>\n> — @[\w.-]+, #2\n\n$"))


def test_words_of_a_piece_mean_nothing_more_than_they_did(open_page: Open, writer: Member) -> None:
    thread = factories.make_thread(by=factories.make_user(), body="x")
    body = "1\\. <b>*raw*</b> \\*stars\\* `co``de`\n\n- one\n- two [out](https://example.org/a_b)\n\n> older\n\n```\npre > *x*\n```"
    factories.make_post(thread, body=body)
    page = open_page(fresh_thread(thread).get_absolute_url(), user=writer.user)
    page.evaluate("getSelection().selectAllChildren(document.querySelector('#post-2 .scs-prose'))")
    quote_button(page).click()
    page.get_by_role("button", name="Post answer").click()
    expect(page.locator("#post-3 blockquote")).to_have_count(2)
    was = page.locator("#post-2 .scs-prose").inner_text()
    now = page.locator("#post-3 .scs-prose > blockquote").inner_text()
    assert now.split()[: len(was.split())] == was.split()
    expect(page.locator("#post-3 li")).to_have_count(2)
    expect(page.locator("#post-3 li a")).to_have_attribute("href", "https://example.org/a_b")


def test_the_links_of_a_post_begin_the_answer_in_the_page(
    open_page: Open, thread: Thread, writer: Member
) -> None:
    page = open_page(thread.get_absolute_url(), user=writer.user)
    page.get_by_role("link", name="Answer post 1").click()
    expect(field(page)).to_be_focused()
    expect(page.locator("[data-scs-answers]")).to_contain_text("answers no. 1")
    page.get_by_role("button", name="Answer the thread instead").click()
    expect(page.locator("[data-scs-answers]")).to_be_hidden()
    field(page).fill("First of all.")
    menu = page.locator("#post-2 details:not(.scs-say)")
    menu.locator("summary").click()
    menu.get_by_role("link", name="Quote").click()
    expect(field(page)).to_have_value(
        re.compile(
            r"^First of all\.\n\n> The courts keep \*one\* list\.\n>\n> Ministries keep others\.\n>\n> — @.+, #2\n\n$"
        )
    )


def test_without_script_the_link_quotes_the_whole_post(
    open_page: Open, thread: Thread, writer: Member
) -> None:
    page = open_page(thread.get_absolute_url(), user=writer.user, script=False)
    menu = page.locator("#post-2 details:not(.scs-say)")
    menu.locator("summary").click()
    menu.get_by_role("link", name="Quote").click()
    expect(field(page)).to_have_value(re.compile(r"^> The courts keep \*one\* list\."))
    field(page).press("Control+End")
    page.keyboard.type("Yes.")
    page.get_by_role("button", name="Post answer").click()
    expect(page.locator("#post-3 blockquote")).to_contain_text("Ministries keep others.")
    expect(page.locator("#post-3").get_by_role("link", name=re.compile("^answers no. 2"))).to_be_visible()


def test_a_piece_comes_along_to_the_form_of_its_own(open_page: Open, thread: Thread, writer: Member) -> None:
    for n in range(3, 23):
        discussion.reply(thread=fresh_thread(thread), by=factories.make_user(), body=f"Number {n}.")
    page = open_page(thread.get_absolute_url(), user=writer.user)
    expect(field(page)).to_have_count(0)
    select(page, 2, "keep one list")
    quote_button(page).click()
    expect(page).to_have_url(re.compile(r"/reply/\?answers=2$"))
    expect(field(page)).to_have_value(re.compile(r"^> keep \*one\* list\n>\n> — @.+, #2\n\n$"))
    with page.expect_response(lambda response: SAVE in response.url):
        field(page).press("End")
    page.reload()
    assert (field(page).input_value()).count("keep *one* list") == 1


def test_who_may_not_answer_is_offered_nothing(open_page: Open, thread: Thread) -> None:
    visitor = open_page(thread.get_absolute_url())
    select(visitor, 2, "keep one list")
    visitor.wait_for_timeout(400)
    expect(quote_button(visitor)).to_have_count(0)
