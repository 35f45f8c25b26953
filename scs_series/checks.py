"""System checks: each names the mistake and the remedy. docs/checks.md lists them."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.cache import caches
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections
from django.utils.module_loading import import_string

from scs_series.conf import SETTINGS

_NEEDED_APPS = ("markdownx", "taggit", "rest_framework")


@register
def check_settings(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E001–E005, E012: the SCS_SERIES dict."""
    host = getattr(settings, "SCS_SERIES", {})
    if not isinstance(host, dict):
        return [Error("SCS_SERIES is not a dict.", hint="Write SCS_SERIES = {…}.", id="scs_series.E001")]
    messages: list[CheckMessage] = []
    for name, value in host.items():
        if name not in SETTINGS:
            near = difflib.get_close_matches(name, SETTINGS, n=1)
            hint = (
                f"Did you mean {near[0]!r}?"
                if near
                else "Remove it; docs/configuration.md lists what there is."
            )
            messages.append(Error(f"SCS_SERIES has no setting {name!r}.", hint=hint, id="scs_series.E002"))
            continue
        setting = SETTINGS[name]
        wrong_bool = isinstance(value, bool) and setting.type is int
        if not isinstance(value, setting.type) or wrong_bool:
            kinds = setting.type if isinstance(setting.type, tuple) else (setting.type,)
            wanted = " or ".join("None" if kind is type(None) else kind.__name__ for kind in kinds)
            messages.append(
                Error(
                    f"SCS_SERIES[{name!r}] is {type(value).__name__}, not {wanted}.",
                    hint=f"{setting.why} The default is {setting.default!r}.",
                    id="scs_series.E003",
                )
            )
        elif not setting.valid(value):
            messages.append(
                Error(
                    f"SCS_SERIES[{name!r}] = {value!r} makes no sense.",
                    hint=setting.remedy,
                    id="scs_series.E003",
                )
            )
    policy_path = host.get("POLICY", SETTINGS["POLICY"].default)
    try:
        found = import_string(str(policy_path))
    except ImportError as error:
        messages.append(
            Error(
                f"SCS_SERIES['POLICY'] = {policy_path!r} cannot be imported: {error}",
                hint="Give the dotted path of a subclass of scs_series.policies.Policy.",
                id="scs_series.E004",
            )
        )
    else:
        from scs_series.policies import Policy  # models are there only once the registry is ready

        if not (isinstance(found, type) and issubclass(found, Policy)):
            messages.append(
                Error(
                    f"SCS_SERIES['POLICY'] = {policy_path!r} is not a policy.",
                    hint="Give the dotted path of a subclass of scs_series.policies.Policy.",
                    id="scs_series.E004",
                )
            )
    for name in ("CLIENT_ADDRESS", "ERASE_USER"):
        messages += _check_function(name, host.get(name, ""))
    alias = host.get("PAGE_CACHE", SETTINGS["PAGE_CACHE"].default)
    if isinstance(alias, str) and alias not in caches.settings:
        messages.append(
            Error(
                f"SCS_SERIES['PAGE_CACHE'] = {alias!r} is not in CACHES.",
                hint="Name one of CACHES, or None for no page cache.",
                id="scs_series.E005",
            )
        )
    return messages


def _check_function(name: str, path: object) -> list[CheckMessage]:
    """E012: a function of the host that is asked for only when somebody needs it, and should fail before that."""
    if not path or not isinstance(path, str):
        return []
    try:
        if callable(import_string(path)):
            return []
        wrong = "is not a function."
    except ImportError as error:
        wrong = f"cannot be imported: {error}"
    hint = f"{SETTINGS[name].why} Or leave it out."
    return [Error(f"SCS_SERIES[{name!r}] = {path!r} {wrong}", hint=hint, id="scs_series.E012")]


@register
def check_apps(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E006: the apps ours rests on."""
    return [
        Error(
            f"scs_series needs {name!r} in INSTALLED_APPS.",
            hint=f"Add {name!r} to INSTALLED_APPS.",
            id="scs_series.E006",
        )
        for name in _NEEDED_APPS
        if not apps.is_installed(name)
    ]


@register
def check_markdownx(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E007, E008: a preview that is not the result, and endpoints open to anybody."""
    messages: list[CheckMessage] = []
    function = getattr(settings, "MARKDOWNX_MARKDOWNIFY_FUNCTION", "markdownx.utils.markdownify")
    if function == "markdownx.utils.markdownify":
        messages.append(
            Error(
                "MARKDOWNX_MARKDOWNIFY_FUNCTION is markdownx's own, which does not sanitise.",
                hint='Set it to "scs_series.services.writing.markdownify".',
                id="scs_series.E007",
            )
        )
    from django.urls import Resolver404, resolve
    from django.urls.exceptions import NoReverseMatch

    for path in ("/markdownx/markdownify/", "/markdownx/upload/"):
        try:
            match = resolve(path)
        except (Resolver404, NoReverseMatch):
            continue
        if match.func.__module__.startswith("markdownx"):
            messages.append(
                Error(
                    f"{path} is markdownx's own view: it answers anybody and stores whatever is sent.",
                    hint='Remove include("markdownx.urls"); scs_series.urls brings both views with their limits.',
                    id="scs_series.E008",
                )
            )
    return messages


@register(deploy=True)
def check_proxies(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """W009: DRF's throttles believe X-Forwarded-For unless told how many proxies stand before the host."""
    rest = getattr(settings, "REST_FRAMEWORK", {})
    if rest.get("DEFAULT_THROTTLE_CLASSES") and rest.get("NUM_PROXIES") is None:
        return [
            Warning(
                "REST_FRAMEWORK throttles by address but NUM_PROXIES is not set: a forged header escapes the limit.",
                hint='Set REST_FRAMEWORK["NUM_PROXIES"] to the number of proxies before the host (0 for none).',
                id="scs_series.W009",
            )
        ]
    return []


@register(deploy=True)
def check_mail(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """W011: members are told in the page alone, for nobody said where the links in a mail lead."""
    host = getattr(settings, "SCS_SERIES", {})
    if isinstance(host, dict) and not host.get("BASE_URL"):
        return [
            Warning(
                "SCS_SERIES['BASE_URL'] is empty: no e-mail is sent to members.",
                hint="Set it to scheme and host, such as 'https://series.example.org'; or silence this check.",
                id="scs_series.W011",
            )
        ]
    return []


@register(Tags.database)
def check_sqlite(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """W010: SQLite whose transactions do not take their lock at the start."""
    return [
        Warning(
            f"The SQLite database {alias!r} begins transactions without a lock: writers that meet may be refused.",
            hint='Set DATABASES[…]["OPTIONS"]["transaction_mode"] = "IMMEDIATE".',
            id="scs_series.W010",
        )
        for alias in databases or ()
        if connections[alias].vendor == "sqlite"
        and settings.DATABASES[alias].get("OPTIONS", {}).get("transaction_mode") != "IMMEDIATE"
    ]
