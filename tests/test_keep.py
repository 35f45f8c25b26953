"""``{% keep %}``: rendered once for its values, and told apart by what may differ."""

from __future__ import annotations

from typing import Any

from django.template import Context, Template
from django.utils import translation

SOURCE = "{% load scs_keep %}{% keep name number %}{{ name }} {{ number }} {{ other }}{% endkeep %}"


def rendered(template: Template, **values: Any) -> str:
    return template.render(Context(values))


def test_a_block_is_rendered_once_for_each_choice_of_values() -> None:
    template = Template(SOURCE)
    assert rendered(template, name="a", number=1, other="first") == "a 1 first"
    assert rendered(template, name="a", number=1, other="not asked for") == "a 1 first"
    assert rendered(template, name="a", number=2, other="second") == "a 2 second"
    assert rendered(template, name="b", number=1) == "b 1 "
    assert rendered(Template(SOURCE), name="a", number=1, other="another template") == "a 1 another template"


def test_it_is_escaped_as_outside() -> None:
    assert rendered(Template(SOURCE), name="<b>", number=1) == "&lt;b&gt; 1 "


def test_languages_are_told_apart() -> None:
    template = Template(
        "{% load i18n scs_keep %}{% keep %}{% get_current_language as code %}{{ code }}{% endkeep %}"
    )
    with translation.override("en"):
        assert rendered(template) == "en"
    with translation.override("de"):
        assert rendered(template) == "de"


def test_what_is_kept_is_bounded() -> None:
    template = Template(SOURCE)
    for number in range(2_000):
        assert rendered(template, name="a", number=number) == f"a {number} "
    assert len(template.nodelist[1].kept) <= 256


def test_a_changed_setting_forgets_it(settings: Any) -> None:
    template = Template("{% load scs_keep scs_series %}{% keep %}{% site_name %}{% endkeep %}")
    assert rendered(template) == "Open Series"
    settings.SCS_SERIES = {"SITE_NAME": "Elsewhere"}
    assert rendered(template) == "Elsewhere"


def test_lean_leaves_indentation_out_and_nothing_else() -> None:
    template = Template(
        "{% load scs_keep %}{% lean %}<p>\n    a  b\n\n  {% if yes %}\n    {{ code }}\n  {% endif %}</p>{% endlean %}"
    )
    assert rendered(template, yes=True, code="x\n    y") == "<p>\na  b\n\nx\n    y\n</p>"
