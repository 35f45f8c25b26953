"""Signing up, in and out by the pages of the demo host."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Group, Permission
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from django.utils import timezone

from project.accounts import AuthenticationBackend
from project.sessions import SessionStore

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


@pytest.fixture
def mara():
    return get_user_model().objects.create_user("mara", "mara@example.org", PASSWORD)


def test_signing_up_takes_a_name_and_a_password_and_leads_back(client: Client) -> None:
    form = {"username": "newcomer", "password1": PASSWORD, "password2": PASSWORD, "next": "/tags/"}
    response = client.post("/accounts/signup/", form)
    assert (response.status_code, response.headers["Location"]) == (302, "/tags/")
    assert client.get("/tags/").context["user"].username == "newcomer"
    assert mail.outbox == []


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("username", "", "This field is required"),
        ("username", "MARA", "already exists"),
        ("username", "admin", "Username can not be used"),
        ("password1", "12345678", "too common"),
        ("password2", "another one", "same password"),
    ],
)
def test_each_mistake_is_named_at_its_field(client: Client, mara, field: str, value: str, says: str) -> None:
    form = {"username": "newcomer", "password1": PASSWORD, "password2": PASSWORD, field: value}
    html = client.post("/accounts/signup/", form).content.decode()
    place = html.index(f'id="id_{field}_error"')
    assert says in html[place : place + 600]
    assert re.search(rf'name="{field}"[^>]*aria-invalid="true"[^>]*id_{field}_error', html)
    assert 'role="alert"' in html
    assert get_user_model().objects.count() == 1


@pytest.mark.parametrize("login", ["mara", "mara@example.org"])
def test_signing_in_by_name_or_address_leads_back(client: Client, mara, login: str) -> None:
    page = client.get("/accounts/login/?next=/tags/").content.decode()
    assert '<input type="hidden" name="next" value="/tags/">' in page
    assert 'autocomplete="current-password"' in page
    assert 'href="/accounts/signup/?next=%2Ftags%2F"' in page
    response = client.post("/accounts/login/", {"login": login, "password": PASSWORD, "next": "/tags/"})
    assert (response.status_code, response.headers["Location"]) == (302, "/tags/")


def test_signing_in_leads_nowhere_else(client: Client, mara) -> None:
    form = {"login": "mara", "password": PASSWORD, "next": "https://evil.example/"}
    assert client.post("/accounts/login/", form).headers["Location"] == "/series/"


def test_signing_out_asks_first(client: Client, mara) -> None:
    client.force_login(mara, backend="project.accounts.AuthenticationBackend")
    assert "Sign out?" in client.get("/accounts/logout/").content.decode()
    assert client.get("/tags/").context["user"].is_authenticated
    client.post("/accounts/logout/")
    assert not client.get("/tags/").context["user"].is_authenticated


def test_the_admin_signs_in_at_the_same_door(client: Client) -> None:
    response = client.get("/admin/", follow=True)
    assert response.redirect_chain[-1][0].startswith("/accounts/login/?next=")


def test_a_forgotten_password_is_set_anew_by_mail(client: Client, mara) -> None:
    client.post("/accounts/password/reset/", {"email": "mara@example.org"})
    link = re.search(r"https?://testserver(/accounts/password/reset/key/\S+)", mail.outbox[0].body)
    assert link
    page = client.get(link[1], follow=True)
    assert 'autocomplete="new-password"' in page.content.decode()
    client.post(page.request["PATH_INFO"], {"password1": "another fine one", "password2": "another fine one"})
    mara.refresh_from_db()
    assert mara.check_password("another fine one")


def test_a_name_is_locked_for_an_address_that_guesses(client: Client, mara, settings) -> None:
    settings.AXES_ENABLED = True
    settings.AXES_FAILURE_LIMIT = 3
    for _attempt in range(2):
        assert client.post("/accounts/login/", {"login": "mara", "password": "guess"}).status_code == 200
    refused = client.post("/accounts/login/", {"login": "Mara", "password": "guess"})
    assert refused.status_code == 429
    assert "Too many attempts" in refused.content.decode()
    # The right password does not help while it lasts, from there; from elsewhere its owner comes in.
    assert client.post("/accounts/login/", {"login": "mara", "password": PASSWORD}).status_code == 429
    elsewhere = Client(REMOTE_ADDR="10.0.0.7")
    assert elsewhere.post("/accounts/login/", {"login": "mara", "password": PASSWORD}).status_code == 302


@pytest.mark.parametrize(
    "path", ["/accounts/password/change/", "/accounts/email/", "/accounts/password/reset/"]
)
def test_the_other_pages_wear_the_same_clothes(client: Client, mara, path: str) -> None:
    client.force_login(mara, backend="project.accounts.AuthenticationBackend")
    html = client.get(path).content.decode()
    assert 'class="scs-form"' in html
    assert 'class="scs-masthead"' in html
    assert "style=" not in html


def test_permissions_are_those_of_django_in_one_query(mara, django_assert_num_queries) -> None:
    own, shared, both = Permission.objects.filter(content_type__app_label="scs_series").order_by("pk")[:3]
    group = Group.objects.create(name="Moderators")
    group.permissions.set([shared, both])
    mara.groups.add(group)
    mara.user_permissions.set([own, both])
    backend = AuthenticationBackend()
    with django_assert_num_queries(1):
        user = backend.get_user(mara.pk)
    with django_assert_num_queries(1):
        mine = backend.get_all_permissions(user)
        assert user.has_perm(f"scs_series.{shared.codename}")
        assert not user.has_perm("scs_series.nothing_of_the_kind")
    assert mine == ModelBackend().get_all_permissions(mara)
    assert len(mine) == 3
    assert backend.get_all_permissions(user, obj=mara) == set()
    user.is_active = False
    assert backend.get_all_permissions(user) == set()
    boss = get_user_model().objects.create_superuser("boss")
    assert backend.get_all_permissions(boss) == ModelBackend().get_all_permissions(boss)


def test_who_is_not_active_or_gone_is_nobody(mara) -> None:
    backend = AuthenticationBackend()
    assert backend.get_user(mara.pk) == mara
    mara.is_active = False
    mara.save()
    assert backend.get_user(mara.pk) is None
    assert backend.get_user(mara.pk + 1) is None


def test_a_session_that_ended_or_was_made_up_is_none(client: Client, mara, settings) -> None:
    settings.SESSION_ENGINE = "project.sessions"
    client.force_login(mara, backend="project.accounts.AuthenticationBackend")
    key = client.session.session_key
    assert client.get("/tags/").context["user"] == mara
    Session.objects.filter(pk=key).update(expire_date=timezone.now() - timedelta(seconds=1))
    assert client.get("/tags/").context["user"].is_anonymous
    made_up = SessionStore(session_key="a" * 32)
    made_up["cart"] = 1
    made_up.save()
    assert made_up.session_key != "a" * 32
