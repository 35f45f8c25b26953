"""axe-core finds nothing, on any page, in any state, wide and narrow, light and dark."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import override_settings
from django.urls import resolve
from playwright.sync_api import Page, expect

from scs_series import urls
from scs_series.ratelimit import count_or_refuse
from scs_series.services import discussion, drafts, reading
from scs_series.services.members import member_for
from tests import factories
from tests.browser.conftest import Demo, Open, Watch

pytestmark = pytest.mark.browser


class Stage(NamedTuple):
    open: Open
    demo: Demo
    watch: Watch


State = Callable[[Stage], Page]
STATES: dict[str, State] = {}


def state(make: State) -> State:
    STATES[make.__name__.replace("_", " ")] = make
    return make


def _user(username: str) -> Any:
    return get_user_model().objects.get(username=username)


def _part(demo: Demo, number: int, rest: str = "") -> str:
    return demo.parts[number - 1].get_absolute_url() + rest


# -------------------------------------------------------------------------------------------------------- reading
@state
def series_list(stage: Stage) -> Page:
    return stage.open("/series/")


@state
def series(stage: Stage) -> Page:
    page = stage.open(stage.demo.series.get_absolute_url())
    page.get_by_text("The same as a table").click()
    return page


@state
def series_without_parts(stage: Stage) -> Page:
    return stage.open(factories.make_series(title="Nothing here yet").get_absolute_url())


@state
def part(stage: Stage) -> Page:
    return stage.open(_part(stage.demo, 1))


@state
def part_with_a_note_open(stage: Stage) -> Page:
    return stage.open(_part(stage.demo, 4, "#n3"))


@state
def draft_part_as_its_author_sees_it(stage: Stage) -> Page:
    author = factories.make_user()
    draft = factories.make_part(
        factories.make_series(author=author), published=False, body="## One\n\nText.\n\n## Two"
    )
    return stage.open(draft.get_absolute_url(), user=author)


@state
def part_history_page(stage: Stage) -> Page:
    return stage.open(_revised_part().get_absolute_url() + "history/")


def _revised_part() -> Any:
    from scs_series.services import series as series_service

    revised = factories.make_part(title="Revised", body="One sentence.\n\nAnother, which goes.\n\nA third.\n")
    revised.body = "One sentence, longer now.\n\nA third.\n\nA fourth.\n"
    series_service.save_part(part=revised, by=factories.make_admin(), reason="A correction")
    return revised


@state
def sources(stage: Stage) -> Page:
    return stage.open(stage.demo.series.get_absolute_url() + "sources/")


@state
def sources_filtered(stage: Stage) -> Page:
    return stage.open(stage.demo.series.get_absolute_url() + "sources/?part=4&type=report")


@state
def source(stage: Stage) -> Page:
    return stage.open(stage.demo.source.get_absolute_url())


@state
def source_nobody_cites(stage: Stage) -> Page:
    return stage.open(stage.demo.source_without_use.get_absolute_url())


@state
def tags(stage: Stage) -> Page:
    return stage.open("/tags/")


@state
def tag(stage: Stage) -> Page:
    return stage.open(stage.demo.tag.get_absolute_url())


@state
def member(stage: Stage) -> Page:
    return stage.open(stage.demo.member.get_absolute_url())


@state
def posts_of_a_member(stage: Stage) -> Page:
    return stage.open(stage.demo.member.get_absolute_url() + "?show=posts")


# ----------------------------------------------------------------------------------------------------- discussion
@state
def threads(stage: Stage) -> Page:
    return stage.open(_part(stage.demo, 4, "threads/"))


@state
def threads_filtered(stage: Stage) -> Page:
    return stage.open(_part(stage.demo, 4, f"threads/?order=new&kind=question&tag={stage.demo.tag.slug}"))


@state
def threads_where_none_fits(stage: Stage) -> Page:
    page = stage.open(_part(stage.demo, 1, "threads/?kind=source&order=unanswered&tag=numbers"))
    assert page.get_by_role("heading", name="No thread fits").is_visible()
    return page


@state
def threads_where_there_is_none(stage: Stage) -> Page:
    return stage.open(factories.make_part(title="Not discussed").get_absolute_url() + "threads/")


@state
def thread(stage: Stage) -> Page:
    return stage.open(stage.demo.thread.get_absolute_url())


@state
def thread_as_a_member_sees_it(stage: Stage) -> Page:
    return stage.open(stage.demo.thread.get_absolute_url(), user=_user("wei_ning"))


@state
def long_thread(stage: Stage) -> Page:
    return stage.open(stage.demo.long_thread.get_absolute_url() + "?page=2")


@state
def thread_pinned_locked_and_with_a_hidden_post(stage: Stage) -> Page:
    moderator = factories.make_moderator()
    thread = factories.make_thread(part=factories.make_part(title="Moderated"))
    post = factories.make_post(thread, body="Not fit to be read.")
    discussion.hide_post(post=post, by=moderator, reason="Names a private person")
    discussion.pin_thread(thread=thread, by=moderator)
    discussion.lock_thread(thread=thread, by=moderator, reason="Settled")
    return stage.open(thread.get_absolute_url())


@state
def post_history_page(stage: Stage) -> Page:
    thread = factories.make_thread(
        part=factories.make_part(title="Edited"), body="What I said first.\n\nAnd this."
    )
    post = thread.posts.get(number=1)
    post.thread = thread
    discussion.edit_post(
        post=post,
        by=post.author.user,
        body="What I say now.\n\nAnd this.",
        expected_revision=1,
        reason="Clearer",
    )
    return stage.open(f"{thread.get_absolute_url()}posts/1/history/")


# -------------------------------------------------------------------------------------------------------- writing
@state
def new_thread(stage: Stage) -> Page:
    return stage.open(_part(stage.demo, 1, "threads/new/"), user=_user("wei_ning"))


@state
def new_thread_with_errors(stage: Stage) -> Page:
    stage.watch.allows(422)
    page = new_thread(stage)
    page.get_by_role("button", name="Start the thread").click()
    page.get_by_role("alert").wait_for()
    return page


@state
def new_thread_with_live_preview(stage: Stage) -> Page:
    page = new_thread(stage)
    page.get_by_label("Opening post").fill(_EVERYTHING)
    page.locator("[data-scs-preview] pre").wait_for()
    return page


@state
def new_thread_with_preview_by_button(stage: Stage) -> Page:
    # Scripts are empty and not switched off: axe's own would wait for ever.
    page = stage.open(user=_user("wei_ning"))
    page.route("**/*.js", lambda route: route.fulfill(content_type="text/javascript", body=""))
    page.goto(_part(stage.demo, 1, "threads/new/"))
    page.get_by_label("Opening post").fill(_EVERYTHING)
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("heading", name="Preview: not sent yet").wait_for()
    return page


_EVERYTHING = """## A heading

Text with *stress*, `code`, a [link](https://example.org/), a note[^1] and 社会信用.

> Said before.

| Kind | Number |
|------|-------:|
| one  |     12 |

- [x] done
- [ ] open

```python
def one() -> int:
    return 1  # a comment
```

[^1]: The note.
"""


@state
def thread_with_everything_markdown_makes(stage: Stage) -> Page:
    thread = factories.make_thread(
        part=factories.make_part(title="Written", body=_EVERYTHING), body=_EVERYTHING
    )
    factories.make_post(thread, body=_EVERYTHING + "\n| Another | table |\n|---|---|\n| 1 | 2 |\n")
    return stage.open(thread.get_absolute_url())


@state
def part_with_everything_markdown_makes(stage: Stage) -> Page:
    series = factories.make_series()
    factories.make_source(series, "key2019")
    body = "# Too high\n\n" + _EVERYTHING.replace("Number", "Number [@key2019]").replace(
        "A heading", "A heading [@key2019]"
    )
    return stage.open(factories.make_part(series, title="Written", body=body).get_absolute_url())


@state
def reply(stage: Stage) -> Page:
    return stage.open(stage.demo.thread.get_absolute_url() + "reply/?answers=2", user=_user("wei_ning"))


@state
def edit_post(stage: Stage) -> Page:
    thread = factories.make_thread(part=factories.make_part(title="To be edited"))
    return stage.open(f"{thread.get_absolute_url()}posts/1/edit/", user=thread.author.user)


@state
def edit_thread(stage: Stage) -> Page:
    thread = factories.make_thread(part=factories.make_part(title="To be renamed"))
    return stage.open(f"{thread.get_absolute_url()}edit/", user=thread.author.user)


@state
def edit_that_came_too_late(stage: Stage) -> Page:
    stage.watch.allows(409)
    thread = factories.make_thread(
        part=factories.make_part(title="Edited twice"), body="The first text of all."
    )
    page = stage.open(f"{thread.get_absolute_url()}posts/1/edit/", user=thread.author.user)
    post = thread.posts.get(number=1)
    post.thread = thread
    discussion.edit_post(post=post, by=thread.author.user, body="A second text.", expected_revision=1)
    page.get_by_label("Text", exact=True).fill("A third text.")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="The text as it stands now").wait_for()
    return page


# ------------------------------------------------------------------------------------------------ refusals, accounts
@state
def not_found(stage: Stage) -> Page:
    stage.watch.allows(404)
    return stage.open("/series/no-such-series/")


@state
def not_found_at_all(stage: Stage) -> Page:
    stage.watch.allows(404)
    return stage.open("/nothing/of/the/kind/")


@state
def refused(stage: Stage) -> Page:
    stage.watch.allows(403)
    thread = factories.make_thread(part=factories.make_part(title="Somebody's"))
    return stage.open(f"{thread.get_absolute_url()}posts/1/edit/", user=_user("wei_ning"))


@state
def refused_cursor(stage: Stage) -> Page:
    stage.watch.allows(400)
    return stage.open(_part(stage.demo, 1, "threads/?after=made-up"))


@state
def not_understood(stage: Stage) -> Page:
    """Django's own refusals come with the host's templates: reached through their handlers, as it does."""
    stage.watch.allows(400)
    return stage.open("/refusals/400/")


@state
def form_without_its_token(stage: Stage) -> Page:
    stage.watch.allows(403)
    page = stage.open("/accounts/login/")
    page.locator("main [name=csrfmiddlewaretoken]").evaluate("field => { field.value = 'x'.repeat(64); }")
    page.get_by_label("Username").fill("nobody")
    page.get_by_label("Password", exact=True).fill("nothing")
    page.locator("main").get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="The form was not sent").wait_for()
    return page


@state
def locked_out(stage: Stage) -> Page:
    stage.watch.allows(429)
    return stage.open("/refusals/429/")


@state
def broken(stage: Stage) -> Page:
    stage.watch.allows(500)
    return stage.open("/refusals/500/")


@state
def api_documentation(stage: Stage) -> Page:
    page = stage.open("/api/v1/docs/")
    page.locator(".opblock").first.wait_for()
    return page


@state
def sign_in(stage: Stage) -> Page:
    return stage.open("/accounts/login/")


@state
def sign_in_failed(stage: Stage) -> Page:
    page = stage.open("/accounts/login/")
    page.get_by_label("Username").fill("nobody")
    page.get_by_label("Password", exact=True).fill("not the word")
    page.locator("main").get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").wait_for()
    return page


@state
def sign_up(stage: Stage) -> Page:
    return stage.open("/accounts/signup/")


@state
def sign_up_with_errors(stage: Stage) -> Page:
    page = stage.open("/accounts/signup/")
    page.locator("main").get_by_role("button", name="Sign up").click()
    page.get_by_role("alert").wait_for()
    return page


@state
def sign_out(stage: Stage) -> Page:
    return stage.open("/accounts/logout/", user=_user("wei_ning"))


@state
def password_reset(stage: Stage) -> Page:
    return stage.open("/accounts/password/reset/")


@state
def password_change(stage: Stage) -> Page:
    return stage.open("/accounts/password/change/", user=factories.make_user())


@state
def e_mail_addresses(stage: Stage) -> Page:
    return stage.open("/accounts/email/", user=factories.make_user())


@state
def menu_open(stage: Stage) -> Page:
    page = stage.open("/series/", width=360)
    page.locator(".scs-menu > summary").click()
    return page


# -------------------------------------------------------------------------------------------------------- following
@state
def one_post(stage: Stage) -> Page:
    return stage.open(f"{stage.demo.thread.get_absolute_url()}posts/2/")


@state
def branch(stage: Stage) -> Page:
    return stage.open(f"{stage.demo.thread.get_absolute_url()}posts/1/branch/")


@state
def a_part_begun(stage: Stage) -> Page:
    user = factories.make_user()
    part = stage.demo.parts[2]
    reading.mark_part_read(member=member_for(user), part=part, percent=40, section=part.toc[1]["id"])
    return stage.open(part.get_absolute_url(), user=user)


@state
def a_series_begun(stage: Stage) -> Page:
    user = factories.make_user()
    for part, percent in zip(stage.demo.parts, (100, 40), strict=False):
        reading.mark_part_read(member=member_for(user), part=part, percent=percent)
    return stage.open(stage.demo.series.get_absolute_url(), user=user)


@state
def threads_with_news(stage: Stage) -> Page:
    user = factories.make_user()
    thread = stage.demo.thread
    reading.mark_thread_read(member=member_for(user), thread=thread, number=1)
    return stage.open(f"{thread.part.get_absolute_url()}threads/", user=user)


# ----------------------------------------------------------------------------------------------------------- acting
def _proposal() -> tuple[Any, Any]:
    editor = factories.make_user()
    part = factories.make_part(factories.make_series(author=editor), title="Proposed")
    return editor, factories.make_thread(part, kind="correction", title="Another word for the third sentence")


@state
def drafts_of_two_kinds(stage: Stage) -> Page:
    user = factories.make_user()
    drafts.save_draft(by=user, thread=stage.demo.thread, body="Begun, *and* not sent.", answers=2)
    drafts.save_draft(by=user, part=stage.demo.parts[0], title="A new thread", body="", kind="question")
    return stage.open("/drafts/", user=user)


@state
def no_drafts(stage: Stage) -> Page:
    return stage.open("/drafts/", user=factories.make_user())


@state
def deciding(stage: Stage) -> Page:
    editor, thread = _proposal()
    return stage.open(f"{thread.get_absolute_url()}resolve/", user=editor)


@state
def deciding_with_an_error(stage: Stage) -> Page:
    stage.watch.allows(422)
    page = deciding(stage)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("alert").wait_for()
    return page


@state
def a_decided_thread_as_its_editor_sees_it(stage: Stage) -> Page:
    editor, thread = _proposal()
    discussion.resolve_thread(
        thread=thread, by=editor, resolution="declined", reason="The source says otherwise."
    )
    return stage.open(thread.get_absolute_url(), user=editor)


@state
def too_often(stage: Stage) -> Page:
    """A limit that is used up: the page says when to try again."""
    stage.watch.allows(429)
    user = factories.make_user()
    member_for(user)
    page = stage.open("/preferences/data/", user=user)
    with override_settings(SCS_SERIES={**settings.SCS_SERIES, "DATA_RATE": "1/d"}):
        count_or_refuse("data", member_for(user).pk, "1/d")
        page.locator("main form button").click()
        page.get_by_role("heading", level=1).wait_for()
        expect(page.get_by_role("main")).to_contain_text("Try again in")
    return page


#: Each route of the app, and the state that looks at it. What answers scripts alone has no page.
ROUTES: dict[str, str | None] = {
    "series-list": "series list",
    "series-detail": "series",
    "source-list": "sources",
    "source-detail": "source",
    "part-detail": "part",
    "part-history": "part history page",
    "thread-list": "threads",
    "thread-create": "new thread",
    "thread-detail": "thread",
    "thread-edit": "edit thread",
    "post-create": "reply",
    "post-edit": "edit post",
    "post-history": "post history page",
    "post-detail": "one post",
    "post-branch": "branch",
    "thread-resolve": "deciding",
    "thread-new": None,
    "thread-events": None,
    "thread-read": None,
    "part-read": None,
    "tag-list": "tags",
    "tag-detail": "tag",
    "member-detail": "member",
    "markdownx-preview": None,
    "markdownx-upload": None,
    # Looked at by axe where they are used: test_acting.py, test_own_pages.py, test_notifications.py, test_writing.py.
    "part-bookmark": None,
    "post-react": None,
    "post-reactions": None,
    "post-accept": None,
    "post-withdraw": None,
    "post-restore": None,
    "bookmark-create": None,
    "member-block": None,
    "subscription-list": None,
    "bookmark-list": None,
    "preferences": None,
    "own-data": None,
    "erase": None,
    "notification-list": None,
    "notifications-read": None,
    "notification-read": None,
    "unsubscribe": None,
    "completions": None,
    "draft-save": None,
    "draft-list": "drafts of two kinds",
}


def test_every_route_has_a_state() -> None:
    assert set(ROUTES) == {pattern.name for pattern in urls.urlpatterns}
    assert {name for name in ROUTES.values() if name} <= set(STATES)


#: What Swagger UI brings, which is not ours to mend: (rule, selector).
SWAGGER = [
    (rule, "#swagger-ui *")
    for rule in (
        "color-contrast",
        "target-size",
        "heading-order",
        "landmark-main-is-top-level",
        "nested-interactive",
        "region",
    )
]


@pytest.mark.parametrize("name", STATES)
def test_axe_finds_nothing(
    name: str, open_page: Open, demo: Demo, watch: Watch, axe: Callable[..., list[str]]
) -> None:
    page = STATES[name](Stage(open_page, demo, watch))
    for route, looked_at in ROUTES.items():
        if looked_at == name:
            assert resolve(urlsplit(page.url).path).view_name == f"scs_series:{route}"
    found = axe(page, excused=SWAGGER if name == "api documentation" else ())
    assert not found, f"{name}:\n  " + "\n  ".join(found)


def test_axe_would_find_something(open_page: Open, demo: Demo, axe: Callable[..., list[str]]) -> None:
    """The guard of the guard: a page with a known fault of each sort is not passed over."""
    page = open_page("/series/")
    page.evaluate("""() => {
      document.querySelector("main h1").insertAdjacentHTML("afterend", '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">');
      document.querySelector(".scs-foot a").style.setProperty("color", "#bbb");
      document.querySelector("main").insertAdjacentHTML("beforeend",
        '<p><button id="small" type="button"></button></p>');
    }""")
    rules = {finding.split(":")[0] for finding in axe(page)}
    assert {"image-alt", "color-contrast", "button-name"} <= rules
