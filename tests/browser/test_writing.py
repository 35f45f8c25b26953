"""Writing in a browser: drafts lost and found, sent once, quotes; with script and without."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from scs_series.models import Draft, Member, Thread
from tests import factories
from tests.browser.conftest import Open
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
    expect(second.get_by_text(re.compile("^Draft from"))).to_be_visible()
    assert axe(second) == []
    second.set_viewport_size({"width": 360, "height": 900})
    type_and_keep(second, "A whole thought.")
    second.get_by_role("button", name="Post answer").click()
    expect(second.locator("#post-3")).to_contain_text("A whole thought.")
    expect(field(second)).to_have_value("")
    expect(says(second).get_by_role("status")).to_have_text("")
    expect(second.get_by_text(re.compile("^Draft from"))).to_have_count(0)
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
