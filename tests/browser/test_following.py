"""Following a thread in a browser: posts that arrive, posts opened in place, jumps, the timeline, places."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings
from playwright.sync_api import Browser, Page, expect

from scs_series.models import Member, Part, PartReading, Post, Thread, ThreadReading
from scs_series.services import discussion, reading
from scs_series.services.members import member_for
from tests import factories
from tests.browser.conftest import Open, Watch, session_of, wait_until
from tests.events import asgi_server
from tests.stage import fresh_thread

pytestmark = pytest.mark.browser

both = pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])


@pytest.fixture
def thread(site: str) -> Thread:
    return factories.make_thread(
        by=factories.make_user(), title="Who keeps the list?", body="Is it the courts?"
    )


@pytest.fixture
def impatient(site: str) -> Iterator[None]:
    """Pages of this site look for new posts every second."""
    with override_settings(SCS_SERIES={**settings.SCS_SERIES, "POLL_SECONDS": 1}):
        yield


def answer(thread: Thread, body: str, **fields: Any) -> Post:
    return factories.make_post(fresh_thread(thread), body=body, **fields)


def post(page: Page, number: int) -> Any:
    return page.locator(f".scs-posts > li > #post-{number}")


def how_far(member: Member, thread: Thread) -> int:
    return ThreadReading.objects.get(member=member, thread=thread).number


def write(page: Page, text: str) -> None:
    page.get_by_label("Answer", exact=False).and_(page.locator("textarea")).fill(text)
    page.get_by_role("button", name="Post answer").click()


# ---------------------------------------------------------------------- two members in one thread
def _see_each_other(first: Page, second: Page) -> None:
    """What one writes arrives at the other, without moving what they read, and the other way round."""
    textarea = first.locator(".scs-answer textarea")
    textarea.fill("Begun before anything **arrived**.")
    write(second, "From the second.")
    expect(post(second, 2)).to_contain_text("From the second.")
    expect(post(second, 2)).to_be_focused()
    expect(second.locator(".scs-answer textarea")).to_have_value("")

    bar = first.get_by_role("button", name="1 new post")
    place = textarea.bounding_box()
    expect(bar).to_be_visible()
    assert textarea.bounding_box() == place, "what arrives moved the text"
    expect(post(first, 2)).to_have_count(0)
    expect(first.locator("[data-scs-news] [role=status]")).to_have_text("1 new post")
    bar.press("Enter")
    expect(post(first, 2)).to_contain_text("From the second.")
    expect(post(first, 2)).to_be_focused()
    expect(bar).to_have_count(0)
    expect(first.get_by_text("New", exact=True)).to_be_visible()
    expect(textarea).to_have_value("Begun before anything **arrived**.")

    first.get_by_role("button", name="Post answer").click()
    expect(post(first, 3)).to_contain_text("Begun before anything arrived.")
    expect(post(first, 3).locator("a[href$='/posts/3/edit/']")).to_have_count(1)
    write(first, "And once more.")
    expect(post(first, 4)).to_contain_text("And once more.")
    second.get_by_role("button", name="2 new posts").click()
    expect(post(second, 4)).to_contain_text("And once more.")
    numbers = second.locator(".scs-posts > li[data-scs-number]")
    assert [item.get_attribute("data-scs-number") for item in numbers.all()] == ["1", "2", "3", "4"]
    expect(post(second, 4).locator("a[href$='/edit/']")).to_have_count(0)


def test_two_members_see_each_others_posts_arrive_by_asking(
    open_page: Open, thread: Thread, impatient: None
) -> None:
    pages = [open_page(thread.get_absolute_url(), user=factories.make_user()) for _n in range(2)]
    assert pages[0].locator(".scs-posts").get_attribute("data-scs-live") == "poll"
    _see_each_other(*pages)
    assert Post.objects.filter(thread=thread).count() == 4


def test_two_members_see_each_others_posts_arrive_by_the_event_stream(
    browser: Browser, thread: Thread
) -> None:
    users = [factories.make_user() for _n in range(2)]
    with asgi_server() as server:
        watch = Watch(server)
        contexts = [
            browser.new_context(
                base_url=server, viewport={"width": 1440, "height": 900}, reduced_motion="reduce"
            )
            for _user in users
        ]
        streams: list[str] = []
        pages = []
        for context, user in zip(contexts, users, strict=True):
            context.set_default_timeout(10_000)
            watch.watch(context)
            context.on(
                "request", lambda request: streams.append(request.url) if "/events/" in request.url else None
            )
            context.add_cookies([{"name": "sessionid", "value": session_of(user), "url": server}])
            page = context.new_page()
            page.goto(thread.get_absolute_url())
            pages.append(page)
        assert pages[0].locator(".scs-posts").get_attribute("data-scs-live") == "stream"
        _see_each_other(*pages)
        assert len(streams) >= 2
        for context in contexts:
            context.close()
    assert not watch.found, watch.found


def test_a_server_without_streams_is_asked_now_and_then(
    open_page: Open, watch: Watch, thread: Thread, site: str
) -> None:
    """As where a page was made by a process that has streams, and is read by way of one that has none."""
    watch.allows(404)
    with override_settings(SCS_SERIES={**settings.SCS_SERIES, "LIVE_EVENTS": "stream", "POLL_SECONDS": 1}):
        page = open_page(thread.get_absolute_url())
        assert page.locator(".scs-posts").get_attribute("data-scs-live") == "stream"
        answer(thread, "It came all the same.")
        page.get_by_role("button", name="1 new post").click()
        expect(post(page, 2)).to_contain_text("It came all the same.")


def test_a_refused_answer_is_kept_and_sent_again(open_page: Open, watch: Watch, thread: Thread) -> None:
    watch.allows(422)
    page = open_page(thread.get_absolute_url(), user=factories.make_user())
    textarea = page.locator(".scs-answer textarea")
    textarea.fill("It says so [@nowhere2020].")
    page.get_by_role("button", name="Post answer").click()
    refusal = page.locator(".scs-answer [role=alert]")
    expect(refusal).to_contain_text("nowhere2020")
    expect(textarea).to_have_value("It says so [@nowhere2020].")
    expect(textarea).to_be_focused()
    textarea.fill("It says so.")
    page.get_by_role("button", name="Post answer").click()
    expect(post(page, 2)).to_contain_text("It says so.")
    expect(refusal).to_have_count(0)
    assert Post.objects.filter(thread=thread).count() == 2


def test_other_pages_say_that_there_is_more(open_page: Open, thread: Thread, impatient: None) -> None:
    for n in range(2, 23):
        answer(thread, f"Number {n}")
    page = open_page(thread.get_absolute_url())
    answer(thread, "The newest.")
    page.get_by_role("link", name="1 new post").click()
    expect(page).to_have_url(re.compile(r"\?page=2#post-23$"))
    expect(post(page, 23)).to_contain_text("The newest.")


# ---------------------------------------------------------------------- in place
def argument(thread: Thread) -> None:
    """2 answers 1, 3 answers 2 with a footnote, 4 answers 1."""
    answer(thread, "The courts keep it.", answers=1)
    answer(thread, "Which court?[^1]\n\n[^1]: There are many.", answers=2)
    answer(thread, "And the ministries.", answers=1)


def test_posts_open_where_they_are_named(open_page: Open, thread: Thread) -> None:
    argument(thread)
    page = open_page(thread.get_absolute_url())
    link = post(page, 3).get_by_role("link", name=re.compile("^answers no. 2"))
    expect(link).to_have_attribute("aria-expanded", "false")
    link.focus()
    page.keyboard.press("Enter")
    box = post(page, 3).locator(".scs-inplace")
    expect(box).to_contain_text("The courts keep it.")
    expect(link).to_have_attribute("aria-expanded", "true")
    expect(link).to_be_focused()
    assert box.get_attribute("id") == link.get_attribute("aria-controls")
    # Within it, what that one answers; and so on.
    box.get_by_role("link", name=re.compile("^answers no. 1")).click()
    expect(box.locator(".scs-inplace")).to_contain_text("Is it the courts?")
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids)), "an id stands twice"
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(box.locator(".scs-inplace")).to_have_count(0)
    box.get_by_role("button", name="Close").click()
    expect(box).to_have_count(0)
    expect(link).to_be_focused()
    expect(link).to_have_attribute("aria-expanded", "false")

    # Downwards too: by whom a post was answered.
    named = post(page, 1).locator(".scs-answered")
    named.get_by_role("link", name="#2").click()
    expect(post(page, 1).locator(".scs-inplace")).to_contain_text("The courts keep it.")
    post(page, 2).locator(".scs-answered").get_by_role("link", name="#3").click()
    inner = post(page, 2).locator(".scs-inplace")
    expect(inner).to_contain_text("Which court?")
    href = inner.locator("a[href^='#']").first.get_attribute("href") or ""
    expect(inner.locator(f"[id='{href[1:]}']")).to_have_count(1)
    named.get_by_role("link", name="#2").click()
    expect(post(page, 1).locator(".scs-inplace")).to_have_count(0)
    expect(page).to_have_url(re.compile("/$"))


def test_without_script_the_link_goes_to_the_post(open_page: Open, thread: Thread) -> None:
    argument(thread)
    page = open_page(thread.get_absolute_url(), script=False)
    post(page, 3).get_by_role("link", name=re.compile("^answers no. 2")).click()
    expect(page).to_have_url(re.compile("#post-2$"))
    post(page, 1).locator(".scs-answered").get_by_role("link", name="#4").click()
    expect(page).to_have_url(re.compile("#post-4$"))


@both
def test_a_branch_is_read_alone(open_page: Open, thread: Thread, script: bool) -> None:
    argument(thread)
    page = open_page(thread.get_absolute_url(), script=script, width=360)
    post(page, 2).get_by_role("link", name="read this branch alone").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("The branch of no. 2")
    expect(page.locator(".scs-posts > li")).to_have_count(2)
    expect(page.get_by_role("region", name="What it answers")).to_contain_text("Is it the courts?")
    page.get_by_role("link", name="Link to post #3").click()
    expect(page).to_have_url(re.compile("/#post-3$"))


# ---------------------------------------------------------------------- places
def test_a_thread_that_was_read_so_far_goes_on_there(open_page: Open, thread: Thread) -> None:
    for n in range(2, 12):
        answer(thread, f"Number {n}.\n\n" + "A line more.\n\n" * 12)
    user = factories.make_user()
    member = member_for(user)
    page = open_page(thread.get_absolute_url(), user=user, height=700)
    expect(page.get_by_role("button", name=re.compile("^Mark as read"))).to_be_hidden()
    with page.expect_response(lambda response: "/read/" in response.url) as told:
        post(page, 4).evaluate("(element) => element.scrollIntoView({ block: 'end' })")
    assert told.value.status == 204
    assert how_far(member, thread) == 4, "the end of no. 5 was not on the screen"
    page.goto(thread.part.get_absolute_url())
    page.get_by_role("link", name="7 new").click()
    expect(page).to_have_url(re.compile("#post-5$"))
    line = page.get_by_text("New since you were here")
    expect(line).to_be_in_viewport()
    # Leaving at once tells what was seen.
    post(page, 7).evaluate("(element) => element.scrollIntoView({ block: 'end' })")
    page.wait_for_function(
        "() => document.querySelector('#post-7').getBoundingClientRect().bottom <= innerHeight + 2"
    )
    # Seen is what was on the screen for a frame.
    page.evaluate("() => new Promise((seen) => requestAnimationFrame(() => requestAnimationFrame(seen)))")
    page.goto("/series/")
    wait_until(lambda: how_far(member, thread) == 7)
    page.goto(f"{thread.get_absolute_url()}?unread")
    expect(page).to_have_url(re.compile("#post-8$"))


def test_without_script_a_button_marks_a_thread_and_a_part_as_read(open_page: Open, thread: Thread) -> None:
    user = factories.make_user()
    answer(thread, "One more.")
    page = open_page(thread.get_absolute_url(), user=user, script=False)
    page.get_by_role("button", name="Mark as read up to no. 2").click()
    expect(page).to_have_url(re.compile("#post-2$"))
    expect(page.get_by_role("button", name=re.compile("^Mark as read"))).to_have_count(0)
    page.goto(thread.part.get_absolute_url())
    page.get_by_role("button", name="Mark this part as read").click()
    expect(page.get_by_text("You have read this part.")).to_be_visible()


def test_a_part_is_gone_on_with_where_one_stopped(open_page: Open, site: str) -> None:
    text = "\n\n".join(
        f"## Section {n}\n\n" + "A sentence of some length to be read. " * 120 for n in range(1, 7)
    )
    part: Part = factories.make_part(title="A long part", body=text)
    user = factories.make_user()
    page = open_page(part.get_absolute_url(), user=user)
    expect(page.get_by_text("Continue at")).to_have_count(0)
    with page.expect_response(lambda response: "/read/" in response.url, timeout=15_000) as told:
        page.get_by_role("heading", name="Section 4").evaluate("(element) => element.scrollIntoView()")
    assert told.value.status == 204
    noted = PartReading.objects.get(member=member_for(user), part=part)
    assert 40 < noted.percent < 75
    page.reload()
    page.get_by_role("link", name="Continue at section 4: Section 4").click()
    expect(page.get_by_role("heading", name="Section 4")).to_be_in_viewport()
    page.goto(part.series.get_absolute_url())
    expect(page.get_by_text(f"{noted.percent} % read")).to_be_visible()
    page.get_by_role("link", name="Continue part 1, “Section 4”").click()
    expect(page.get_by_role("heading", name="Section 4")).to_be_in_viewport()


# ---------------------------------------------------------------------- a thousand posts
@pytest.fixture(scope="module")
def thousand(site: str) -> Thread:
    """A thousand posts; every tenth answers the opening post, others one of the ten before them."""
    thread = factories.make_thread(by=factories.make_user(), title="A thousand voices on one sentence")
    users = [factories.make_user() for _n in range(5)]
    thread = fresh_thread(thread)
    for number in range(2, 1_001):
        discussion.reply(
            thread=thread, by=users[number % 5], body=f"Voice number {number}.", at=thread.created_at,
            answers=1 if number % 10 == 0 else number - 1 - number % 7 if number > 9 else None,
        )  # fmt: skip
    return fresh_thread(thread)


@pytest.mark.parametrize("width", [1440, 360])
def test_a_thousand_posts_are_read_through(
    open_page: Open, thousand: Thread, width: int, axe: Callable[..., list[str]]
) -> None:
    user = factories.make_user()
    reading.mark_thread_read(member=member_for(user), thread=thousand, number=533)
    page = open_page(f"{thousand.get_absolute_url()}?unread", user=user, width=width)
    expect(page).to_have_url(re.compile(r"\?page=27#post-534$"))
    expect(page.get_by_text("New since you were here")).to_be_visible()
    expect(post(page, 534)).to_be_in_viewport()

    timeline = (
        page.get_by_role("navigation", name="Timeline") if width > 1000 else page.locator(".scs-timeline")
    )
    bar = timeline.locator("summary")
    if width < 1000:
        expect(bar).to_be_in_viewport(ratio=1)
        expect(bar).to_contain_text("/ 1000")
        bar.click()
    expect(timeline.get_by_role("link", name=re.compile("first unread"))).to_be_visible()
    page.evaluate("scrollTo(0, 0)")  # where nothing that stays in the window lies over a target by chance
    assert axe(page) == []
    page.set_viewport_size({"width": width, "height": 900})
    if width < 1000 and timeline.locator("details").get_attribute("open") is None:
        bar.click()
    timeline.get_by_role("link", name=re.compile("^1000 newest")).click()
    expect(post(page, 1000)).to_be_in_viewport()
    expect(page).to_have_url(re.compile(r"\?page=50#post-1000$"))

    if width < 1000:
        bar.click()
    timeline.get_by_label(re.compile("^Number, 1 to 1000")).fill("12")
    timeline.get_by_role("button", name="Go to this post").click()
    expect(post(page, 12)).to_be_in_viewport()
    post(page, 12).get_by_role("link", name=re.compile("^answers no")).click()
    expect(post(page, 12).locator(".scs-inplace")).to_be_visible()
    page.evaluate("scrollTo(0, 0)")  # as above
    assert axe(page) == []

    page.goto(thousand.get_absolute_url())
    post(page, 1).get_by_role("link", name="+ 95 more").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("The branch of no. 1")
    assert axe(page) == []
    seen = 0
    while True:
        seen += page.locator(".scs-posts > li").count()
        later = page.get_by_role("link", name="Next", exact=True)
        if not later.count():
            break
        with page.expect_navigation():
            later.click()
    assert seen > 500, "the branch goes on through answers to answers"


@both
def test_jumps_by_keyboard_alone(open_page: Open, thousand: Thread, script: bool) -> None:
    later = thousand.created_at + timedelta(days=5)
    Post.objects.filter(thread=thousand, number__gt=700).update(created_at=later)
    user = factories.make_user()
    reading.mark_thread_read(member=member_for(user), thread=thousand, number=321)
    page = open_page(thousand.get_absolute_url(), user=user, script=script)
    timeline = page.get_by_role("navigation", name="Timeline")
    timeline.get_by_role("link", name=re.compile("first unread")).press("Enter")
    expect(post(page, 322)).to_be_in_viewport()
    expect(page.get_by_text("New since you were here")).to_be_visible()
    number = timeline.get_by_label(re.compile("^Number, 1 to 1000"))
    number.focus()
    page.keyboard.type("644")
    page.keyboard.press("Enter")
    expect(post(page, 644)).to_be_in_viewport()
    number.focus()
    page.keyboard.press("Tab")
    expect(timeline.get_by_role("button", name="Go to this post")).to_be_focused()
    page.keyboard.press("Tab")
    day = timeline.get_by_label("Day", exact=True)
    expect(day).to_be_focused()
    day.fill(f"{later:%Y-%m-%d}")  # in which order its fields are typed is the browser's matter
    page.keyboard.press("Enter")
    expect(post(page, 701)).to_be_in_viewport()
    expect(page).to_have_url(re.compile(r"\?page=36#post-701$"))


def test_every_page_of_a_thousand_posts_says_where_one_is(open_page: Open, thousand: Thread) -> None:
    page = open_page(thousand.get_absolute_url())
    for number in range(1, 50, 6):
        page.goto(
            f"{thousand.get_absolute_url()}?page={number}" if number > 1 else thousand.get_absolute_url()
        )
        here = page.locator(".scs-timeline [aria-current=location] b")
        expect(here).to_have_text(f"{20 * number - 19}–{20 * number}")
        expect(page.locator(".scs-posts > li")).to_have_count(20)
        overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert overflow <= 0
