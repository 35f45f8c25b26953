"""What is a member's own: watching, bookmarks, preferences, keeping away, erasing; with script and without."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from scs_series.models import Bookmark, Member, Part, Subscription
from scs_series.services import blocks, bookmarks, subscriptions
from scs_series.services.members import member_for
from tests import factories
from tests.browser.conftest import Open, Watch
from tests.stage import fresh_thread

pytestmark = pytest.mark.browser

both = pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2


@pytest.fixture
def part(site: str) -> Part:
    return factories.make_part(title="A part of one's own", body="## First\n\nA sentence.\n")


def level(page: Page, name: str) -> Any:
    return page.get_by_role("button", name=name, exact=True)


@both
@pytest.mark.parametrize("where", ["thread", "part", "series", "tag"])
def test_watches_follows_and_mutes(open_page: Open, part: Part, script: bool, where: str) -> None:
    thread = factories.make_thread(part, tags=(f"tag {where} {script} {part.pk}",))
    target: Any = {"thread": thread, "part": part, "series": part.series, "tag": thread.tags.get()}[where]
    user = factories.make_user()
    page = open_page(target.get_absolute_url(), user=user, script=script)
    group = page.get_by_role("group", name=f"You and this {where}")
    expect(level(page, "Neither")).to_have_attribute("aria-pressed", "true")
    for name in ("Watch", "Follow", "Mute"):
        group.get_by_role("button", name=name).click()
        expect(group.get_by_role("button", name=name)).to_have_attribute("aria-pressed", "true")
        expect(group.locator("[aria-pressed=true]")).to_have_count(1)
    expect(page.get_by_role("status").filter(has_text="told of nothing")).to_be_visible()
    expect(page).to_have_url(re.compile(re.escape(target.slug) if where != "series" else "series"))
    assert Subscription.objects.get(member__user=user).level == "mute"
    page.reload()
    expect(level(page, "Mute")).to_have_attribute("aria-pressed", "true")

    page.goto("/subscriptions/")
    expect(page.get_by_role("heading", name=str(target)[:40])).to_be_visible()
    level(page, "Neither").click()
    if not script:
        expect(page.get_by_role("heading", name="You watch, follow and mute nothing")).to_be_visible()
    else:
        expect(level(page, "Neither")).to_have_attribute("aria-pressed", "true")
    assert not Subscription.objects.filter(member__user=user).exists()


def test_levels_are_chosen_by_keyboard_without_leaving_the_page(open_page: Open, part: Part) -> None:
    thread = factories.make_thread(part)
    page = open_page(thread.get_absolute_url(), user=factories.make_user())
    page.evaluate("() => { window.sameUntil = 'a page is loaded' }")
    level(page, "Watch").focus()
    page.keyboard.press("Tab")
    expect(level(page, "Follow")).to_be_focused()
    page.keyboard.press("Enter")
    expect(level(page, "Follow")).to_have_attribute("aria-pressed", "true")
    expect(level(page, "Follow")).to_be_focused()
    assert page.evaluate("() => window.sameUntil") == "a page is loaded"


def test_where_a_script_is_refused_the_page_says_why(
    open_page: Open, part: Part, watch: Watch, settings: Any
) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "OWN_RATE": "1/d"}
    watch.allows(429)
    thread = factories.make_thread(part)
    page = open_page(thread.get_absolute_url(), user=factories.make_user())
    level(page, "Mute").click()
    expect(level(page, "Mute")).to_have_attribute("aria-pressed", "true")
    level(page, "Watch").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("too often")


@both
def test_bookmarks_a_part_with_a_note_and_finds_it_again(open_page: Open, part: Part, script: bool) -> None:
    user = factories.make_user()
    page = open_page(part.get_absolute_url(), user=user, script=script)
    page.get_by_role("link", name="Bookmark this part").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bookmark part 1")
    page.get_by_label("Note").fill("Look up the decree")
    page.get_by_role("button", name="Bookmark").click()
    expect(page.get_by_role("status").filter(has_text="Bookmarked")).to_be_visible()
    page.goto("/bookmarks/")
    page.get_by_label("Words of a note").fill("decree")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("link", name=part.title, exact=True)).to_be_visible()
    page.get_by_role("link", name=re.compile("^Note")).click()
    expect(page.get_by_label("Note")).to_have_value("Look up the decree")
    page.go_back()
    page.get_by_role("button", name="Take away").click()
    expect(page.get_by_role("heading", name="No bookmarks yet")).to_be_visible()
    assert not Bookmark.objects.filter(member__user=user).exists()


@both
def test_preferences_keep_what_was_typed_until_it_is_right(
    open_page: Open, watch: Watch, part: Part, script: bool
) -> None:
    watch.allows(422)
    taken = factories.make_member().username
    thread = factories.make_thread(part)
    page = open_page("/preferences/", user=thread.author.user, script=script)
    page.get_by_label("Username").fill(taken)
    page.get_by_label("Name shown").fill("Zoë of the Archive")
    page.get_by_label("About you").fill("Reads what others skip.")
    page.get_by_role("radio", name="Once a week").check()
    page.get_by_role("checkbox", name="Watch threads I answer in").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("taken")
    expect(page.get_by_label("About you")).to_have_value("Reads what others skip.")
    expect(page.get_by_role("radio", name="Once a week")).to_be_checked()
    expect(page.get_by_role("checkbox", name="Watch threads I answer in")).not_to_be_checked()
    page.get_by_label("Username").fill(f"{taken}-too")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="saved")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    page.goto(thread.get_absolute_url())
    expect(page.locator("#post-1").get_by_role("heading")).to_have_text("Zoë of the Archive")


@both
def test_mutes_somebody_and_their_posts_are_folded(open_page: Open, part: Part, script: bool) -> None:
    thread = factories.make_thread(part)
    factories.make_post(thread, body="Loud words.")
    loud = fresh_thread(thread).posts.get(number=2).author
    page = open_page(loud.get_absolute_url(), user=factories.make_user(), script=script)
    level(page, "Mute").click()
    expect(level(page, "Mute")).to_have_attribute("aria-pressed", "true")
    page.goto(thread.get_absolute_url())
    expect(page.get_by_text("Loud words.")).to_be_hidden()
    page.get_by_text("Post 2, by somebody you keep away").click()
    expect(page.get_by_text("Loud words.")).to_be_visible()
    page.goto("/preferences/")
    page.get_by_role("button", name=re.compile(f"Unmute.*{loud.name}")).click()
    page.goto(thread.get_absolute_url())
    expect(page.get_by_text("Loud words.")).to_be_visible()


@both
def test_takes_their_data_along_and_is_erased(
    open_page: Open, watch: Watch, part: Part, script: bool, tmp_path: Path
) -> None:
    watch.allows(422)
    thread = factories.make_thread(part, body="What I leave behind.")
    leaver = thread.author
    page = open_page("/preferences/", user=leaver.user, script=script)
    page.get_by_role("link", name="Download your data").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    file = tmp_path / "data.json"
    download.value.save_as(file)
    assert json.loads(file.read_text(encoding="utf-8"))["posts"][0]["body"] == "What I leave behind."

    page.get_by_role("link", name="erase your account").click()
    page.get_by_label("Your username").fill("somebody else")
    page.get_by_role("button", name="Erase my account for good").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was erased")
    page.get_by_label("Your username").fill(leaver.username)
    page.get_by_role("button", name="Erase my account for good").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account is erased")
    expect(page.get_by_role("banner").get_by_role("link", name="Sign in")).to_be_visible()
    page.goto(thread.get_absolute_url())
    expect(page.locator("#post-1")).to_contain_text("What I leave behind.")
    expect(page.locator("#post-1").get_by_role("heading")).to_have_text(f"former member {leaver.pk}")
    assert Member.objects.get(pk=leaver.pk).erasure_done_at


# ---------------------------------------------------------------------- looked at
def somebody(part: Part) -> Any:
    """A member with long names in every list."""
    user = factories.make_user()
    thread = factories.make_thread(part, title=f"A title with one {LONG[:150]}")
    member = member_for(user)
    subscriptions.subscribe(target=thread, level="watch", by=user)
    subscriptions.subscribe(target=part, level="mute", by=user)
    bookmarks.save_bookmark(target=thread.posts.get(number=1), by=user, note=LONG)
    bookmarks.save_bookmark(target=part, by=user, note="ملاحظة من اليمين\n信用")
    loud = factories.make_member()
    Member.objects.filter(pk=loud.pk).update(display_name=LONG[:150])
    blocks.block_member(other=loud, by=user)
    Member.objects.filter(pk=member.pk).update(display_name=LONG[:140])
    return user


STATES: dict[str, Callable[[Page, Part], None]] = {
    "preferences": lambda page, part: _go(page, "/preferences/"),
    "preferences refused": lambda page, part: _refused(page),
    "subscriptions": lambda page, part: _go(page, "/subscriptions/"),
    "bookmarks": lambda page, part: _go(page, "/bookmarks/"),
    "bookmark form": lambda page, part: _go(page, part.get_absolute_url() + "bookmark/"),
    "own data": lambda page, part: _go(page, "/preferences/data/"),
    "erase": lambda page, part: _go(page, "/preferences/erase/"),
    "thread": lambda page, part: _go(page, part.threads.first().get_absolute_url()),
    "part": lambda page, part: _go(page, part.get_absolute_url()),
    "series": lambda page, part: _go(page, part.series.get_absolute_url()),
    "another member": lambda page, part: _go(page, part.threads.first().author.get_absolute_url()),
}


def _go(page: Page, path: str) -> None:
    page.goto(path)


def _refused(page: Page) -> None:
    page.goto("/preferences/")
    page.get_by_label("Username").fill("")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_be_visible()


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    open_page: Open, watch: Watch, axe: Callable[..., list[str]], part: Part, state: str
) -> None:
    watch.allows(422)
    page = open_page(user=somebody(part))
    STATES[state](page, part)
    assert axe(page) == []
    page.set_viewport_size({"width": 360, "height": 800})
    wide = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
