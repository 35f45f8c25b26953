"""Who keeps order signs in to the admin as everybody signs in, acts, and visitors see what became of it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from scs_series.models import Member, Part, Source, Tag, Thread
from scs_series.services import discussion
from scs_series.services import series as series_service
from scs_series.services.members import save_member
from tests import factories
from tests.browser.conftest import Demo, Open
from tests.stage import fresh_part

pytestmark = pytest.mark.browser

LISTS = (
    "series", "part", "thread", "post", "source", "tag", "member", "sourcelink", "partrevision", "postrevision",
)  # fmt: skip
both = pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])


@pytest.fixture
def part(site: str) -> Part:
    return factories.make_part(title="A part that is talked about")


def _sign_in(page: Page, user: Any, wanted: str) -> None:
    """Through the door that everybody uses, to what was asked for."""
    page.goto(wanted)
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.get_by_label("Username").fill(user.username)
    page.get_by_label("Password", exact=True).fill("pw")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(re.escape(wanted)))


def _list(name: str) -> str:
    return reverse(f"admin:scs_series_{name}_changelist")


def _act(page: Page, row: str, action: str, *, confirm: str | None = None, reason: str = "") -> None:
    """Choose one row of the list and an action; say why, where it asks."""
    page.get_by_role("row").filter(has_text=row).get_by_role("checkbox").first.check()
    page.locator("select[name=action]").select_option(label=action)
    page.get_by_role("button", name="Run").or_(page.get_by_role("button", name="Go")).first.click()
    if confirm:
        page.get_by_label("Reason").fill(reason)
        page.locator(".submit-row input[type=submit]").click()
    expect(page.locator(".messagelist .success")).to_be_visible()


@both
def test_a_moderator_hides_locks_and_pins_and_a_visitor_sees_it(
    open_page: Open, part: Part, script: bool
) -> None:
    thread = factories.make_thread(part, title="A thread that got out of hand", body="The question.")
    bad = factories.make_post(thread, body="Words that name a private person.")
    other = factories.make_thread(part, title="A later and calmer thread")
    visitor = open_page(thread.get_absolute_url())
    expect(visitor.locator("#post-2")).to_contain_text("Words that name")

    desk = open_page(script=script)
    _sign_in(desk, factories.make_moderator(), "/admin/")
    # From the first page to the list of posts by its link.
    desk.locator("#content-main").get_by_role("link", name="Posts", exact=True).click()
    desk.get_by_role("searchbox").or_(desk.locator("#searchbar")).first.fill("private person")
    desk.locator("#changelist-search [type=submit]").click()
    _act(desk, bad.author.name, "Hide…", confirm="hide", reason="Names a private person")
    visitor.reload()
    expect(visitor.locator("#post-2")).to_contain_text("Hidden by a moderator: Names a private person")
    expect(visitor.locator("#post-2")).not_to_contain_text("Words that name")

    desk.goto(_list("thread"))
    _act(desk, thread.title, "Lock…", confirm="lock", reason="Settled in no. 1")
    visitor.reload()
    expect(visitor.get_by_role("main")).to_contain_text("This thread is locked")
    expect(visitor.get_by_role("main")).to_contain_text("Settled in no. 1")
    expect(visitor.get_by_role("link", name=re.compile("answer", re.I))).to_have_count(0)

    visitor.goto(part.get_absolute_url() + "threads/")
    assert visitor.locator(".scs-threads h3").first.inner_text() != thread.title
    desk.goto(_list("thread"))
    _act(desk, thread.title, "Pin to the head of the part’s list")
    visitor.reload()
    expect(visitor.locator(".scs-threads h3").first).to_have_text(thread.title)
    expect(visitor.locator(".scs-threads > li").first).to_contain_text("Pinned")

    desk.goto(_list("thread"))
    _act(desk, other.title, "Hide…", confirm="hide", reason="Spam")
    visitor.reload()
    expect(visitor.get_by_role("link", name=other.title)).to_have_count(0)


def test_an_author_publishes_a_draft(open_page: Open, watch: Any) -> None:
    author = factories.make_user(is_staff=True, permissions=factories.AUTHOR)
    series = factories.make_series(author=author)
    first = factories.make_part(series, title="The part that is out")
    draft = factories.make_part(series, title="The part to come", published=False)
    visitor = open_page(first.get_absolute_url())
    expect(visitor.get_by_role("link", name="The part to come")).to_have_count(0)

    desk = open_page()
    _sign_in(desk, author, _list("part"))
    _act(desk, "The part to come", "Publish now")
    visitor.reload()
    visitor.get_by_role("navigation", name="Previous and next part").get_by_role(
        "link", name=re.compile("The part to come")
    ).click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text("The part to come")

    # And back, by the button on the part's own page.
    desk.goto(reverse("admin:scs_series_part_change", args=[draft.pk]))
    desk.get_by_role("group", name="Actions").get_by_role("button", name=re.compile("^Unpublish")).click()
    expect(desk.locator(".messagelist .success")).to_be_visible()
    watch.allows(404)
    visitor.reload()
    assert watch.statuses[-1] == 404


def test_an_author_edits_a_part_with_the_preview_beside_it(open_page: Open) -> None:
    author = factories.make_user(is_staff=True, permissions=factories.AUTHOR)
    part = factories.make_part(factories.make_series(author=author), title="To be edited", body="Before.")
    desk = open_page(reverse("admin:scs_series_part_change", args=[part.pk]), user=author)
    body = desk.locator("textarea[name=body]")
    body.fill("After, *in italics*.")
    expect(desk.get_by_role("region", name="Preview").locator("em")).to_have_text("in italics")
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.locator(".messagelist .success")).to_be_visible()
    visitor = open_page(part.get_absolute_url())
    expect(visitor.locator(".scs-prose em")).to_have_text("in italics")
    visitor.get_by_role("link", name="history").click()
    expect(visitor.get_by_role("heading", name="From revision 1 to 2")).to_be_visible()


def test_a_moderator_does_not_publish_and_an_author_does_not_moderate(open_page: Open, watch: Any) -> None:
    watch.allows(403)
    author = factories.make_user(is_staff=True, permissions=factories.AUTHOR)
    factories.make_part(factories.make_series(author=author), title="Somebody's draft", published=False)
    factories.make_thread()
    page = open_page(_list("part"), user=factories.make_moderator())
    expect(page.get_by_role("option", name="Publish now")).to_have_count(0)
    expect(page.locator("#result_list")).not_to_contain_text("Somebody's draft")
    page = open_page(_list("thread"), user=author)
    expect(page.get_by_role("option", name=re.compile("Lock|Hide|Pin"))).to_have_count(0)


# ----------------------------------------------------------------------------------------------------------- layout
@pytest.mark.parametrize("one_series", [False, True], ids=["all series", "one series"])
def test_no_list_scrolls_sideways_on_a_desk(open_page: Open, demo: Demo, one_series: bool) -> None:
    """All columns of the real thing are in sight: titles, names, citation keys and times of their usual length."""
    factories.make_series(title="A second series, so that lists name the series of each row")
    somebody = factories.make_user(f"unbroken{secrets.token_hex(40)}")
    factories.make_series(title="S" * 100, author=somebody)
    thread = factories.make_thread(
        title="A" * 100, by=somebody, tags=("Donaudampfschifffahrtsgesellschaftskapitänswitwen",)
    )
    member = Member.objects.get(user=somebody)
    member.display_name = "N" * 100
    save_member(member=member, by=somebody)
    opening = thread.posts.select_related("author", "thread__series").get()
    for reason in ("R" * 100, "and again"):
        discussion.edit_post(post=opening, by=somebody, body=f"Written anew: {reason}", reason=reason)
    page = open_page(user=factories.make_admin())
    for name in LISTS:
        page.goto(
            _list(name) + (f"?series={demo.series.pk}" if one_series and name in ("part", "source") else "")
        )
        wide, room = page.locator("#changelist .results").evaluate("(e) => [e.scrollWidth, e.clientWidth]")
        assert wide <= room, f"{name}: {wide} px in {room}"
    page.goto(_list("source"))
    broken = page.locator(".field-key a").evaluate_all(
        "(links) => links.filter((a) => a.offsetHeight > 1.9 * parseFloat(getComputedStyle(a).lineHeight) || a.scrollWidth > a.clientWidth).map((a) => a.textContent)"
    )
    assert not broken, "keys in two lines"


# ---------------------------------------------------------------------------------------------------- accessibility
#: What Django's own admin brings and no style sheet of ours reaches: (rule, selector).
STOCK = [
    # The index pages load none of our styles; on our lists and forms the links are underlined.
    ("link-in-text-block", ".breadcrumbs a"),
    # The column of a tabular inline's names has no heading (admin/edit_inline/tabular.html).
    ("empty-table-header", "th.original"),
]


class Desk(NamedTuple):
    open: Open
    user: Any
    thread: Thread
    source: Source
    tag: Tag

    def go(self, name: str, *args: Any) -> Page:
        return self.open(reverse(f"admin:{name}", args=args), user=self.user)


def _confirm(desk: Desk) -> Page:
    page = desk.go("scs_series_thread_changelist")
    page.get_by_role("row").filter(has_text=desk.thread.title).get_by_role("checkbox").first.check()
    page.locator("select[name=action]").select_option(label="Lock…")
    page.get_by_role("button", name="Run").or_(page.get_by_role("button", name="Go")).first.click()
    page.get_by_label("Reason").wait_for()
    return page


def _stale(desk: Desk) -> Page:
    """Somebody saved the part while its text was being written."""
    part = fresh_part(desk.thread.part)
    page = desk.go("scs_series_part_change", part.pk)
    part.body += "\nSaved meanwhile.\n"
    series_service.save_part(part=part, by=desk.user, reason="In between")
    page.locator("[name=body]").fill("Typed meanwhile.")
    page.locator("[name=_continue]").click()
    page.get_by_role("heading", name="Two texts").wait_for()
    return page


DESKS: dict[str, Callable[[Desk], Page]] = {
    "index": lambda desk: desk.go("index"),
    "our index": lambda desk: desk.go("app_list", "scs_series"),
    **{
        f"list of {name}": (lambda desk, name=name: desk.go(f"scs_series_{name}_changelist"))  # type: ignore[misc]
        for name in LISTS
    },
    "a series": lambda desk: desk.go("scs_series_series_change", desk.thread.series_id),
    "a part": lambda desk: desk.go("scs_series_part_change", desk.thread.part_id),
    "a new part": lambda desk: desk.go("scs_series_part_add"),
    "a thread": lambda desk: desk.go("scs_series_thread_change", desk.thread.pk),
    "a post": lambda desk: desk.go("scs_series_post_change", desk.thread.posts.get(number=1).pk),
    "a source": lambda desk: desk.go("scs_series_source_change", desk.source.pk),
    "a tag": lambda desk: desk.go("scs_series_tag_change", desk.tag.pk),
    "a member": lambda desk: desk.go("scs_series_member_change", desk.thread.author_id),
    "asking why": _confirm,
    "two texts": _stale,
}


@pytest.mark.parametrize("name", DESKS)
def test_axe_finds_nothing_of_ours_in_the_admin(
    name: str, open_page: Open, part: Part, axe: Callable[..., list[str]]
) -> None:
    desk = Desk(
        open_page,
        factories.make_admin(),
        factories.make_thread(part, title="Looked at in the admin"),
        factories.make_source(part.series),
        factories.make_tag("looked at"),
    )
    page = DESKS[name](desk)
    found = axe(page, excused=STOCK)
    assert not found, f"{name}:\n  " + "\n  ".join(found)


def test_what_is_excused_is_django_s(open_page: Open, site: str, axe: Callable[..., list[str]]) -> None:
    """On a page of the admin that shows nothing of ours: an excuse that Django no longer needs has to go."""
    page = open_page("/admin/auth/", user=factories.make_admin())
    found = axe(page)
    assert found, "the stock admin is faultless now: take STOCK away"
    assert {finding.split(":")[0] for finding in found} == {"link-in-text-block"}
    assert axe(page, excused=STOCK) == []
