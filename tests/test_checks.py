"""System checks: each fires with a remedy, and is silent when all is right."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks
from django.db import connection

from scs_series import checks

RIGHT = {
    "POSTS_PER_PAGE": 10,
    "POLICY": "scs_series.policies.Policy",
    "PAGE_CACHE": None,
    "IMAGE_PREFIXES": ["/x/"],
}


def ids(messages: Any) -> list[str]:
    assert all(message.hint for message in messages), "every check says what to do"
    return [message.id for message in messages]


@pytest.mark.django_db
def test_all_is_right_in_the_demo_host() -> None:
    assert [m for m in run_checks(databases=["default"]) if str(m.id).startswith("scs_series")] == []


def test_good_values_pass(settings: Any) -> None:
    settings.SCS_SERIES = RIGHT
    assert checks.check_settings(None) == []
    del settings.SCS_SERIES
    assert checks.check_settings(None) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([], ["scs_series.E001"]),
        ("x", ["scs_series.E001"]),
        ({"POST_PER_PAGE": 1}, ["scs_series.E002"]),
        ({"nonsense": 1}, ["scs_series.E002"]),
        ({"POSTS_PER_PAGE": "20"}, ["scs_series.E003"]),
        ({"POSTS_PER_PAGE": True}, ["scs_series.E003"]),
        ({"POSTS_PER_PAGE": 0}, ["scs_series.E003"]),
        ({"POSTS_PER_PAGE": None}, ["scs_series.E003"]),
        ({"TITLE_MAX_LENGTH": 300}, ["scs_series.E003"]),
        ({"POST_RATE": "often"}, ["scs_series.E003"]),
        ({"POST_RATE": "²/m"}, ["scs_series.E003"]),
        ({"MEMBERS_CREATE_TAGS": 1}, ["scs_series.E003"]),
        ({"IMAGE_PREFIXES": "/media/"}, ["scs_series.E003"]),
        ({"POLICY": "no.such.Policy"}, ["scs_series.E004"]),
        ({"POLICY": "scs_series.policies.None"}, ["scs_series.E004"]),
        ({"POLICY": "scs_series.policies.member_of"}, ["scs_series.E004"]),
        ({"PAGE_CACHE": "nowhere"}, ["scs_series.E005"]),
        ({"CLIENT_ADDRESS": "no.such.function"}, ["scs_series.E012"]),
        ({"ERASE_USER": "scs_series.models.TARGETS_"}, ["scs_series.E012"]),
        ({"ERASE_USER": "scs_series.api.urls.app_name"}, ["scs_series.E012"]),
        ({"ERASE_USER": "scs_series.services.erasure.erase_member"}, []),
        (
            {"POST_PER_PAGE": 1, "POSTS_PER_PAGE": -1, "PAGE_CACHE": "x"},
            ["scs_series.E002", "scs_series.E003", "scs_series.E005"],
        ),
    ],
)
def test_a_mistake_in_the_settings_is_named_with_its_remedy(
    settings: Any, value: Any, expected: list[str]
) -> None:
    settings.SCS_SERIES = value
    assert ids(checks.check_settings(None)) == expected


def test_a_near_miss_is_offered(settings: Any) -> None:
    settings.SCS_SERIES = {"POST_PER_PAGE": 1}
    assert checks.check_settings(None)[0].hint == "Did you mean 'POSTS_PER_PAGE'?"


def test_missing_apps_are_named(settings: Any) -> None:
    assert checks.check_apps(None) == []
    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if app not in ("taggit", "markdownx")]
    assert ids(checks.check_apps(None)) == ["scs_series.E006", "scs_series.E006"]


def test_a_preview_that_does_not_sanitise_is_named(settings: Any) -> None:
    assert checks.check_markdownx(None) == []
    del settings.MARKDOWNX_MARKDOWNIFY_FUNCTION
    assert ids(checks.check_markdownx(None)) == ["scs_series.E007"]
    settings.MARKDOWNX_MARKDOWNIFY_FUNCTION = "markdownx.utils.markdownify"
    assert ids(checks.check_markdownx(None)) == ["scs_series.E007"]


@pytest.mark.urls("tests.urls_with_markdownx")
def test_endpoints_open_to_anybody_are_named() -> None:
    assert ids(checks.check_markdownx(None)) == ["scs_series.E008", "scs_series.E008"]


def test_throttles_that_believe_any_header_are_named(settings: Any) -> None:
    settings.REST_FRAMEWORK = {"DEFAULT_THROTTLE_CLASSES": ["x"]}
    assert ids(checks.check_proxies(None)) == ["scs_series.W009"]
    settings.REST_FRAMEWORK = {"DEFAULT_THROTTLE_CLASSES": ["x"], "NUM_PROXIES": 0}
    assert checks.check_proxies(None) == []
    del settings.REST_FRAMEWORK
    assert checks.check_proxies(None) == []


def test_without_an_address_of_the_site_no_mail_is_sent(settings):
    settings.SCS_SERIES = {}
    assert ids(checks.check_mail(None)) == ["scs_series.W011"]
    settings.SCS_SERIES = {"BASE_URL": "https://series.example.org"}
    assert ids(checks.check_mail(None)) == []


def test_sqlite_without_locks_at_the_start_is_named(settings: Any) -> None:
    assert checks.check_sqlite(None, databases=["default"]) == []
    if connection.vendor != "sqlite":
        return
    settings.DATABASES["default"]["OPTIONS"], kept = {}, settings.DATABASES["default"]["OPTIONS"]
    try:
        assert ids(checks.check_sqlite(None, databases=["default"])) == ["scs_series.W010"]
        assert checks.check_sqlite(None) == []
    finally:
        settings.DATABASES["default"]["OPTIONS"] = kept
