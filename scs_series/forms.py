"""Clean input for pages. Forms hold what was typed; the rules are the services', whose errors they show."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from markdownx.widgets import MarkdownxWidget

from scs_series.conf import app_settings
from scs_series.exceptions import InvalidInput, RateLimited, SeriesError
from scs_series.models import MailPace, Post, Series, Thread
from scs_series.services.bookmarks import NOTE_MAX_LENGTH
from scs_series.services.discussion import REASON_MAX_LENGTH, clean_title
from scs_series.services.tagging import clean_names, split_names
from scs_series.services.writing import write_post


class EditorWidget(MarkdownxWidget):  # type: ignore[misc]  # markdownx carries no types
    """The Markdown editor: a textarea that works alone, with toolbar and preview where scripts run.

    Our own template, and no scripts of markdownx: ``editor.js`` sends the series along, so that citations show
    in the preview as they will in the post.
    """

    template_name = "scs_series/includes/_editor.html"

    def __init__(self, *, series: Series | None = None, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs={"rows": 10, **(attrs or {})})
        self.series = series

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None = None) -> dict[str, Any]:
        # Past markdownx's own get_context, which sets attributes for its script.
        context = forms.Textarea.get_context(self, name, value, attrs or {})
        context["series"] = self.series
        return context

    def _render(self, template_name: str, context: dict[str, Any], renderer: Any = None) -> SafeString:
        # The field by Django's form renderer, which does not look into a host's templates; the editor around it by
        # the engine of pages, which does.
        field = super()._render("django/forms/widgets/textarea.html", context, renderer)
        return render_to_string(template_name, {**context, "field": field})

    class Media:
        js = ()


class RefusableForm(forms.Form):
    """A form that shows a service's refusal where it was typed, with the text kept."""

    #: Seconds until it may be sent again, where it was sent too often.
    retry_after: int | None = None

    @property
    def status(self) -> int:
        """422 for a form with complaints, so that scripts and people are told alike; 429 where it was sent too often."""
        return 429 if self.retry_after is not None else 422 if self.errors else 200

    def add_domain_error(self, error: SeriesError) -> None:
        if isinstance(error, RateLimited):
            self.retry_after = error.retry_after
        field = error.field if error.field in self.fields else None
        self.add_error(field, forms.ValidationError(str(error), code=error.code))


class WithdrawForm(RefusableForm):
    """Why one takes a post back."""

    reason = forms.CharField(label=_("Why"), required=False, max_length=REASON_MAX_LENGTH)


class ResolveForm(RefusableForm):
    """What was decided of a correction or a source, and why."""

    resolution = forms.ChoiceField(label=_("What is decided?"), choices=Thread.Resolution)
    reason = forms.CharField(label=_("Why"), required=False, max_length=REASON_MAX_LENGTH)


class SubmittedForm(RefusableForm):
    """A form that is sent once however often the button is pressed: its key makes a retry the same post."""

    submission_key = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["submission_key"].initial = secrets.token_urlsafe(24)

    def add_domain_error(self, error: SeriesError) -> None:
        if error.field == "submission_key":
            # Nobody sees that field; with a new key the same text may be sent again.
            error.field = None
            self.data = {**self.data.dict(), "submission_key": secrets.token_urlsafe(24)}  # type: ignore[attr-defined]  # a QueryDict
        if error.code == "blocked":  # sent again, the text answers nobody
            error.field = None
            self.data = {**self.data.dict(), "answers": ""}  # type: ignore[attr-defined]  # a QueryDict
        super().add_domain_error(error)


class ThreadForm(SubmittedForm):
    """Start a thread with its opening post."""

    kind = forms.ChoiceField(label=_("What is it for?"), choices=Thread.Kind, initial=Thread.Kind.DISCUSSION)
    title = forms.CharField(label=_("Title"), max_length=1_000, strip=False)
    tags = forms.CharField(label=_("Tags"), required=False, max_length=5_000)
    body = forms.CharField(label=_("Opening post"), strip=False)

    def __init__(self, *args: Any, series: Series, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.series = series
        self.tags_limit = app_settings.TAGS_PER_THREAD
        if "body" in self.fields:
            self.fields["body"].widget = EditorWidget(series=series)

    def say_the_rest(self) -> None:
        """Where something is wrong, say all that is: a service stops at the first thing that it does not take.

        Asked only after a refusal, so that what is right is not read twice.
        """
        if not self.errors:
            return
        checks: dict[str, Callable[[str], object]] = {
            "title": clean_title,
            "tags": lambda typed: clean_names(split_names(typed)),
            "body": lambda typed: write_post(typed, series=self.series, doc_id="check"),
        }
        for name, check in checks.items():
            if name in self.cleaned_data:
                try:
                    check(self.cleaned_data[name])
                except InvalidInput as error:
                    self.add_domain_error(error)


class ThreadEditForm(ThreadForm):
    """A thread's title, kind and tags, with the revision they were read at."""

    body = None  # type: ignore[assignment]  # how a form leaves out what it inherits
    expected_revision = forms.IntegerField(min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)


class PostForm(SubmittedForm):
    """An answer."""

    answers = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)
    body = forms.CharField(label=_("Your answer"), strip=False)

    def __init__(self, *args: Any, series: Series, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["body"].widget = EditorWidget(series=series)


class PostEditForm(SubmittedForm):
    """A new text of a post, with the revision it was made from."""

    expected_revision = forms.IntegerField(min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)
    body = forms.CharField(label=_("Text"), strip=False)
    reason = forms.CharField(label=_("Why"), required=False, max_length=300)

    def __init__(self, *args: Any, series: Series, post: Post, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["body"].widget = EditorWidget(series=series)
        self.post = post


class PreferencesForm(RefusableForm):
    """A member's public names, and how they want to be told."""

    username = forms.CharField(label=_("Username"), max_length=150)
    display_name = forms.CharField(label=_("Name shown"), max_length=150, required=False)
    about = forms.CharField(
        label=_("About you"), max_length=1_000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    mail_pace = forms.ChoiceField(label=_("E-mail"), choices=MailPace)
    watches_started = forms.BooleanField(label=_("Watch threads I start"), required=False)
    watches_answered = forms.BooleanField(label=_("Watch threads I answer in"), required=False)
    hears_reactions = forms.BooleanField(label=_("Tell me of reactions to what I write"), required=False)


class BookmarkForm(RefusableForm):
    """A note on a bookmark. How long it may be is the service's rule; the form only stops what is absurd."""

    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=10 * NOTE_MAX_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class ErasureForm(RefusableForm):
    """One's username, typed, so that nobody erases themselves by a slip."""

    username = forms.CharField(label=_("Your username"), max_length=150)

    def __init__(self, *args: Any, username: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = username

    def clean_username(self) -> str:
        typed: str = self.cleaned_data["username"]
        if typed.strip() != self.expected:
            raise forms.ValidationError(_("This is not your username. Nothing was erased."), code="not_yours")
        return typed
