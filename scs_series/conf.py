"""Every setting of the app, read from ``settings.SCS_SERIES``: name, default, type, one line of why.

Read lazily, so that a test's ``override_settings`` is seen at once and nothing is frozen at import.
``checks.py`` validates a host's values against the same table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings as django_settings
from django.core.signals import setting_changed


@dataclass(frozen=True)
class Setting:
    """One entry of SCS_SERIES. ``valid`` sees a value of the right type and says whether it makes sense."""

    default: Any
    type: type | tuple[type, ...]
    why: str
    valid: Callable[[Any], bool] = lambda value: True
    remedy: str = ""


def _positive(value: int) -> bool:
    return value > 0


def _rate(value: str) -> bool:
    count, _, period = value.partition("/")
    return count.isascii() and count.isdigit() and int(count) > 0 and period in ("s", "m", "h", "d")


def _words(value: dict[Any, Any]) -> bool:
    return all(isinstance(k, str) and 0 < len(k) <= 20 and k.isidentifier() and v for k, v in value.items())


_POSITIVE = "Give a whole number above zero."
_RATE = 'Give a number and a period, such as "30/m"; the periods are s, m, h and d.'

SETTINGS: dict[str, Setting] = {
    "SITE_NAME": Setting("Open Series", str, "The name in the masthead and in page titles."),
    "POLICY": Setting(
        "scs_series.policies.Policy", str, "Dotted path of the class that answers who may do what."
    ),
    "LOGIN_URL": Setting("", str, "Where visitors sign in; empty: settings.LOGIN_URL."),
    "SIGNUP_URL": Setting("", str, "Where visitors sign up; empty: no link is shown."),
    "LOGOUT_URL": Setting("", str, "Where members sign out (by POST); empty: no button is shown."),
    "POSTS_PER_PAGE": Setting(20, int, "Posts on a page of a thread.", _positive, _POSITIVE),
    "THREADS_PER_PAGE": Setting(20, int, "Threads on a page of a list.", _positive, _POSITIVE),
    "SOURCES_PER_PAGE": Setting(50, int, "Sources on a page of a bibliography.", _positive, _POSITIVE),
    "API_PAGE_SIZE": Setting(20, int, "Rows in an API list when none are asked for.", _positive, _POSITIVE),
    "API_MAX_PAGE_SIZE": Setting(100, int, "The most rows an API list gives.", _positive, _POSITIVE),
    "TITLE_MIN_LENGTH": Setting(8, int, "Shorter thread titles are not found again.", _positive, _POSITIVE),
    "TITLE_MAX_LENGTH": Setting(
        200, int, "Longest thread title, in characters.", lambda v: 0 < v <= 200, "Give 1 to 200."
    ),
    "POST_MAX_LENGTH": Setting(30_000, int, "Longest post, in characters.", _positive, _POSITIVE),
    "PART_MAX_LENGTH": Setting(200_000, int, "Longest part, in characters.", _positive, _POSITIVE),
    "TAGS_PER_THREAD": Setting(
        5, int, "The most tags a thread may carry.", lambda v: v >= 0, "Give 0 or more."
    ),
    "TAG_MAX_LENGTH": Setting(
        50, int, "Longest tag, in characters.", lambda v: 0 < v <= 100, "Give 1 to 100."
    ),
    "MEMBERS_CREATE_TAGS": Setting(True, bool, "Whether members may bring a tag into being by using it."),
    "MEMBERS_ADD_SOURCES": Setting(False, bool, "Whether members, not only editors, may add sources."),
    "UPLOAD_MAX_BYTES": Setting(5 * 1024 * 1024, int, "Largest image file, in bytes.", _positive, _POSITIVE),
    "UPLOAD_MAX_PIXELS": Setting(24_000_000, int, "Largest image, width × height.", _positive, _POSITIVE),
    "UPLOAD_MAX_SIDE": Setting(
        2_000, int, "Images are scaled down to this side, in px.", _positive, _POSITIVE
    ),
    "UPLOAD_PATH": Setting("scs_series/uploads/", str, "Folder in the default storage for uploaded images."),
    "IMAGE_PREFIXES": Setting(
        (), (tuple, list), "Addresses of images shown in texts, beside MEDIA_URL and STATIC_URL."
    ),
    "PREVIEW_RATE": Setting("60/m", str, "Previews a member may ask for.", _rate, _RATE),
    "UPLOAD_RATE": Setting("20/h", str, "Images a member may upload.", _rate, _RATE),
    "POST_RATE": Setting("30/m", str, "Threads and posts a member may write.", _rate, _RATE),
    "ADDRESS_RATE": Setting(
        "120/m", str, "Forms and API writes from one network address, whoever sends them.", _rate, _RATE
    ),
    "CLIENT_ADDRESS": Setting(
        "", str, "Dotted path of a function (request) → address; empty: REMOTE_ADDR, which a proxy hides."
    ),
    "REACTION_RATE": Setting("60/m", str, "Reactions a member may give.", _rate, _RATE),
    "OWN_RATE": Setting(
        "60/m", str, "Subscriptions, bookmarks, blocks and preferences a member may change.", _rate, _RATE
    ),
    "NAME_RATE": Setting(
        "10/h",
        str,
        "Times a member may change their public names, which stand in all they wrote.",
        _rate,
        _RATE,
    ),
    "DATA_RATE": Setting("5/h", str, "Times a member may download their own data.", _rate, _RATE),
    "DRAFT_RATE": Setting("120/m", str, "Times a member's drafts may be saved.", _rate, _RATE),
    "READING_RATE": Setting("240/m", str, "Times a member's place in a text may be noted.", _rate, _RATE),
    "COMPLETION_RATE": Setting(
        "240/m", str, "Completions of names, tags and keys a member may ask for.", _rate, _RATE
    ),
    "REACTIONS": Setting(
        {"agree": "Agree", "thanks": "Thanks", "insight": "Insightful"},
        dict,
        "Words to react to a post with, and what they are called.",
        _words,
        "Give short names (a to z) and their labels, such as {'agree': 'Agree'}; {} for none.",
    ),
    "MENTIONS_PER_POST": Setting(
        10, int, "The most members a post may mention.", lambda v: v >= 0, "Give 0 or more."
    ),
    "EDIT_WINDOW": Setting(
        86_400,
        (int, type(None)),
        "How long authors may edit or withdraw their posts, in seconds; None: always.",
        lambda v: v is None or v >= 0,
        "Give 0 or more, or None.",
    ),
    "BASE_URL": Setting(
        "",
        str,
        "Where the site is, for links in e-mail, such as 'https://series.example.org'; empty: no e-mail is sent.",
        lambda v: not v or v.startswith(("http://", "https://")),
        "Give scheme and host, without a path.",
    ),
    "OUTBOX_BATCH": Setting(500, int, "Members told, or mails sent, in one batch.", _positive, _POSITIVE),
    "OUTBOX_FIRST_PAUSE": Setting(
        60,
        int,
        "Seconds before what failed is tried again; doubled each time, up to a day.",
        _positive,
        _POSITIVE,
    ),
    "OUTBOX_ATTEMPTS": Setting(
        12, int, "Tries before an item is given up, to be sent again by hand.", _positive, _POSITIVE
    ),
    "OUTBOX_KEEP_DAYS": Setting(
        30, int, "Days that items stay in the outbox after they are done.", _positive, _POSITIVE
    ),
    "DIGEST_HOUR": Setting(
        7, int, "Hour (in TIME_ZONE) at which digests are sent.", lambda v: 0 <= v < 24, "Give 0 to 23."
    ),
    "DIGEST_WEEKDAY": Setting(
        0, int, "Day on which weekly digests are sent; 0 is Monday.", lambda v: 0 <= v < 7, "Give 0 to 6."
    ),
    "LIVE_EVENTS": Setting(
        "auto",
        str,
        "How new posts arrive: 'auto' (an event stream where the page is served by ASGI), 'stream', 'poll' or 'off'.",
        lambda v: v in ("auto", "stream", "poll", "off"),
        "Give 'auto', 'stream', 'poll' or 'off'.",
    ),
    "POLL_SECONDS": Setting(20, int, "Seconds between two looks for new posts.", _positive, _POSITIVE),
    "STREAMS_PER_PROCESS": Setting(
        500, int, "Event streams that one process keeps open; more are told to poll.", _positive, _POSITIVE
    ),
    "STREAMS_PER_READER": Setting(
        8, int, "Event streams of one member, or of one address without an account.", _positive, _POSITIVE
    ),
    "ERASE_USER": Setting(
        "",
        str,
        "Dotted path of a function (user) that removes the host's account when a member erases theirs; empty: deleted.",
    ),
    "PAGE_CACHE": Setting(
        "default", (str, type(None)), "Cache alias for visitors' pages; None: no page cache."
    ),
    "PAGE_CACHE_SECONDS": Setting(86_400, int, "How long a page is kept, in seconds.", _positive, _POSITIVE),
    "PAGE_CACHE_SALT": Setting(
        "", str, "Change it with a release whose templates differ, to drop cached pages."
    ),
    "WORDS_PER_MINUTE": Setting(
        230,
        int,
        "Reading speed for 'n minutes' (Brysbaert 2019: 238 wpm for English prose).",
        _positive,
        _POSITIVE,
    ),
}


class Settings:
    """``app_settings.POSTS_PER_PAGE``: the host's value, else the default.

    Raises AttributeError for a name that is not in SETTINGS.
    """

    def __getattr__(self, name: str) -> Any:
        if name not in SETTINGS:
            raise AttributeError(f"SCS_SERIES has no setting {name!r}")
        host = getattr(django_settings, "SCS_SERIES", None) or {}
        value = host.get(name, SETTINGS[name].default)
        # Kept on the instance: later reads skip __getattr__ altogether.
        self.__dict__[name] = value
        return value

    def reload(self) -> None:
        """Forget what was read; the next read asks the host's settings again."""
        self.__dict__.clear()


app_settings = Settings()


def _reload(*, setting: str, **kwargs: Any) -> None:
    if setting == "SCS_SERIES":
        app_settings.reload()


setting_changed.connect(_reload, dispatch_uid="scs_series.conf.reload")
