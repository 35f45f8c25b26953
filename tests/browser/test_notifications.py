"""Being told, as a member meets it: the bell, the list, reading, and the link in a mail."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from scs_series.models import MailPace, Member, OutboxItem, Part, Subscription, Thread
from scs_series.services import discussion, outbox
from scs_series.services.notifications import token_for
from tests import factories
from tests.browser.conftest import WIDTHS, Open
from tests.mailbox import mailbox, text_of
from tests.stage import fresh_thread

pytestmark = pytest.mark.browser


@pytest.fixture
def thread(site: str) -> Thread:
    OutboxItem.objects.all().delete()
    part: Part = factories.make_part()
    return factories.make_thread(
        part, title="信用 ratings of الشركات and of Donaudampfschifffahrtsgesellschaftskapitäne"
    )


@pytest.fixture
def watcher(thread: Thread) -> Member:
    member = factories.make_member(email="watcher@example.org")
    Subscription.objects.create(member=member, thread=thread, level="watch")
    return member


def say(thread: Thread, body: str = "So it is.", by: Any = None) -> None:
    discussion.reply(thread=fresh_thread(thread), by=by or factories.make_user(), body=body)


def bell(page: Page) -> Any:
    return page.get_by_role("link", name=re.compile("^Notifications"))


def test_the_bell_leads_to_what_is_new_and_following_it_reads_it(
    open_page: Open, thread: Thread, watcher: Member
) -> None:
    for _n in range(5):
        say(thread)
    say(thread, f"@{watcher.username}")
    outbox.work_off()
    page = open_page("/series/", user=watcher.user)
    expect(bell(page)).to_have_accessible_name("Notifications, 2 unread")
    bell(page).click()
    items = page.get_by_role("listitem").filter(has=page.get_by_text("New", exact=True))
    expect(items).to_have_count(2)
    line = page.get_by_role("link", name="Five people answered in")
    expect(line).to_be_visible()
    line.click()
    expect(page).to_have_url(re.compile(r"#post-2$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("信用")
    page.goto("/notifications/")
    # Told while the page changed; the thread's own script may have noted what was read besides.
    expect(bell(page)).not_to_have_accessible_name("Notifications, 2 unread")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_marking_one_and_then_all(open_page: Open, thread: Thread, watcher: Member, script: bool) -> None:
    say(thread)
    say(thread, f"@{watcher.username}")
    outbox.work_off()
    page = open_page("/notifications/", user=watcher.user, script=script)
    page.get_by_role("button", name="Mark as read").first.click()
    expect(bell(page)).to_have_accessible_name("Notifications, 1 unread")
    page.get_by_role("button", name="Mark all as read").click()
    expect(bell(page)).to_have_accessible_name("Notifications")
    expect(page.get_by_text("New", exact=True)).to_have_count(0)
    expect(page.get_by_role("button", name="Mark all as read")).to_have_count(0)


def test_by_keyboard(open_page: Open, thread: Thread, watcher: Member) -> None:
    say(thread)
    outbox.work_off()
    page = open_page("/notifications/", user=watcher.user)
    page.get_by_role("button", name="Mark all as read").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name=re.compile("answered in"))).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Mark as read")).to_be_focused()
    page.keyboard.press("Enter")
    expect(bell(page)).to_have_accessible_name("Notifications")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_mail_arrives_and_its_link_ends_it_without_signing_in(
    open_page: Open, site: str, thread: Thread, watcher: Member, script: bool
) -> None:
    say(thread, "Read *this*.")
    with mailbox() as box, override_settings(
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend", EMAIL_HOST="127.0.0.1", EMAIL_PORT=box.port,
        SCS_SERIES={"BASE_URL": site, "LOGIN_URL": "account_login"},
    ):  # fmt: skip
        outbox.work_off()
    (message,) = box.accepted
    assert message["To"] == "watcher@example.org"
    leave = re.search(r"Be told nothing more of this thread:\s+(\S+)", text_of(message))
    every = re.search(r"No mail at all:\s+(\S+)", text_of(message))
    assert leave
    assert every
    page = open_page(leave.group(1).removeprefix(site), script=script)
    expect(page.get_by_role("heading", level=1)).to_have_text("Hear no more of this thread?")
    page.get_by_role("button", name="Mute the thread").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Done")
    assert Subscription.objects.get(member=watcher, thread=thread).level == "mute"
    page.goto(every.group(1).removeprefix(site))
    page.get_by_role("button", name="Stop the mail").click()
    expect(page.get_by_text("You get no more mail.")).to_be_visible()
    assert Member.objects.get(pk=watcher.pk).mail_pace == MailPace.NEVER


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_digest_arrives_leads_to_what_is_new_and_its_link_ends_it(
    open_page: Open, site: str, thread: Thread, watcher: Member, script: bool
) -> None:
    Member.objects.filter(pk=watcher.pk).update(mail_pace=MailPace.WEEKLY)
    with mailbox() as box, override_settings(
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend", EMAIL_HOST="127.0.0.1", EMAIL_PORT=box.port,
        SCS_SERIES={"BASE_URL": site, "LOGIN_URL": "account_login"},
    ):  # fmt: skip
        for _n in range(3):
            say(thread)
        outbox.work_off()
        assert box.accepted == [], "its day has not come"
        OutboxItem.objects.filter(kind="digest").update(due_at=timezone.now())
        outbox.work_off()
    (message,) = box.accepted
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text = text_of(message)
    assert "You get this once a week." in text
    found = re.search(r"Three people answered in .+\s+(\S+)", text)
    leave = re.search(r"No more mail:\s+(\S+)", text)
    assert found
    assert leave
    page = open_page(found.group(1).removeprefix(site), user=watcher.user, script=script)
    expect(page).to_have_url(re.compile(r"#post-2$"))
    expect(page.locator("#post-2")).to_contain_text("So it is.")
    signed_out = open_page(leave.group(1).removeprefix(site), script=script)
    expect(signed_out.get_by_role("heading", level=1)).to_have_text("No more mail at all?")
    signed_out.get_by_role("button", name="Stop the mail").click()
    expect(signed_out.get_by_text("You get no more mail.")).to_be_visible()
    assert Member.objects.get(pk=watcher.pk).mail_pace == MailPace.NEVER


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_name_that_is_typed_is_told_to_its_member(open_page: Open, thread: Thread, script: bool) -> None:
    """From one browser to the other: named, told, followed, read."""
    name = "named-by-choice" if script else "named-in-full"
    named = factories.make_member(name)
    writer = open_page(thread.get_absolute_url(), user=factories.make_user(), script=script)
    text = writer.get_by_role("textbox", name="Your answer")
    if script:
        text.press_sequentially(f"Ask @{name[:9]}")
        writer.get_by_role("option", name=re.compile(name)).click()
    else:
        text.fill(f"Ask @{name}")
    writer.get_by_role("button", name="Post answer").click()
    expect(writer.locator("#post-2").get_by_role("link", name=f"@{name}")).to_be_visible()
    outbox.work_off()
    page = open_page("/series/", user=named.user, script=script)
    expect(bell(page)).to_have_accessible_name("Notifications, 1 unread")
    bell(page).click()
    page.get_by_role("link", name="mentioned you in").click()
    expect(page).to_have_url(re.compile(r"#post-2$"))
    if script:
        page.wait_for_timeout(500)  # what is sent while the page changes
    page.goto("/notifications/")
    if not script:
        page.get_by_role("button", name="Mark as read").click()
    expect(bell(page)).to_have_accessible_name("Notifications")


def test_every_state_is_accessible_and_nothing_scrolls_sideways(
    open_page: Open, thread: Thread, watcher: Member, axe: Callable[..., list[str]]
) -> None:
    empty = factories.make_member()
    for n in range(4):
        say(thread, by=factories.make_user(f"{'unbroken' * 12}{n}"))
    say(thread, f"@{watcher.username}")
    outbox.work_off()
    leave = reverse("scs_series:unsubscribe", args=[token_for(watcher.pk, thread=thread.pk)])
    wide = reverse("scs_series:unsubscribe", args=[token_for(watcher.pk, series=thread.series_id)])
    for name, address, user in (
        ("list", "/notifications/", watcher.user), ("empty", "/notifications/", empty.user), ("leave", leave, None),
        ("leave a series", wide, None), ("left", leave, None),
    ):  # fmt: skip
        page = open_page(address, user=user)
        if name == "left":
            page.get_by_role("button", name="Mute the thread").click()
            expect(page.get_by_role("heading", level=1)).to_have_text("Done")
        assert axe(page) == [], name
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name
