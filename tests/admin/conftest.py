"""The desk: a stage with everybody on it, and clients that are signed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db.models.fields.files import FieldFile
from django.test import Client
from django.urls import reverse

from tests.stage import Stage

#: Every model of the app that the admin shows.
MODELS = (
    "series", "part", "partrevision", "source", "sourcelink", "thread", "post", "postrevision", "tag", "member",
    "outboxitem",
)  # fmt: skip


@pytest.fixture
def root(stage: Stage) -> Client:
    """A superuser's client."""
    return client_of(stage, "superuser")


@pytest.fixture
def act() -> Callable[..., list[str]]:
    """Run an action of a list on some objects; gives back the messages said."""

    def run(client: Client, model: str, action: str, *objects: Any, **data: Any) -> list[str]:
        client.cookies.pop("messages", None)  # what was said before and read by nobody
        answer = client.post(
            list_url(model), {"action": action, "_selected_action": [obj.pk for obj in objects], **data}
        )
        assert answer.status_code in (200, 302), answer.status_code
        return [str(message) for message in get_messages(answer.wsgi_request)]

    return run


def client_of(stage: Stage, role: str) -> Client:
    client = Client()
    client.force_login(stage.users[role])
    return client


def list_url(model: str) -> str:
    return reverse(f"admin:scs_series_{model}_changelist")


def add_url(model: str) -> str:
    return reverse(f"admin:scs_series_{model}_add")


def change_url(obj: Any) -> str:
    return reverse(f"admin:scs_series_{obj._meta.model_name}_change", args=[obj.pk])


def delete_url(obj: Any) -> str:
    return reverse(f"admin:scs_series_{obj._meta.model_name}_delete", args=[obj.pk])


def filled(answer: Any) -> dict[str, Any]:
    """What a browser would send back from the change page just shown, unchanged."""
    data: dict[str, Any] = {}
    forms = [answer.context["adminform"].form]
    for inline in answer.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.initial_forms]
    readonly = set(answer.context["adminform"].readonly_fields)
    for form in forms:
        for bound in form:
            if bound.name in readonly:
                continue
            data.update(_sent(bound))
    return data


def _sent(bound: Any) -> dict[str, Any]:
    widget, value = bound.field.widget, bound.value()
    if hasattr(widget, "widgets_names"):  # date and time apart
        parts = widget.decompress(value) if not isinstance(value, list) else value
        return {
            f"{bound.html_name}{suffix}": sub.format_value(part) or ""
            for suffix, sub, part in zip(widget.widgets_names, widget.widgets, parts, strict=True)
        }
    if isinstance(value, (list, tuple)):
        return {bound.html_name: [getattr(one, "pk", one) for one in value]}
    if isinstance(value, FieldFile):
        return {}  # a browser sends no file that was not chosen anew
    sent = {bound.html_name: "" if value is None or value is False else getattr(value, "pk", value)}
    if bound.field.show_hidden_initial:
        sent[bound.html_initial_name] = sent[bound.html_name]
    return sent
