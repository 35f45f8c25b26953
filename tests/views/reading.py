"""What a rendered page is made of, by an HTML5 parser's judgement."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import html5lib

_WRITES = re.compile(r"^\s*(INSERT|UPDATE|DELETE|REPLACE|CREATE|DROP|ALTER|TRUNCATE)\b", re.IGNORECASE)
_TRANSACTION = re.compile(r"^\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b", re.IGNORECASE)


def tree(response: Any) -> Any:
    return html5lib.parse(response.content.decode(), treebuilder="etree", namespaceHTMLElements=False)


def faults_of(response: Any) -> list[str]:
    """What a strict content security policy, an HTML checker or a screen reader would not take."""
    document = tree(response)
    faults = []
    ids: Counter[str] = Counter()
    targets = set()
    for element in document.iter():
        if not isinstance(element.tag, str):
            continue
        if element.get("id"):
            ids[element.get("id")] += 1
        for name, value in element.attrib.items():
            if str(name).lower().startswith("on"):
                faults.append(f"handler {name} on {element.tag}")
            if name == "style":
                faults.append(f"inline style on {element.tag}")
            if name in ("href", "src", "action", "formaction") and str(value).strip().lower().startswith(
                ("javascript:", "data:", "vbscript:")
            ):
                faults.append(f"{name}={value[:40]}")
            if name in ("aria-labelledby", "aria-describedby", "for", "headers"):
                targets |= {(name, one) for one in value.split()}
        if element.tag == "style":
            faults.append("a style element")
        if element.tag == "script" and (element.text or "").strip():
            faults.append("a script with text")
        if element.tag == "script" and not str(element.get("src", "")).startswith("/static/"):
            faults.append(f"a script from {element.get('src')}")
        if element.tag == "link" and str(element.get("href", "")).startswith(("http:", "https:", "//")):
            faults.append(f"a link to another origin: {element.get('href')}")
        if element.tag == "img" and element.get("alt") is None:
            faults.append("an image without alt")
    faults += [f"id {name} stands {count} times" for name, count in ids.items() if count > 1]
    faults += [
        f"{name} points at {target}, which is not there" for name, target in targets if target not in ids
    ]
    if document.find(".//title") is None or not (document.find(".//title").text or "").strip():
        faults.append("no title")
    if len(document.findall(".//h1")) != 1:
        faults.append(f"{len(document.findall('.//h1'))} h1")
    return faults


def links_of(response: Any) -> list[str]:
    return [a.get("href") for a in tree(response).iter("a") if a.get("href")]


def text_of(response: Any) -> str:
    return "".join(tree(response).find("body").itertext())


def counted(queries: Any) -> list[str]:
    """The statements that are not BEGIN, COMMIT, SAVEPOINT and the like."""
    return [query["sql"] for query in queries if not _TRANSACTION.match(query["sql"])]


def writes_in(queries: Any) -> list[str]:
    return [sql for sql in counted(queries) if _WRITES.match(sql)]
