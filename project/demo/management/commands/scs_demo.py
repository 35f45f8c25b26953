"""Loads the demo series: members, sources, six parts, their threads.

Runs again without doubling anything: every thing is looked up by what it is known by (key, number, submission key)
and made only where it is missing, so what people changed meanwhile stays as they left it.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import yaml
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from scs_series.bibliography.bibtex import read_bibtex
from scs_series.models import Member, Part, Post, Series, Source, SourceLink, Tag, Thread
from scs_series.services import discussion, sources
from scs_series.services import series as series_service
from scs_series.services.members import member_for, save_member
from scs_series.services.tagging import save_tag, tags_named

HERE = Path(__file__).resolve().parents[2]

_MODERATES = (
    "pin_thread", "lock_thread", "hide_thread", "edit_any_thread", "see_hidden", "hide_post", "edit_any_post",
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
    data = _yaml("series.yaml")
    return [
        (username, who["password"], who.get("role", "reader"))
        for username, who in data["members"].items()
        if "password" in who
    ]


class Command(BaseCommand):
    help = "Loads the demo series; run again, it adds only what is missing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--accounts", metavar="FILE", help="Also write the accounts and passwords to this file."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        data = _yaml("series.yaml")
        self.users = {username: self._user(username, who) for username, who in data["members"].items()}
        series = self._series(data)
        self._sources(series)
        for number, place in enumerate(data["parts"]):
            published_at = data["first_part_at"] + dt.timedelta(weeks=number)
            corrections = [c for c in data["corrections"] if c["part"] == place["number"]]
            part = self._part(series, place, published_at, corrections)
            self._threads(part)
            self._further_reading(part, data["further_reading"].get(part.number, {}))
        self._tags(data["tags"])
        self.stdout.write(
            f"{series}: {Part.objects.filter(series=series).count()} parts, "
            f"{Source.objects.filter(series=series).count()} sources, "
            f"{Thread.objects.filter(series=series).count()} threads, "
            f"{Post.objects.filter(thread__series=series).count()} posts, {Member.objects.count()} members"
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
            series = series_service.save_series(series=Series(**fields), by=self.users["admin"])
            series.authors.set([self.users["mara"].scs_member])
        return series

    def _sources(self, series: Series) -> None:
        known = set(Source.objects.filter(series=series).values_list("key", flat=True))
        for name in ("sources.bib", "sources-extra.bib"):
            read = read_bibtex((HERE / name).read_text(encoding="utf-8"))
            for problem in read.problems:
                self.stderr.write(f"{name}: {problem}")
            for record in read.records:
                if record.key in known:
                    continue
                tags = tags_named(
                    (keyword.replace("-", " ") for keyword in record.keywords[: sources.tag_limit()]),
                    by=self.users["admin"], limit=sources.tag_limit(),
                )  # fmt: skip
                source = sources.source_from_record(record, series=series)
                sources.add_source(source=source, by=self.users["mara"], tags=tags)

    def _part(
        self,
        series: Series,
        place: dict[str, Any],
        published_at: dt.datetime,
        corrections: list[dict[str, Any]],
    ) -> Part:
        part = Part.objects.filter(series=series, number=place["number"]).select_related("series").first()
        if part is None:
            text = (HERE / "text" / f"{place['number']}-{place['slug']}.md").read_text(encoding="utf-8")
            _start, front, body = text.split("---\n", 2)
            part = Part(
                series=series, number=place["number"], title=place["title"], slug=place["slug"],
                standfirst=yaml.safe_load(front)["standfirst"].strip(), body=body.strip() + "\n",
            )  # fmt: skip
            texts = [part.body]
            for correction in reversed(corrections):
                texts.append(_before(texts[-1], correction))
            part.body = texts.pop()
            mara = self.users["mara"]
            written_at = published_at - dt.timedelta(days=3)
            series_service.save_part(part=part, by=mara, reason="First version", at=written_at)
            series_service.publish_part(part=part, by=mara, at=published_at)
            for correction in corrections:
                part.body = texts.pop()
                series_service.save_part(part=part, by=mara, reason=correction["reason"], at=correction["at"])
        return part

    def _threads(self, part: Part) -> None:
        written = set(
            Post.objects.filter(
                thread__part=part, submission_key__startswith=f"demo-{part.number}-"
            ).values_list("submission_key", flat=True)
        )
        for place, spoken in enumerate(_yaml(f"threads/part-{part.number}.yaml"), start=1):
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
            at=_aware(opening["at"]),
        )  # fmt: skip
        thread = Thread.objects.select_related("part", "series", "author").get(pk=thread.pk)
        for number, said in enumerate(spoken["posts"], start=1):
            if number in missing - {1} and not thread.locked_at and not thread.hidden_at:
                discussion.reply(
                    thread=thread, by=self.users[said["author"]], body=said["body"], answers=said.get("answers"),
                    submission_key=f"{key}-{number}", at=_aware(said["at"]),
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
                at=_aware(edit["at"]),
            )  # fmt: skip
        if "hidden" in said:
            discussion.hide_post(post=post, **self._moderated(said["hidden"]))

    def _acts_on_thread(self, thread: Thread, spoken: dict[str, Any]) -> None:
        if "pinned" in spoken:
            discussion.pin_thread(thread=thread, **self._moderated(spoken["pinned"]))
        if "locked" in spoken:
            discussion.lock_thread(thread=thread, **self._moderated(spoken["locked"]))
        if "hidden" in spoken:
            discussion.hide_thread(thread=thread, **self._moderated(spoken["hidden"]))

    def _moderated(self, act: dict[str, Any]) -> dict[str, Any]:
        """Who did it, when, and why if it takes a reason."""
        by, at = self.users[act.get("by", "nkechi")], _aware(act["at"])
        return {"by": by, "at": at} | ({"reason": act["reason"]} if "reason" in act else {})

    def _further_reading(self, part: Part, notes: dict[str, str]) -> None:
        linked = set(SourceLink.objects.filter(part=part).values_list("source__key", flat=True))
        for key, note in notes.items():
            if key not in linked:
                source = Source.objects.get(series=part.series_id, key=key)
                sources.link_source(source=source, part=part, by=self.users["mara"], note=note)

    def _tags(self, descriptions: dict[str, str]) -> None:
        for name, description in descriptions.items():
            tag = Tag.objects.filter(name=name).first()
            if tag and not tag.description:
                tag.description = description
                save_tag(tag=tag, by=self.users["admin"])


def _yaml(name: str) -> Any:
    return yaml.safe_load((HERE / name).read_text(encoding="utf-8"))


def _before(text: str, correction: dict[str, Any]) -> str:
    """The text as it read until a correction was made."""
    for change in correction["changes"]:
        if text.count(change["now"]) != 1:
            raise CommandError(f"part {correction['part']} does not say once: {change['now']}")
        text = text.replace(change["now"], change["before"])
    return text


def _aware(moment: dt.datetime) -> dt.datetime:
    return moment if timezone.is_aware(moment) else moment.replace(tzinfo=dt.UTC)
