"""SCS_SERIES: defaults, the host's values, and a policy of the host's own."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings

from scs_series.conf import SETTINGS, app_settings
from scs_series.exceptions import NotAllowed
from scs_series.policies import Policy, policy
from scs_series.services import discussion
from tests.stage import build_stage, fresh_thread


class NobodyReplies(Policy):
    """A host's policy that differs in one point."""

    def can_reply(self, user: Any, thread: Any) -> bool:
        return False


@pytest.mark.parametrize("name", SETTINGS)
@override_settings(SCS_SERIES={})
def test_every_setting_has_a_default_that_is_valid_and_says_why(name: str) -> None:
    setting = SETTINGS[name]
    assert getattr(app_settings, name) == setting.default
    assert isinstance(setting.default, setting.type)
    assert setting.valid(setting.default)
    assert len(setting.why) > 15
    assert setting.why.endswith(".")


def test_a_changed_setting_is_seen_at_once_and_forgotten_again() -> None:
    before = app_settings.POSTS_PER_PAGE
    with override_settings(SCS_SERIES={"POSTS_PER_PAGE": 3}):
        assert app_settings.POSTS_PER_PAGE == 3
        with override_settings(SCS_SERIES={"POSTS_PER_PAGE": 4}):
            assert app_settings.POSTS_PER_PAGE == 4
        assert app_settings.POSTS_PER_PAGE == 3
    assert before == app_settings.POSTS_PER_PAGE


def test_a_host_need_not_have_the_dict(settings: Any) -> None:
    del settings.SCS_SERIES
    assert SETTINGS["POSTS_PER_PAGE"].default == app_settings.POSTS_PER_PAGE
    settings.SCS_SERIES = None
    assert SETTINGS["POSTS_PER_PAGE"].default == app_settings.POSTS_PER_PAGE


def test_a_name_that_is_no_setting_is_an_error() -> None:
    with pytest.raises(AttributeError, match="POST_PER_PAGE"):
        _ = app_settings.POST_PER_PAGE


@pytest.mark.django_db
def test_a_hosts_policy_is_asked_by_services_and_pages(settings: Any) -> None:
    stage = build_stage()
    assert policy.can_reply(stage.user("member"), stage.thread)
    settings.SCS_SERIES = {**settings.SCS_SERIES, "POLICY": "tests.test_conf.NobodyReplies"}
    assert not policy.can_reply(stage.user("superuser"), stage.thread)
    with pytest.raises(NotAllowed):
        discussion.reply(thread=fresh_thread(stage.thread), by=stage.user("superuser"), body="x")
    client = stage.client("superuser")
    assert client.post(stage.forms()["post-create"], {"body": "kept"}).status_code == 403
    assert 'id="reply"' not in client.get(stage.thread.get_absolute_url()).content.decode()
    settings.SCS_SERIES = {}
    assert policy.can_reply(stage.user("member"), stage.thread)


@pytest.mark.parametrize(
    ("value", "good"), [("30/m", True), ("1/s", True), ("0/m", False), ("30", False), ("30/x", False), ("x/m", False), ("-1/m", False), ("²/m", False), ("", False)],
)  # fmt: skip
def test_a_rate_is_a_number_and_a_period(value: str, good: bool) -> None:
    assert SETTINGS["POST_RATE"].valid(value) is good
