"""What drafts and private series hold shows nowhere, not even by a name or a number of copies in the cache."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import caches
from django.urls import reverse

from scs_series.models import Series, Tag, Thread
from scs_series.services import discussion, tagging
from tests import factories
from tests.stage import Stage, fresh_part
from tests.views.reading import text_of

pytestmark = pytest.mark.django_db


def tag_page(tag: Tag) -> str:
    return reverse("scs_series:tag-detail", args=[tag.slug])


@pytest.fixture
def secret(stage: Stage) -> Tag:
    """A tag that only a thread under a draft carries."""
    factories.make_thread(
        stage.draft, by=stage.user("editor"), title="Not yet to be read", tags=["whistleblower"]
    )
    return Tag.objects.get(name="whistleblower")


@pytest.mark.parametrize(
    ("role", "status"), [("anonymous", 404), ("member", 404), ("other_editor", 404), ("editor", 200)]
)
def test_a_tag_under_a_draft_is_its_editors(stage: Stage, secret: Tag, role: str, status: int) -> None:
    client = stage.client(role)
    assert client.get(tag_page(secret)).status_code == status
    assert client.get(f"/api/v1/tags/{secret.slug}/").status_code == status
    assert client.get(f"/api/v1/threads/?tag={secret.slug}").status_code == status


def test_a_tag_of_a_private_series_is_not_there(stage: Stage) -> None:
    series = factories.make_series(visibility=Series.Visibility.PRIVATE)
    factories.make_thread(factories.make_part(series), title="Among ourselves", tags=["between us"])
    assert stage.client("anonymous").get(tag_page(Tag.objects.get(name="between us"))).status_code == 404


@pytest.mark.parametrize(("role", "status"), [("anonymous", 404), ("member", 404), ("moderator", 200)])
def test_a_tag_of_a_hidden_thread_goes_with_it(stage: Stage, role: str, status: int) -> None:
    thread = factories.make_thread(stage.part, title="Soon to be hidden", tags=["slander"])
    discussion.hide_thread(thread=thread, by=stage.user("moderator"))
    page = stage.client(role).get(tag_page(Tag.objects.get(name="slander")))
    assert page.status_code == status


def test_a_tag_that_nothing_carries_may_be_read(stage: Stage) -> None:
    tag = tagging.save_tag(tag=Tag(name="For later"), by=stage.user("superuser"))
    assert stage.client("anonymous").get(tag_page(tag)).status_code == 200


def test_the_series_page_names_no_tag_of_a_draft(stage: Stage, secret: Tag) -> None:
    page = stage.client("anonymous").get(stage.series.get_absolute_url())
    assert "whistleblower" not in text_of(page)
    assert stage.tag.name in text_of(page)


def test_the_activity_of_drafts_and_of_what_is_hidden_is_not_drawn(stage: Stage, secret: Tag) -> None:
    from datetime import timedelta

    from django.utils import timezone

    from scs_series.models import Post
    from scs_series.pictures import activity_chart

    spam = factories.make_thread(fresh_part(stage.part), title="Buy my pills now")
    Post.objects.update(created_at=timezone.now() - timedelta(weeks=3))
    discussion.hide_thread(thread=spam, by=stage.user("moderator"))
    chart = activity_chart(stage.series)
    assert chart is not None
    shown = Post.objects.published().filter(thread__in=stage.series.threads.visible_to(None))
    assert chart.posts == shown.count()


def test_an_answer_sent_again_tells_nothing_of_a_hidden_thread(stage: Stage) -> None:
    client = stage.client("member")
    where = {"series": stage.series.slug, "part": stage.part.number}
    sent = {**where, "title": "A title that will do", "body": "Text."}

    def send() -> Any:
        return client.post(
            "/api/v1/threads/", sent, content_type="application/json", headers={"Idempotency-Key": "abc"}
        )

    made = send()
    assert made.status_code == 201
    thread = Thread.objects.get(pk=made.json()["id"])
    discussion.hide_thread(thread=thread, by=stage.user("moderator"), reason="Under investigation")
    again = send()
    assert again.status_code == 404
    assert "investigation" not in again.content.decode()


# ---------------------------------------------------------------------- the cache
def copies() -> int:
    return len(caches["pages"]._cache)  # type: ignore[attr-defined]


def test_addresses_with_made_up_parameters_are_not_kept(stage: Stage, settings: Any) -> None:
    if "locmem" not in settings.CACHES["pages"]["BACKEND"]:
        pytest.skip("counts the entries of a cache within the process")
    client = stage.client("anonymous")
    addresses = [*stage.addresses().values(), f"/api/v1/threads/{stage.thread.pk}/"]
    for address in addresses:
        client.get(address)
    before = copies()
    for address in addresses:
        for query in (
            "?page=77",
            "?tag=x",
            "?order=x",
            "?kind=x",
            "?show=x",
            "?after=x",
            "?part=9",
            "?x=1",
            "?page=01",
        ):
            client.get(address + query)
    assert copies() == before
    assert client.get(f"{stage.addresses()['thread-list']}?order=new").status_code == 200
    assert copies() - before >= 1


@pytest.mark.parametrize("role", ["anonymous", "member"])
@pytest.mark.parametrize(
    "address",
    [
        "{part}?{ampersands}",
        "{threads}?kind={n}&kind=discussion",
        "{page}?page={zeros}1",
        "{page}posts/1/history/?new={far}",
        "/api/v1/posts/{post}/?series=x{n}",
        "/api/v1/posts/?thread={thread}&from={far}",
        "/api/v1/posts/?thread={thread}&from={zeros}1",
        "/api/v1/posts/?thread={thread}&number_gte={n}",
        "/api/v1/posts/?thread={zeros}{thread}",
    ],
)
def test_one_answer_has_few_addresses_that_are_kept(
    stage: Stage, settings: Any, role: str, address: str
) -> None:
    if "locmem" not in settings.CACHES["pages"]["BACKEND"]:
        pytest.skip("counts the entries of a cache within the process")
    client, known = stage.client(role), stage.addresses()
    before = copies()
    for n in range(1, 6):
        client.get(
            address.format(
                part=known["part-detail"], threads=known["thread-list"], page=known["thread-detail"],
                n=n, ampersands="&" * n, zeros="0" * n, far=20 * n + 1,
                post=stage.post.pk, thread=stage.thread.pk,
            )
        )  # fmt: skip
    assert copies() - before <= 1


def test_asking_for_many_pages_forgets_no_limit(stage: Stage, settings: Any) -> None:
    if "locmem" not in settings.CACHES["pages"]["BACKEND"]:
        pytest.skip("a shared cache does not throw out what is younger than its time")
    assert settings.SCS_SERIES["PAGE_CACHE"] == "pages"
    default = caches["default"]
    default.set("counter", 1)
    for n in range(settings.CACHES["pages"]["OPTIONS"]["MAX_ENTRIES"] + 10):
        caches["pages"].set(f"page-{n}", "x")
    assert default.get("counter") == 1
    assert copies() <= settings.CACHES["pages"]["OPTIONS"]["MAX_ENTRIES"]
