"""The few interface words that end up inside rendered text, in the language active when it is rendered."""

from __future__ import annotations

from django.core.exceptions import AppRegistryNotReady, ImproperlyConfigured
from django.utils.translation import gettext


def gettext_noop(message: str) -> str:
    """Mark a word for makemessages, which looks for this name. Django's own asks for settings at import."""
    return message


NOTE = gettext_noop("Note")
CLOSE = gettext_noop("Close")
SOURCES = gettext_noop("Sources")
SOURCE = gettext_noop("source:")
WHERE_CITED = gettext_noop("Where cited")
TABLE = gettext_noop("Table")
IMAGE = gettext_noop("Image")
FOOTNOTE = gettext_noop("Footnote")
FOOTNOTES = gettext_noop("Footnotes")
BACK_TO_TEXT = gettext_noop("Back to the text")
TASK_DONE = gettext_noop("Completed task")
TASK_OPEN = gettext_noop("Incomplete task")

BAD_CHARACTER = gettext_noop(
    "Line %(line)s holds a character that cannot be kept (%(character)s). Remove it."
)
TOO_LONG = gettext_noop("This text has %(length)s characters; %(limit)s are allowed. Shorten it or split it.")
TOO_DEEP = gettext_noop("Quotes or lists are nested too deeply. Take some levels out.")


def word(english: str) -> str:
    """Translate one of the constants above; the English word itself where Django is not (yet) set up.

    Text is rendered when it is written, so the word is stored in the language active at that moment: callers
    that serve several languages activate the language of the text first.
    """
    try:
        return gettext(english)
    except (ImproperlyConfigured, AppRegistryNotReady):
        return english
