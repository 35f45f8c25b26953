"""Every hostile payload of the material, in every place of a text where a member or author could put it."""

from __future__ import annotations

from collections.abc import Iterator

from scs_series.text import Reference
from tests.text.material import load

# The payload in the fields of a source: a reference's HTML is trusted no more than a text.
PLACES = {
    "raw": "{}",
    "paragraph": "before {} after",
    "own block": "before\n\n{}\n\nafter",
    "quote": "> {}",
    "list": "- {}",
    "emphasis": "**{}**",
    "link text": "[{}](/x)",
    "link target": "[x]({})",
    "link target in brackets": "[x](<{}>)",
    "link title": '[x](/y "{}")',
    "reference": "[x]\n\n[x]: {}",
    "image": "![{}](/media/x.png)",
    "image target": "![x]({})",
    "image target in brackets": "![x](<{}>)",
    "autolink": "<{}>",
    "table": "| a |\n|---|\n| {} |",
    "code": "`{}`",
    "fence": "```\n{}\n```",
    "fence language": "```{}\nx\n```",
    "heading": "# {}",
    "footnote": "x[^1]\n\n[^1]: {}",
    "citation": "[see {} @known, {}]",
    "raw block": "<div>{}</div>",
    "raw attribute": '<span lang="{}">x</span>',
    "raw link": '<a href="{}">x</a>',
    "raw image": '<img src="{}" alt="{}">',
    "raw details": "<details>\n\n{}\n\n</details>",
    "hostile source": "text [@hostile, p. 1]",
}


def payloads() -> list[str]:
    return [entry["payload"] for entry in load("xss/payloads.json")]


def texts(payload: str) -> Iterator[tuple[str, str]]:
    """The name of each place and the Markdown with the payload in it."""
    one_line = " ".join(payload.splitlines())
    for place, shape in PLACES.items():
        yield place, shape.replace("{}", payload)
        if "\n" in payload:
            yield f"{place}, on one line", shape.replace("{}", one_line)


def references(payload: str) -> dict[str, Reference]:
    return {
        "known": Reference("known", "Known 2020", "<i>Known</i>", "/sources/known/"),
        "hostile": Reference("hostile", payload, payload, payload),
    }
