"""Names in posts: what they lead to, whom they tell, and that a new name or none shows in texts already written."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from scs_series.exceptions import InvalidInput, NotAllowed
from scs_series.models import Member, Post, Series, Tag
from scs_series.services import discussion, maintenance, members, tagging, writing
from scs_series.services.mentions import mentioned
from scs_series.text import Profile
from tests import factories
from tests.stage import Stage, fresh_post, fresh_thread
from tests.views.reading import counted

pytestmark = pytest.mark.django_db


def reply(stage: Stage, body: str, by: str = "member") -> Post:
    return discussion.reply(thread=fresh_thread(stage.thread), by=stage.user(by), body=body)


def page(name: str) -> str:
    return f'href="{reverse("scs_series:member-detail", args=[name])}"'


def test_a_post_links_members_tags_and_posts(stage: Stage) -> None:
    post = reply(stage, "@second and @SECOND and @nobody on #courts, #Courts, #nothing; see #2, #3, #99.")
    html = post.body_html
    assert html.count(page("second")) == 2
    assert html.count(f'href="{stage.tag.get_absolute_url()}"') == 2
    assert f'href="{stage.thread.get_absolute_url()}?post=2"' in html
    assert html.count("?post=") == 1, "what is not there yet leads nowhere"
    assert html in post.fragment


def test_a_tag_is_named_by_its_address_or_its_key(stage: Stage) -> None:
    for name in ("joint punishment", "C#", "统计"):
        factories.make_tag(name)
    html = reply(stage, "#joint-punishment #统计 #c-sharp").body_html
    assert html.count("scs-hashtag") == 3


def test_who_has_no_page_is_not_linked(stage: Stage) -> None:
    gone, erased = factories.make_member("gone"), factories.make_member("erased")
    gone.user.is_active = False
    gone.user.save()
    Member.objects.filter(pk=erased.pk).update(erased_at=timezone.now())
    assert "scs-mention" not in reply(stage, "@gone @erased").body_html
    assert mentioned("@gone @erased") == []


def test_a_tag_that_visitors_do_not_see_is_given_away_by_no_link(stage: Stage) -> None:
    private = factories.make_series(visibility=Series.Visibility.PRIVATE)
    factories.make_thread(factories.make_part(private), tags=["between us"])
    factories.make_thread(stage.draft, by=stage.user("editor"), tags=["whistleblower"])
    spam = factories.make_thread(stage.part, tags=["slander"])
    discussion.hide_thread(thread=spam, by=stage.user("moderator"))
    for role in ("member", "editor", "moderator"):
        body = "#between-us #whistleblower #slander"
        assert "scs-hashtag" not in reply(stage, body, role).body_html
        assert "scs-hashtag" not in writing.preview(body, series=stage.series, profile=Profile.POST)


def test_the_preview_is_what_is_posted(stage: Stage) -> None:
    body = "> @opener\n\n@second on #courts, see #1"
    shown = writing.preview(body, series=stage.series, profile=Profile.POST, thread=stage.thread)
    assert shown == reply(stage, body).body_html


# ---------------------------------------------------------------------- whom it tells
def test_who_is_told(stage: Stage) -> None:
    told = mentioned("> @opener\n\n@second, `@mod`, [@plain], plain@second.org, @Second, @nobody")
    assert [member.username for member in told] == ["second"]
    with CaptureQueriesContext(connection) as queries:
        assert mentioned("nobody at all, and a@b.org") == []
    assert len(queries) == 0


def test_too_many_mentions_are_refused(stage: Stage, settings: Any) -> None:
    settings.SCS_SERIES = {**settings.SCS_SERIES, "MENTIONS_PER_POST": 2}
    reply(stage, "@second @opener @second @nobody")
    quoted = reply(stage, "> @second @opener @mod\n\n@second")
    for act in (
        lambda: reply(stage, "@second @opener @plain"),
        lambda: discussion.edit_post(post=fresh_post(stage.thread, quoted.number), by=stage.user("member"), body="@second @opener @plain"),
        lambda: discussion.start_thread(part=stage.part, by=stage.user("member"), title="Long enough", body="@second @opener @plain"),
        lambda: writing.preview("@second @opener @plain", series=stage.series, profile=Profile.POST),
    ):  # fmt: skip
        with pytest.raises(InvalidInput) as refused:
            act()
        assert (refused.value.code, refused.value.field) == ("too_many_mentions", "body")
    # A limit that came later does not keep an old text from being rendered again.
    settings.SCS_SERIES = {**settings.SCS_SERIES, "MENTIONS_PER_POST": 0}
    assert list(maintenance.render_posts(Post.objects.filter(pk=quoted.pk))) == [False]


def test_names_cost_a_query_for_members_and_one_for_tags_and_none_without(stage: Stage) -> None:
    def queries(body: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            writing.write_post(body, series=stage.series, doc_id="x", thread=stage.thread)
        return len(counted(asked))

    assert queries("Nobody, a@b.org, `@second`, #12") == 0
    assert queries("@second @opener " + " ".join(f"@m{n}" for n in range(2_000))) == 1
    assert queries("#courts #lists") == 1
    assert queries("@second #courts [@kuo2019]") == 3


# ---------------------------------------------------------------------- names that change
def _rename(stage: Stage, role: str, name: str) -> None:
    member = Member.objects.get(user=stage.users[role])
    member.username = name
    members.save_member(member=member, by=stage.user(role))


def test_a_member_who_is_called_otherwise_is_not_linked_under_the_old_name(stage: Stage) -> None:
    named = reply(stage, "Ask @second.", by="owner")
    other = reply(stage, "Nobody here.", by="owner")
    before = fresh_thread(stage.thread).version
    _rename(stage, "member_2", "zweite")
    html = fresh_post(stage.thread, named.number).body_html
    assert html == "<p>Ask @second.</p>\n"
    assert fresh_post(stage.thread, other.number).body_html == other.body_html
    assert fresh_thread(stage.thread).version > before
    # Whoever takes the name later is not who was meant.
    members.member_for(factories.make_user("Second"))
    assert page("second") not in fresh_post(stage.thread, named.number).fragment


def test_a_display_name_changes_no_text(stage: Stage) -> None:
    named = reply(stage, "Ask @second.", by="owner")
    member = Member.objects.get(user=stage.users["member_2"])
    member.display_name = "The Second"
    members.save_member(member=member, by=stage.user("member_2"))
    assert fresh_post(stage.thread, named.number).body_html == named.body_html


def test_texts_follow_a_tag_that_moves_and_one_that_goes(stage: Stage) -> None:
    tag = factories.make_tag("numbers")
    named = reply(stage, "On #numbers.")
    tag.slug = "figures"
    tagging.save_tag(tag=tag, by=stage.user("moderator"))
    assert 'href="/tags/figures/"' in fresh_post(stage.thread, named.number).body_html, "still its key"
    tag.name = "Figures"
    tagging.save_tag(tag=Tag.objects.get(pk=tag.pk) and tag, by=stage.user("moderator"))
    assert "href" not in fresh_post(stage.thread, named.number).body_html
    again = reply(stage, "On #figures.")
    assert 'href="/tags/figures/"' in again.body_html
    with pytest.raises(NotAllowed):
        tagging.remove_tag(tag=tag, by=stage.user("member"))
    tagging.remove_tag(tag=tag, by=stage.user("moderator"))
    assert fresh_post(stage.thread, again.number).body_html == "<p>On #figures.</p>\n"
    with pytest.raises(InvalidInput) as refused:
        tagging.remove_tag(tag=stage.tag, by=stage.user("moderator"))
    assert refused.value.code == "tag_in_use"
