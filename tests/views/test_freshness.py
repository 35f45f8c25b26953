"""A cached page is never stale: after every write each page is what a page built anew would be.

Every page is read (and so kept), something is written, and every page is read again: once as the cache and the
validators give it, once built with an empty cache. The two must be the same, and the validator a visitor holds must
answer 304 exactly where nothing changed.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.middleware.csrf import _does_token_match
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from scs_series.models import Member, Part, Series, Source, SourceLink, Tag
from scs_series.services import discussion, erasure, maintenance, members, series, sources, tagging
from scs_series.services.counts import recount
from tests import caches, factories
from tests.stage import Stage, fresh_part, fresh_post, fresh_thread

pytestmark = pytest.mark.django_db

UNCACHED = {"tag-list", "member-detail", "part-history", "post-reactions"}


def every_address(stage: Stage) -> dict[str, str]:
    known = stage.addresses()
    return {
        **known,
        "threads by kind": known["thread-list"] + "?kind=discussion",
        "threads by tag": known["thread-list"] + "?tag=lists",
        "tag by kind": known["tag-detail"] + "?kind=discussion",
        "the other tag": reverse("scs_series:tag-detail", args=["lists"]),
        "sources of part 1": known["source-list"] + "?part=1",
        "sources by tag": known["source-list"] + "?tag=courts",
        "next part": reverse("scs_series:part-detail", args=[stage.series.slug, stage.next_part.slug]),
        "draft": reverse("scs_series:part-detail", args=[stage.series.slug, stage.draft.slug]),
        "uncited": stage.uncited.get_absolute_url(),
        "other series": stage.other_series.get_absolute_url(),
    }


def _changed(thing: Any, **changes: Any) -> Any:
    for name, value in changes.items():
        setattr(thing, name, value)
    return thing


def _part(stage: Stage, **changes: Any) -> None:
    series.save_part(part=_changed(fresh_part(stage.part), **changes), by=stage.user("editor"))


def _series(stage: Stage, **changes: Any) -> None:
    series.save_series(
        series=_changed(Series.objects.get(pk=stage.series.pk), **changes), by=stage.user("superuser")
    )


def _source(stage: Stage, tags: list[str] | None = None, **changes: Any) -> None:
    chosen = None if tags is None else tagging.tags_named(tags, by=stage.user("editor"))
    sources.update_source(
        source=_changed(Source.objects.get(pk=stage.source.pk), **changes),
        by=stage.user("editor"),
        tags=chosen,
    )


def _member(stage: Stage, role: str) -> None:
    member = Member.objects.get(user=stage.users[role])
    members.save_member(member=_changed(member, display_name="Another Name"), by=stage.user(role))


def _erase(stage: Stage, role: str) -> None:
    member = Member.objects.get(user=stage.users[role])
    erasure.erase_member(member=member, by=stage.user("superuser"))


def _tag(stage: Stage, key: str) -> None:
    tagging.save_tag(tag=_changed(Tag.objects.get(key=key), name=f"new {key}"), by=stage.user("moderator"))


def _thread(act: Callable[..., Any], role: str = "moderator", **arguments: Any) -> Callable[[Stage], Any]:
    return lambda s: act(thread=fresh_thread(s.thread), by=s.user(role), **arguments)


def _post(
    act: Callable[..., Any], number: int, role: str = "moderator", **arguments: Any
) -> Callable[[Stage], Any]:
    return lambda s: act(post=fresh_post(s.thread, number), by=s.user(role), **arguments)


def _of_kind(kind: str) -> Callable[[Stage], Any]:
    return _thread(discussion.edit_thread, "owner", kind=kind)


def _accept(number: int | None, role: str = "owner") -> Callable[[Stage], Any]:
    return lambda s: discussion.accept_answer(
        thread=fresh_thread(s.thread), post=fresh_post(s.thread, number) if number else None, by=s.user(role)
    )


def _accepted(stage: Stage) -> None:
    """A question with three answers, of which the third is accepted: it stands apart from the question."""
    for _n in range(2):
        discussion.reply(thread=fresh_thread(stage.thread), by=stage.user("member"), body="Another.")
    _of_kind("question")(stage)
    _accept(4)(stage)


def _declined(stage: Stage) -> None:
    _of_kind("correction")(stage)
    _thread(discussion.resolve_thread, "editor", resolution="declined", reason="No.")(stage)


def _link(stage: Stage) -> Any:
    return sources.link_source(source=stage.uncited, part=fresh_part(stage.part), by=stage.user("editor"))


def _broken_counts(stage: Stage) -> None:
    Series.objects.update(thread_count=5)
    Part.objects.update(post_count=5)
    Tag.objects.update(source_count=5)
    Source.objects.update(post_count=5)
    maintenance.raise_everything()


#: What is written; and, where it needs one, what was there before.
WRITES: dict[str, Callable[[Stage], Any] | tuple[Callable[[Stage], Any], Callable[[Stage], Any]]] = {
    "a thread": lambda s: factories.make_thread(s.part, title="Quite another thing", tags=("courts", "new")),
    "a thread under the next part": lambda s: factories.make_thread(s.next_part, title="Quite another thing"),
    "a thread that cites": lambda s: factories.make_thread(s.part, title="With a source", body="[@plan2014]"),
    "an answer": _thread(discussion.reply, "member", body="More."),
    "an answer that cites": _thread(discussion.reply, "member", body="More [@plan2014; @kuo2019]."),
    "an edited post": _post(discussion.edit_post, 2, body="Changed."),
    "a citation taken out": _post(discussion.edit_post, 1, body="No source."),
    "a new title": _thread(discussion.edit_thread, title="What it does say"),
    "a new kind": _thread(discussion.edit_thread, kind="source"),
    "new tags": _thread(discussion.edit_thread, tags=["lists", "fresh"]),
    "an erased member": (
        _thread(discussion.reply, "member", body="More.", answers=1),
        lambda s: _erase(s, "member"),
    ),
    "an erased author": (
        lambda s: s.series.authors.add(Member.objects.get(user=s.users["other_editor"])),
        lambda s: _erase(s, "other_editor"),
    ),
    "pin": _thread(discussion.pin_thread),
    "unpin": (_thread(discussion.pin_thread), _thread(discussion.unpin_thread)),
    "lock": _thread(discussion.lock_thread, reason="Settled."),
    "unlock": (_thread(discussion.lock_thread), _thread(discussion.unlock_thread)),
    "hide a thread": _thread(discussion.hide_thread),
    "unhide a thread": (_thread(discussion.hide_thread), _thread(discussion.unhide_thread)),
    "hide a post": _post(discussion.hide_post, 1, reason="Why."),
    "unhide a post": (_post(discussion.hide_post, 1), _post(discussion.unhide_post, 1)),
    "a reaction": _post(discussion.react, 2, "owner", word="agree"),
    "a reaction of the reader": _post(discussion.react, 1, "member_2", word="thanks"),
    "a reaction taken back": (
        _post(discussion.react, 2, "owner", word="agree"),
        _post(discussion.unreact, 2, "owner", word="agree"),
    ),
    "an accepted answer": (_of_kind("question"), _accept(2)),
    "another accepted answer": (_accepted, _accept(3, "moderator")),
    "no accepted answer": (_accepted, _accept(None)),
    "an accepted answer edited": (_accepted, _post(discussion.edit_post, 4, "member", body="Far better.")),
    "an accepted answer hidden": (_accepted, _post(discussion.hide_post, 4)),
    "an accepted answer withdrawn": (_accepted, _post(discussion.withdraw_post, 4, "member")),
    "a question that is none any more": (_accepted, _of_kind("discussion")),
    "the name of who wrote the accepted answer": (_accepted, lambda s: _member(s, "member")),
    "a decision": (
        _of_kind("correction"),
        _thread(discussion.resolve_thread, "editor", resolution="accepted"),
    ),
    "a decision taken back": (_declined, _thread(discussion.resolve_thread, "editor", resolution="open")),
    "the name of who decided": (_declined, lambda s: _member(s, "editor")),
    "a withdrawn post": _post(discussion.withdraw_post, 2, "member_2", reason="Mistaken"),
    "a withdrawn opening post": _post(discussion.withdraw_post, 1, "owner"),
    "a withdrawn post brought back": (
        _post(discussion.withdraw_post, 2, "member_2"),
        _post(discussion.restore_post, 2, "member_2"),
    ),
    "a part's text": lambda s: _part(s, body="## Quite new\n\n[@plan2014]"),
    "a sentence that cites": lambda s: _part(s, body=s.part.body.replace("A claim", "Another claim")),
    "a part's title": lambda s: _part(s, title="Renamed"),
    "a part's standfirst": lambda s: _part(s, standfirst="Other words."),
    "a part's number": lambda s: _part(s, number=9),
    "a part's address": lambda s: _part(s, slug="elsewhere"),
    "a new part": lambda s: factories.make_part(s.series, number=7, title="Seventh"),
    "publish": lambda s: series.publish_part(part=fresh_part(s.draft), by=s.user("editor")),
    "unpublish": lambda s: series.unpublish_part(part=fresh_part(s.part), by=s.user("editor")),
    "schedule what was public": lambda s: series.publish_part(
        part=fresh_part(s.part), by=s.user("editor"), at=timezone.now() + dt.timedelta(days=1)
    ),
    "move a part": lambda s: series.move_part(part=fresh_part(s.part), to=2, by=s.user("editor")),
    "a series' title": lambda s: _series(s, title="Renamed"),
    "a series' summary": lambda s: _series(s, summary="Other words."),
    "a series' address": lambda s: _series(s, slug="elsewhere"),
    "unlisted": lambda s: _series(s, visibility="unlisted"),
    "private": lambda s: _series(s, visibility="private"),
    "public again": (lambda s: _series(s, visibility="private"), lambda s: _series(s, visibility="public")),
    "a new series": lambda s: factories.make_series(title="Brand new"),
    "a source": lambda s: factories.make_source(s.series, tags=("courts",)),
    "a source's record": lambda s: _source(s, title="Another title", authors=[{"literal": "Xinhua"}]),
    "a source's tags": lambda s: _source(s, tags=["law"]),
    "a source's address": lambda s: _source(s, url="", archive_url="https://web.archive.org/x"),
    "further reading": _link,
    "further reading taken away": (
        _link,
        lambda s: sources.unlink_source(link=SourceLink.objects.get(source=s.uncited), by=s.user("editor")),
    ),
    "a tag's name": lambda s: _tag(s, "courts"),
    "a neighbouring tag's name": lambda s: _tag(s, "lists"),
    "a writer's name": lambda s: _member(s, "owner"),
    "an answerer's name": lambda s: _member(s, "member_2"),
    "an author's name": lambda s: _member(s, "editor"),
    "a recount": (_broken_counts, lambda s: recount()),
    "a new rendering": lambda s: call_command("scs_render", verbosity=0),
}


def _read(
    client: Client, addresses: dict[str, str], etags: dict[str, str] | None = None
) -> dict[str, tuple[int, bytes]]:
    answers = {}
    for name, address in addresses.items():
        headers = {"If-None-Match": etags[name]} if etags and etags.get(name) else {}
        response = client.get(address, headers=headers)
        answers[name] = response.status_code, response.content
    return answers


def _prepared(stage: Stage, write: str) -> Callable[[Stage], Any]:
    """What is written, once what it needs is there."""
    found = WRITES[write]
    if not isinstance(found, tuple):
        return found
    before, act = found
    before(stage)
    return act


@pytest.mark.parametrize("write", WRITES)
def test_after_every_write_pages_are_what_they_would_be_built_anew(stage: Stage, write: str) -> None:
    act = _prepared(stage, write)
    client, addresses = Client(), every_address(stage)
    warm = _read(client, addresses)
    etags = {name: client.get(address).headers.get("ETag", "") for name, address in addresses.items()}
    assert {name for name, etag in etags.items() if not etag and warm[name][0] == 200} <= UNCACHED
    act(stage)
    kept = _read(client, addresses)
    asked_with_validators = _read(client, addresses, etags)
    caches.forget()
    built = _read(client, addresses)
    stale = [name for name in addresses if kept[name] != built[name]]
    assert stale == []
    assert write == "a new rendering" or warm != built, "the write shows on some page"
    wrongly_the_same = [
        name for name in addresses if asked_with_validators[name][0] == 304 and built[name] != warm[name]
    ]
    assert wrongly_the_same == []


#: What is new in every page of a member: tokens of forms.
_TOKENS = re.compile(rb'name="(csrfmiddlewaretoken|submission_key)" value="[^"]*"')


def _read_by(
    clients: dict[str, Client], addresses: dict[str, str]
) -> dict[tuple[str, str], tuple[int, bytes]]:
    return {
        (role, name): (status, _TOKENS.sub(b"", content))
        for role, client in clients.items()
        for name, (status, content) in _read(client, addresses).items()
    }


@pytest.mark.skipif(
    connection.vendor == "sqlite",
    reason="three readers, three times, after each write: minutes; it asks nothing of the database, and PostgreSQL is faster",
)
@pytest.mark.parametrize("write", WRITES)
def test_pages_put_together_from_pieces_are_what_they_would_be_built_anew(stage: Stage, write: str) -> None:
    """Each reader takes pieces that others left, before the write and after it, and each sees their own page."""
    act = _prepared(stage, write)
    # A moderator's pages are built as a whole, as an editor's are: one of them is enough.
    clients = {role: stage.client(role) for role in ("owner", "member_2", "editor")}
    addresses = {name: address for name, address in every_address(stage).items() if name not in UNCACHED}
    _read_by(clients, addresses)
    act(stage)
    _read_by(clients, addresses)
    shared = _read_by(dict(reversed(clients.items())), addresses)
    built = {}
    for role in clients:
        caches.forget()  # nothing that another left
        built |= _read_by({role: stage.client(role)}, addresses)
    assert [key for key in built if shared[key] != built[key]] == []


def test_nothing_is_built_anew_where_nothing_changed(stage: Stage) -> None:
    client, addresses = Client(), every_address(stage)
    _read(client, addresses)
    etags = {name: client.get(address).headers.get("ETag", "") for name, address in addresses.items()}
    discussion.reply(
        thread=factories.make_thread(Part.objects.get(series=stage.other_series)),
        by=stage.user("member"),
        body="Elsewhere.",
    )
    same = {name for name, (status, _body) in _read(client, addresses, etags).items() if status == 304}
    assert same == {
        name for name in addresses if name not in UNCACHED | {"draft", "series-list", "other series"}
    }


# ---------------------------------------------------------------------- publication by time
@pytest.mark.parametrize("role", ["anonymous", "member"])
def test_a_slug_that_comes_to_name_another_part_or_series_shows_that(stage: Stage, role: str) -> None:
    """Whatever their versions are: a reader's copy of the one is never taken for the other."""
    client = stage.client(role)

    def moved(of: Any, save: Callable[..., Any], other: Any, **away: Any) -> None:
        address, model = of.get_absolute_url(), type(of)
        model.objects.filter(pk=of.pk).update(version=1_000)
        assert f"{of.title}</h1>" in client.get(address).content.decode()
        slug = of.slug
        save(_changed(model.objects.get(pk=of.pk), **away))
        save(_changed(model.objects.get(pk=other.pk), slug=slug))
        model.objects.filter(pk=other.pk).update(version=1_000)
        assert f"{other.title}</h1>" in client.get(address).content.decode()

    editor, admin = stage.user("editor"), stage.user("superuser")
    moved(
        stage.part, lambda part: series.save_part(part=part, by=editor), stage.next_part, slug="moved-away"
    )  # fmt: skip
    moved(
        stage.series, lambda one: series.save_series(series=one, by=admin), stage.other_series,
        slug="archived", visibility="private",
    )  # fmt: skip


def test_a_tag_made_again_under_its_old_address_shows_what_carries_it_now(stage: Stage) -> None:
    client = stage.client("anonymous")
    first = factories.make_thread(
        stage.part, by=stage.user("owner"), title="Carried it first", tags=["zebra"]
    )
    address = reverse("scs_series:tag-detail", args=["zebra"])
    assert "Carried it first" in client.get(address).content.decode()
    version = Tag.objects.get(slug="zebra").version
    discussion.edit_thread(thread=fresh_thread(first), by=stage.user("owner"), tags=[])
    Tag.objects.get(slug="zebra").delete()
    factories.make_thread(stage.part, by=stage.user("owner"), title="Carries it now", tags=["zebra"])
    assert Tag.objects.get(slug="zebra").version == version, "the version alone does not tell them apart"
    assert "Carries it now" in client.get(address).content.decode()


def test_a_form_of_the_hosts_on_a_page_is_one_visitors(stage: Stage, settings: Any, tmp_path: Any) -> None:
    masthead = tmp_path / "scs_series" / "includes" / "_masthead.html"
    masthead.parent.mkdir(parents=True)
    masthead.write_text('<form method="post">{% csrf_token %}<button>Deutsch</button></form>', "utf-8")
    settings.TEMPLATES = [{**engine, "DIRS": [tmp_path]} for engine in settings.TEMPLATES]
    address = stage.part.get_absolute_url()

    def token() -> tuple[str, str]:
        client = Client()
        found = re.search(r'csrfmiddlewaretoken" value="(\w+)"', client.get(address).content.decode())
        assert found
        return found[1], client.cookies["csrftoken"].value

    (first, _), (second, secret) = token(), token()
    assert first != second
    assert _does_token_match(second, secret)


@pytest.fixture
def clock(monkeypatch: Any) -> Any:
    """``clock(moment)`` sets what time it is."""

    def set_to(moment: dt.datetime) -> None:
        monkeypatch.setattr(timezone, "now", lambda: moment)

    return set_to


def test_a_part_goes_public_at_its_time_on_every_page_with_no_job_run(stage: Stage, clock: Any) -> None:
    now = timezone.now()
    at = now + dt.timedelta(days=2)
    editor = stage.user("editor")
    series.publish_part(part=fresh_part(stage.draft), by=editor, at=at)
    thread = factories.make_thread(
        stage.draft, by=editor, title="Asked before it was out", tags=("courts",), body="[@kuo2019]"
    )
    factories.make_part(stage.other_series, number=5, at=now + dt.timedelta(days=4))
    title = stage.draft.title
    addresses = {
        **every_address(stage),
        "draft's threads": reverse("scs_series:thread-list", args=[stage.series.slug, stage.draft.slug]),
        "draft's history": reverse("scs_series:part-history", args=[stage.series.slug, stage.draft.slug]),
        "thread": thread.get_absolute_url(),
        "thread's history": reverse("scs_series:post-history", args=[thread.pk, thread.slug, 1]),
    }
    of_its_own = {"draft", "draft's threads", "draft's history", "thread", "thread's history"}
    naming = {
        "series-list",
        "series-detail",
        "part-detail",
        "next part",
        "source-list",
        "source-detail",
        "tag-detail",
    }
    client = Client()
    etags: dict[str, str] = {}
    for moment, public in (
        (now, False),
        (at - dt.timedelta(microseconds=1), False),
        (at, True),
        (at + dt.timedelta(seconds=1), True),
        (at + dt.timedelta(days=30), True),
    ):
        clock(moment)
        first = _read(client, addresses)
        assert {first[name][0] for name in of_its_own} == ({200} if public else {404}), moment
        assert {
            name
            for name in naming
            if (title in first[name][1].decode()) or (thread.title in first[name][1].decode())
        } == (naming if public else set())
        assert _read(client, addresses) == first, "kept as it was built"
        if public and etags:
            again = _read(client, addresses, etags)
            assert all(again[name][0] == 200 for name in naming), "no validator from before its time holds"
            etags = {}
        elif not public:
            etags = {name: client.get(address).headers.get("ETag", "") for name, address in addresses.items()}
        clock(moment)
        caches.forget()
        assert _read(client, addresses) == first, "and as it would be built anew"


def test_members_too_see_a_part_go_public_at_its_time_and_what_becomes_theirs_to_see(
    stage: Stage, clock: Any
) -> None:
    at = timezone.now() + dt.timedelta(days=2)
    series.publish_part(part=fresh_part(stage.draft), by=stage.user("editor"), at=at)
    address, title = stage.addresses()["series-detail"], stage.draft.title
    client = stage.client("member_2")

    def shown() -> bool:
        return all(title in client.get(address).content.decode() for _twice in range(2))

    assert not shown()
    member = Member.objects.get(user=stage.user("member_2"))
    stage.series.authors.add(member)
    assert shown(), "an author sees what is to come, at once"
    stage.series.authors.remove(member)
    assert not shown()
    clock(at)
    assert shown()


def test_a_part_taken_back_is_gone_at_once(stage: Stage) -> None:
    client, addresses = Client(), stage.addresses()
    _read(client, addresses)
    etags = {name: client.get(address).headers.get("ETag", "") for name, address in addresses.items()}
    series.unpublish_part(part=fresh_part(stage.part), by=stage.user("editor"))
    for answers in (_read(client, addresses), _read(client, addresses, etags)):
        assert {
            answers[name][0] for name in ("part-detail", "thread-list", "thread-detail", "part-history")
        } == {404}
        for name in ("series-list", "series-detail", "tag-detail", "member-detail", "source-detail"):
            assert stage.part.title not in answers[name][1].decode(), name
            assert stage.thread.title not in answers[name][1].decode(), name


# ---------------------------------------------------------------------- who gets what from the cache
def test_a_validator_answers_304_without_a_body(stage: Stage) -> None:
    client = Client()
    for name, address in stage.addresses().items():
        if name in UNCACHED:
            continue
        first = client.get(address)
        etag = first.headers["ETag"]
        for header in (etag, f"W/{etag}", f'"other", {etag}'):
            again = client.get(address, headers={"If-None-Match": header})
            assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag), (
                name,
                header,
            )
            assert "Cookie" in again.headers["Vary"]
        assert client.get(address, headers={"If-None-Match": '"made-up"'}).status_code == 200
        assert "no-cache" in first.headers["Cache-Control"]


def test_no_validator_tells_whether_a_hidden_thing_is_there(stage: Stage) -> None:
    discussion.hide_thread(thread=fresh_thread(stage.thread), by=stage.user("moderator"))
    client = Client()
    for address in (stage.thread.get_absolute_url(), stage.draft.get_absolute_url(), "/threads/99999/none/"):
        for header in ("*", '"x"'):
            assert client.get(address, headers={"If-None-Match": header}).status_code == 404, address


def test_a_member_is_never_shown_the_visitors_page_nor_a_visitor_the_members(stage: Stage) -> None:
    visitor, member = Client(), stage.client("owner")
    for name, address in stage.addresses().items():
        for_visitors, for_members = visitor.get(address), member.get(address)
        assert "Sign in" in for_visitors.content.decode(), name
        assert "Sign out" in for_members.content.decode(), name
        assert "ETag" not in for_members.headers, name
        assert "private" in for_members.headers["Cache-Control"], name
        assert (
            member.get(address, headers={"If-None-Match": for_visitors.headers.get("ETag", "*")}).status_code
            == 200
        )
        assert visitor.get(address).content == for_visitors.content, name


def test_a_message_for_one_visitor_is_shown_to_nobody_else(stage: Stage) -> None:
    address = stage.addresses()["part-detail"]
    Client().get(address)  # in the cache now
    leaving = stage.client("member")
    leaving.post(reverse("account_logout"))
    page = leaving.get(address)
    assert "signed out" in page.content.decode()
    assert "signed out" not in Client().get(address).content.decode()
    assert "signed out" not in leaving.get(address).content.decode(), "it is said once"


def test_addresses_hosts_and_languages_do_not_mix(stage: Stage, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("ar", "Arabic")]
    client, address = Client(), stage.addresses()["thread-list"]
    etags = {
        client.get(address).headers["ETag"],
        client.get(address + "?kind=question").headers["ETag"],
        client.get(address, headers={"host": "one.example"}).headers["ETag"],
        client.get(address, secure=True).headers["ETag"],
        client.get(address, headers={"accept-language": "de"}).headers["ETag"],
    }
    with timezone.override("Asia/Shanghai"):
        etags.add(client.get(address).headers["ETag"])
    assert len(etags) == 6
    for language in ("de", "ar", "en"):
        page = client.get(address, headers={"accept-language": language}).content.decode()
        assert f'lang="{language}"' in page
    assert 'dir="rtl"' in client.get(address, headers={"accept-language": "ar"}).content.decode()
    assert "No thread fits" in client.get(address + "?kind=question").content.decode()
    assert "No thread fits" not in client.get(address).content.decode()


def test_a_host_may_do_without_the_page_cache_or_start_it_afresh(stage: Stage, settings: Any) -> None:
    address = stage.addresses()["part-detail"]
    first = Client().get(address)
    settings.SCS_SERIES = {**settings.SCS_SERIES, "PAGE_CACHE_SALT": "next release"}
    assert Client().get(address).headers["ETag"] != first.headers["ETag"]
    settings.SCS_SERIES = {**settings.SCS_SERIES, "PAGE_CACHE": None}
    assert Client().get(address).content == first.content


def test_what_cannot_be_seen_is_not_kept(stage: Stage) -> None:
    client = Client()
    assert client.get(stage.draft.get_absolute_url()).status_code == 404
    assert client.get(stage.addresses()["thread-list"] + "?after=bad").status_code == 400
    assert client.get(stage.addresses()["thread-list"] + "?after=bad").status_code == 400
    series.publish_part(part=fresh_part(stage.draft), by=stage.user("editor"))
    assert client.get(stage.draft.get_absolute_url()).status_code == 200
