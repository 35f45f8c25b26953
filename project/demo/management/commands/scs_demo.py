"""Loads the demo series: members, sources, six parts, their threads.

Runs again without doubling anything: every thing is looked up by what it is known by (key, number, submission key)
and made only where it is missing, so what people changed meanwhile stays as they left it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.db.models import Min, OuterRef, Subquery
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from project.demo.reading import (
    HERE,
    Moments,
    aware,
    published_at,
    read_series,
    standfirst_of,
    states_of,
    threads_of,
)  # fmt: skip
from scs_series.bibliography.bibtex import read_bibtex
from scs_series.models import Member, Part, Post, Series, Source, SourceLink, Tag, Thread
from scs_series.services import discussion, sources
from scs_series.services import series as series_service
from scs_series.services.members import member_for, save_member
from scs_series.services.tagging import save_tag, tags_named

_MODERATES = (
    "pin_thread", "lock_thread", "hide_thread", "edit_any_thread", "see_hidden", "hide_post", "edit_any_post",
    "resolve_thread",
    "view_series", "view_part", "view_thread", "change_thread", "view_post", "change_post", "view_postrevision",
    "view_source", "change_source", "add_source", "view_sourcelink", "view_tag", "add_tag", "change_tag", "view_member",
)  # fmt: skip
_WRITES = (
    "publish_part", "view_series", "change_series", "view_part", "add_part", "change_part", "view_partrevision",
    "view_source", "add_source", "change_source", "view_sourcelink", "add_sourcelink", "change_sourcelink",
    "delete_sourcelink", "view_tag", "view_thread", "view_post",
)  # fmt: skip
ROLES = {"moderator": ("Moderators", _MODERATES), "author": ("Authors", _WRITES)}


def accounts() -> list[tuple[str, str, str]]:
    """(username, password, role) of those who can sign in; the role of most is "reader"."""
    return [
        (username, who["password"], who.get("role", "reader"))
        for username, who in read_series()["members"].items()
        if "password" in who
    ]


class Command(BaseCommand):
    help = "Loads the demo series; run again, it adds only what is missing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--accounts", metavar="FILE", help="Also write the accounts and passwords to this file."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        data = read_series()
        # What services date by the clock and was made since is given its own moment in the story that is told.
        self.began = timezone.now()
        self.moments = Moments()
        self.users = {username: self._user(username, who) for username, who in data["members"].items()}
        series = self._series(data)
        self._sources(series)
        for place in data["parts"]:
            part = self._part(series, place)
            self._threads(part)
            self._further_reading(part, data["further_reading"].get(part.number, {}))
        self._tags(data["tags"])
        self._date_the_rest(series)
        # What visitors count on the pages: without what moderators hid, and who only looks on.
        series.refresh_from_db()
        self.stdout.write(
            f"{series}: {series.parts.count()} parts, {series.source_count} sources, {series.thread_count} threads "
            f"and {series.post_count} posts by {Member.objects.filter(post_count__gt=0).count()} members"
        )
        lines = [f"{role:<10} {username:<10} {password}" for username, password, role in accounts()]
        for line in lines:
            self.stdout.write(f"  {line}")
        if options["accounts"]:
            Path(options["accounts"]).write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _user(self, username: str, who: dict[str, Any]) -> Any:
        user, made = get_user_model().objects.get_or_create(username=username)
        if made:
            role = who.get("role", "reader")
            user.is_staff = role in ("admin", "moderator", "author")
            user.is_superuser = role == "admin"
            user.date_joined = self.moments.member_joined(username)
            if "password" in who:
                user.set_password(who["password"])
            else:
                user.set_unusable_password()
            user.save()
            if role in ROLES:
                user.groups.add(self._group(*ROLES[role]))
            member = member_for(user)
            member.display_name, member.about = who["name"], who.get("about", "")
            save_member(member=member, by=user)
            Member.objects.filter(pk=member.pk).update(joined_at=user.date_joined)
        return user

    def _group(self, name: str, codenames: tuple[str, ...]) -> Group:
        group, _made = Group.objects.get_or_create(name=name)
        permissions = Permission.objects.filter(content_type__app_label="scs_series", codename__in=codenames)
        group.permissions.add(*permissions)
        return group

    def _series(self, data: dict[str, Any]) -> Series:
        series = Series.objects.filter(slug=data["slug"]).first()
        if series is None:
            fields = {name: data[name] for name in ("slug", "title", "subtitle", "language", "summary")}
            made = self.moments.series_made
            series = Series(**fields, created_at=made, last_activity_at=made)
            series_service.save_series(series=series, by=self.users["admin"])
            Series.objects.filter(pk=series.pk).update(updated_at=made)
            series.authors.set([self.users["mara"].scs_member])
        return series

    def _sources(self, series: Series) -> None:
        known = set(Source.objects.filter(series=series).values_list("key", flat=True))
        for name in ("sources.bib", "sources-extra.bib"):
            read = read_bibtex((HERE / name).read_text(encoding="utf-8"))
            for problem in read.problems:
                self.stderr.write(f"{name}: {problem}")
            for place, record in enumerate(read.records):
                if record.key in known:
                    continue
                tags = tags_named(
                    (keyword.replace("-", " ") for keyword in record.keywords[: sources.tag_limit()]),
                    by=self.users["admin"], limit=sources.tag_limit(),
                )  # fmt: skip
                source = sources.source_from_record(record, series=series)
                source.created_at = self.moments.source_added(record.key, place)
                sources.add_source(source=source, by=self.users["mara"], tags=tags)
                Source.objects.filter(pk=source.pk).update(updated_at=source.created_at)

    def _part(self, series: Series, place: dict[str, Any]) -> Part:
        part = Part.objects.filter(series=series, number=place["number"]).select_related("series").first()
        if part is None:
            mara, public_at = self.users["mara"], published_at(place["number"])
            states = states_of(place)
            written_at = states[0][0]
            part = Part(
                series=series, number=place["number"], title=place["title"], slug=place["slug"],
                standfirst=standfirst_of(place), created_at=written_at, last_activity_at=public_at,
            )  # fmt: skip
            for at, reason, text in states:
                part.body = text
                series_service.save_part(part=part, by=mara, reason=reason, at=at)
                if at == written_at:
                    series_service.publish_part(part=part, by=mara, at=public_at)
                SourceLink.objects.filter(part=part, created_at__gte=self.began).update(created_at=at)
            Series.objects.filter(pk=series.pk).update(
                last_activity_at=Greatest("last_activity_at", public_at)
            )
        return part

    def _threads(self, part: Part) -> None:
        written = set(
            Post.objects.filter(
                thread__part=part, submission_key__startswith=f"demo-{part.number}-"
            ).values_list("submission_key", flat=True)
        )
        for place, spoken in enumerate(threads_of(part.number), start=1):
            key = f"demo-{part.number}-{place}"
            missing = {n for n, _post in enumerate(spoken["posts"], start=1) if f"{key}-{n}" not in written}
            if missing:
                with transaction.atomic():
                    self._thread(part, key, spoken, missing)

    def _thread(self, part: Part, key: str, spoken: dict[str, Any], missing: set[int]) -> None:
        """Say what is missing, then do what was done to it: only to what is new, so later changes stay."""
        opening = spoken["posts"][0]
        thread = discussion.start_thread(
            part=part, by=self.users[opening["author"]], title=spoken["title"], body=opening["body"],
            kind=spoken["kind"], tags=[str(tag) for tag in spoken["tags"]], submission_key=f"{key}-1",
            at=aware(opening["at"]),
        )  # fmt: skip
        thread = Thread.objects.select_related("part", "series", "author").get(pk=thread.pk)
        for number, said in enumerate(spoken["posts"], start=1):
            if number in missing - {1} and not thread.locked_at and not thread.hidden_at:
                discussion.reply(
                    thread=thread, by=self.users[said["author"]], body=said["body"], answers=said.get("answers"),
                    submission_key=f"{key}-{number}", at=aware(said["at"]),
                )  # fmt: skip
        posts = Post.objects.filter(thread=thread).select_related(
            "author", "answers__author", "thread__series"
        )
        for post in posts:
            if post.number in missing and post.submission_key == f"{key}-{post.number}":
                self._acts_on_post(post, spoken["posts"][post.number - 1])
        if 1 in missing:
            self._acts_on_thread(
                Thread.objects.select_related("part", "series", "author").get(pk=thread.pk), spoken
            )

    def _acts_on_post(self, post: Post, said: dict[str, Any]) -> None:
        for edit in said.get("edits", ()):
            discussion.edit_post(
                post=post, by=self.users[edit.get("by", said["author"])], body=edit["body"], reason=edit["reason"],
                at=aware(edit["at"]),
            )  # fmt: skip
        for word, members in said.get("reactions", {}).items():
            for name in members:
                discussion.react(post=post, by=self.users[name], word=word, at=aware(said["at"]))
        if "hidden" in said:
            discussion.hide_post(post=post, **self._moderated(said["hidden"]))

    def _acts_on_thread(self, thread: Thread, spoken: dict[str, Any]) -> None:
        if "accepted" in spoken:
            accepted = spoken["accepted"]
            post = Post.objects.get(thread=thread, number=accepted["number"])
            discussion.accept_answer(
                thread=thread, post=post, by=self.users[accepted["by"]], at=aware(accepted["at"])
            )
        if "resolved" in spoken:
            resolved = spoken["resolved"]
            discussion.resolve_thread(
                thread=thread, resolution=resolved["resolution"], **self._moderated(resolved)
            )
        if "pinned" in spoken:
            discussion.pin_thread(thread=thread, **self._moderated(spoken["pinned"]))
        if "locked" in spoken:
            discussion.lock_thread(thread=thread, **self._moderated(spoken["locked"]))
        if "hidden" in spoken:
            discussion.hide_thread(thread=thread, **self._moderated(spoken["hidden"]))

    def _moderated(self, act: dict[str, Any]) -> dict[str, Any]:
        """Who did it, when, and why if it takes a reason."""
        by, at = self.users[act.get("by", "nkechi")], aware(act["at"])
        return {"by": by, "at": at} | ({"reason": act["reason"]} if "reason" in act else {})

    def _further_reading(self, part: Part, notes: dict[str, str]) -> None:
        linked = set(SourceLink.objects.filter(part=part).values_list("source__key", flat=True))
        for key, note in notes.items():
            if key not in linked:
                source = Source.objects.get(series=part.series_id, key=key)
                link = sources.link_source(source=source, part=part, by=self.users["mara"], note=note)
                SourceLink.objects.filter(pk=link.pk).update(created_at=published_at(part.number))

    def _tags(self, descriptions: dict[str, str]) -> None:
        for name, description in descriptions.items():
            tag = Tag.objects.filter(name=name).first()
            if tag and not tag.description:
                tag.description = description
                save_tag(tag=tag, by=self.users["admin"])

    def _date_the_rest(self, series: Series) -> None:
        """Citations in posts, and tags: as old as what brought them. Only what this run has made."""
        post = Post.objects.filter(pk=OuterRef("post"))
        SourceLink.objects.filter(post__thread__series=series, created_at__gte=self.began).update(
            created_at=Subquery(post.values(at=Coalesce("edited_at", "created_at"))[:1])
        )
        for tag in Tag.objects.filter(created_at__gte=self.began).annotate(
            in_source=Min("source_items__content_object__created_at"),
            in_thread=Min("thread_items__content_object__created_at"),
        ):
            firsts = [first for first in (tag.in_source, tag.in_thread) if first is not None]
            Tag.objects.filter(pk=tag.pk).update(created_at=min(firsts, default=tag.created_at))
