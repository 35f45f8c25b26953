"""Whatever is sent, the answer is a clear one and never a 500."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from scs_series.models import Post, Thread
from tests.stage import Stage
from tests.views.reading import faults_of, links_of, text_of

pytestmark = pytest.mark.django_db

ODD = {
    "empty": "",
    "NUL": "a\x00b",
    "control characters": "a\x01\x07\x1b\x7f\x85b",
    "line separators": "a\u2028\u2029\x0b\x0cb",
    "bidi": "\u202e\u2066abc\u2069",
    "zero width": "\u200b\u200d\ufeff",
    "a lone surrogate": "a\ud800b",
    "beyond the BMP": "\U0010ffff🏳️\u200d🌈",
    "combining": "e" + "\u0301" * 5_000,
    "markup": "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>",
    "a template": "{{ 7|add:7 }}{% csrf_token %}",
    "a format": "%(key)s %s %d {0} {x}",
    "a path": "../../../etc/passwd",
    "a huge number": "9" * 400,
    "a negative number": "-1",
    "other digits": "²³٣",
    "infinity": "Infinity",
    "long": "x" * 3_000,
}


def as_sent(value: str) -> str:
    """What a browser can send of it: form data is UTF-8, a lone surrogate is not."""
    return value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


@pytest.mark.parametrize("odd", ODD)
def test_odd_values_in_every_field_of_every_form(stage: Stage, odd: str) -> None:
    client = stage.client("superuser")
    value = as_sent(ODD[odd])
    fields = ("kind", "title", "tags", "body", "answers", "submission_key", "expected_revision", "reason")
    good = {
        "kind": "question",
        "title": "A good long title",
        "tags": "x",
        "body": "Good.",
        "expected_revision": "1",
    }
    for name, address in stage.forms().items():
        for field in fields:
            for extra in ({}, {"preview": "1"}):
                response = client.post(address, {**good, field: value, **extra})
                assert response.status_code in (200, 302, 409, 422), (name, field)
                if response.status_code != 302:
                    assert faults_of(response) == [], (name, field)
                if response.status_code == 422 and field == "title":
                    assert "Good." in text_of(response) or name == "thread-edit"
    for post in Post.objects.all():
        assert "<script" not in post.fragment
        assert "onerror=" not in post.fragment.replace("onerror=alert(1)&gt;", "")


@pytest.mark.parametrize("odd", ODD)
def test_odd_values_in_every_query_parameter(stage: Stage, odd: str) -> None:
    value = as_sent(ODD[odd])
    names = (
        "page",
        "post",
        "after",
        "order",
        "kind",
        "tag",
        "type",
        "language",
        "part",
        "show",
        "old",
        "new",
        "answers",
        "title",
    )
    for client in (Client(), stage.client("superuser")):
        for address in [*stage.addresses().values(), *stage.forms().values()]:
            response = client.get(address, dict.fromkeys(names, value))
            assert response.status_code in (200, 302, 400, 404), address
        for address in (
            stage.addresses()[name]
            for name in ("thread-list", "source-list", "member-detail", "part-history")
        ):
            for name in names:
                assert client.get(address, {name: value}).status_code in (200, 302, 400, 404), (address, name)


@pytest.mark.parametrize("odd", ODD)
def test_odd_values_in_every_part_of_a_path(stage: Stage, odd: str) -> None:
    from urllib.parse import quote

    piece = quote(ODD[odd].encode("utf-8", "surrogatepass"), safe="")
    client = stage.client("superuser")
    series, part = stage.series.slug, stage.part.slug
    for path in (
        f"series/{piece}/", f"series/{series}/{piece}/", f"series/{series}/{piece}/history/", f"series/{series}/{piece}/threads/",
        f"series/{series}/sources/{piece}/", f"series/{series}/{part}/{piece}/", f"threads/{piece}/x/",
        f"threads/{stage.thread.pk}/{piece}/", f"threads/{stage.thread.pk}/x/posts/{piece}/history/",
        f"threads/{stage.thread.pk}/x/posts/{piece}/edit/", f"threads/{stage.thread.pk}/{piece}/reply/", f"tags/{piece}/",
        f"members/{piece}/",
    ):  # fmt: skip
        assert client.get(f"/{path}").status_code in (200, 301, 302, 404), path


def _cursor(*values: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).rstrip(b"=").decode()


CURSORS = {
    "not base64": "!!!", "cut": "WyJu", "not ASCII": "ä", "NUL": "a\x00b", "not JSON": base64.b64encode(b"\xff\xfe").decode(),
    "too long": "A" * 700, "a number": _cursor()[:-1], "nothing": _cursor(), "no values": _cursor("n"),
    "too few": _cursor("n", "2020-01-01T00:00:00+00:00"), "too many": _cursor("n", 1, 2, 3, 4),
    "no direction": _cursor("x", "2020-01-01T00:00:00+00:00", 1), "no date": _cursor("n", "yesterday", 1),
    "null": _cursor("n", None, None), "lists": _cursor("n", [], {}), "true": _cursor("n", True, True),
    "naive": _cursor("n", "2020-01-01T00:00:00", 1), "infinity": _cursor("n", "2020-01-01T00:00:00+00:00", float("inf")),
    "not a number": _cursor("n", "2020-01-01T00:00:00+00:00", float("nan")),
    "a huge number": _cursor("n", "2020-01-01T00:00:00+00:00", 2**70),
    "a fraction": _cursor("n", "2020-01-01T00:00:00+00:00", "1.5"),
    "before the calendar": _cursor("n", "0001-01-01T00:00:00+14:00", 1),
    "after the calendar": _cursor("n", "9999-12-31T23:59:59-12:00", 1), "a month 13": _cursor("n", "2020-13-01T00:00:00+00:00", 1),
    "a surrogate": _cursor("n", "\ud800", 1), "a NUL inside": _cursor("n", "a\x00", 1),
    "deep": base64.urlsafe_b64encode(b"[" * 400).decode(),
}  # fmt: skip


@pytest.mark.parametrize("cursor", CURSORS)
def test_a_cursor_that_is_not_ours_is_a_page_that_says_so(stage: Stage, cursor: str) -> None:
    for client in (Client(), stage.client("member")):
        for name in ("thread-list", "tag-list", "tag-detail", "source-list", "member-detail"):
            response = client.get(stage.addresses()[name], {"after": CURSORS[cursor]})
            if name == "source-list" and response.status_code == 200:
                continue  # any text is a sort key
            assert response.status_code == 400, (name, cursor)
            assert "not one of ours" in text_of(response)
            assert faults_of(response) == []
        response = client.get(stage.addresses()["member-detail"], {"after": CURSORS[cursor], "show": "posts"})
        assert response.status_code == 400


def test_a_cut_cursor_of_ours_never_breaks(stage: Stage, settings: Any) -> None:
    from scs_series.keyset import keyset_page

    page = keyset_page(
        Thread.objects.all() | Thread.objects.all(), order=("-last_post_at", "-id"), cursor=None, size=1
    )
    assert page.next is None
    whole = _cursor("n", stage.thread.last_post_at.isoformat(), stage.thread.pk)
    client = Client()
    for end in range(1, len(whole)):
        for cut in (whole[:end], whole[end:], whole[:end] + "A" + whole[end:]):
            assert client.get(stage.addresses()["thread-list"], {"after": cut}).status_code in (200, 400)


def test_every_page_refuses_the_methods_it_does_not_have(stage: Stage) -> None:
    client = stage.client("superuser")
    for name, address in stage.addresses().items():
        for method in ("post", "put", "patch", "delete", "options"):
            response = getattr(client, method)(address)
            assert "GET" in response.headers["Allow"]
            _assert_says_so(response, (name, method))
    for name, address in stage.forms().items():
        for method in ("put", "patch", "delete"):
            _assert_says_so(getattr(client, method)(address), (name, method))
    for name in ("markdownx-preview", "markdownx-upload"):
        response = client.get(reverse(f"scs_series:{name}"))
        assert response.headers["Allow"] == "POST"
        _assert_says_so(response, name)
    response = client.post("/series/", {"body": "Typed for a long time."})
    assert "Typed for a long time." in text_of(response)


def _assert_says_so(response: Any, where: Any) -> None:
    """A page that tells what happened and leads on, and no blank window."""
    assert response.status_code == 405, where
    assert "cannot be used that way" in text_of(response), where
    assert reverse("scs_series:series-list") in links_of(response), where
    assert faults_of(response) == [], where
    assert response.headers["Cache-Control"] == "private, no-cache"


def test_every_route_of_the_app_is_in_these_tests(stage: Stage) -> None:
    routes = {name for name in get_resolver("scs_series.urls").reverse_dict if isinstance(name, str)}
    assert routes == {
        *stage.addresses(),
        *stage.forms(),
        *stage.told(),
        *stage.own(),
        *("notifications-read", "notification-read", "unsubscribe"),  # in test_notifications.py
        *(
            "post-react",
            "post-accept",
            "post-withdraw",
            "post-restore",
            "thread-resolve",
        ),  # in test_acting.py
        *("draft-save", "draft-list"),  # in test_drafts.py
        "member-block",  # in test_own_pages.py
        "completions",  # in test_completions.py
        "markdownx-preview",
        "markdownx-upload",
    }


def test_bodies_that_are_no_forms(stage: Stage) -> None:
    client = stage.client("member")
    address = stage.forms()["post-create"]
    for body, kind in (
        (
            b'--x\r\nContent-Disposition: form-data; name="body"\r\n\r\nnever closed',
            "multipart/form-data; boundary=x",
        ),
        (b"garbage", "multipart/form-data; boundary=x"),
        (b"garbage", "multipart/form-data"),
        (b"garbage", "multipart/form-data; boundary=" + "x" * 500),
        (b'{"body": "x"}', "application/json"),
        (b"\xff\xfe\x00", "application/x-www-form-urlencoded"),
        (b"body=%ED%A0%80%FF&title=%00", "application/x-www-form-urlencoded"),
        (b"", "text/plain"),
        (b"a=1&" * 2_000, "application/x-www-form-urlencoded"),
    ):
        response = client.generic("POST", address, body, content_type=kind)
        assert response.status_code in (400, 302, 422), (body[:40], kind, response.status_code)
    for target in (reverse("scs_series:markdownx-upload"), reverse("scs_series:markdownx-preview")):
        response = client.generic("POST", target, b"garbage", content_type="multipart/form-data; boundary=x")
        assert response.status_code in (200, 400)


def test_a_body_above_the_hosts_limit_is_refused(stage: Stage) -> None:
    for size in (200_000, 3_000_000):
        response = stage.client("member").post(stage.forms()["post-create"], {"body": "x" * size})
        assert response.status_code in (400, 413, 422)
    assert Post.objects.count() == 2


@pytest.mark.parametrize(
    "text",
    [
        "> " * 10_000 + "x", "- " * 10_000 + "x", "[" * 10_000, "*" * 10_000 + "x", "(" * 10_000, "![" * 5_000,
        "`" * 9_999 + "x", "<" * 10_000, "[^1]" * 5_000, "|" * 10_000 + "\n" + "|-" * 5_000, "&" * 10_000, "[@" * 5_000, "#" * 10_000,
        "1. " * 8_000, "\\" * 10_000, "a" * 30_000, "**a " * 7_000, "_a_" * 9_000, "http://" * 4_000, "~~" * 10_000,
    ],
    ids=lambda text: text[:4],
)  # fmt: skip
def test_markdown_made_to_hurt_is_posted_or_refused_in_time(stage: Stage, text: str) -> None:
    import time

    began = time.process_time()
    response = stage.client("member").post(stage.forms()["post-create"], {"body": text})
    assert response.status_code in (302, 422)
    assert time.process_time() - began < 10
