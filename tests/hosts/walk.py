"""Run inside a bare host project: write a thread by the page, read it back through page, admin and API.

A script and no test: it runs under the host's interpreter, which has the wheel and what that asks for, nothing else.
"""

from __future__ import annotations

import json
import os
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "host.settings"
django.setup()

from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from django.test.utils import setup_test_environment

from scs_series.models import Series

setup_test_environment()


def sent(response: Any) -> Any:
    """The answer to a form, which leads on when it was taken and else says what is wrong."""
    if response.status_code != 302:
        forms = [
            response.context[name]
            for name in ("form", "adminform")
            if response.context and name in response.context
        ]
        raise SystemExit(
            f"{response.request['PATH_INFO']}: {response.status_code} {[form.errors for form in forms]}"
        )
    return response


def fields_of(form: Any) -> dict[str, Any]:
    values = {field.html_name: field.value() for field in form}
    return {name: value for name, value in values.items() if value is not None}


def save_in_admin(client: Client, path: str, **values: Any) -> None:
    """Fill in an admin form as a person does: leave what it offers, type the values, save."""
    context = client.get(path).context
    data = fields_of(context["adminform"].form)
    for inline in context["inline_admin_formsets"]:
        data |= fields_of(inline.formset.management_form)
    sent(client.post(path, {**data, **values, "_save": "Save"}))


users = get_user_model()
curator = users.objects.create_superuser("curator@example.org", "a fine password")
reader = users.objects.create_user("reader@example.org", "a fine password")
assert users.USERNAME_FIELD == "email", users.USERNAME_FIELD

# ------------------------------------------------------------------------------ what an editor does first, in the admin
admin = Client()
admin.force_login(curator)
save_in_admin(admin, "/admin/scs_series/series/add/", title="A bare host", slug="bare")
save_in_admin(
    admin, "/admin/scs_series/part/add/", series=Series.objects.get(slug="bare").pk, number=1, title="The first part", slug="first",
    body="It works[^1] 学.\n\n[^1]: So far.", publication="published",
)  # fmt: skip

# -------------------------------------------------------------------------------------------- what a member does, by page
visitor, member = Client(), Client()
member.force_login(reader)
part = visitor.get("/series/bare/first/")
assert part.status_code == 200, part.status_code
assert "It works" in part.content.decode()

new = "/series/bare/first/threads/new/"
refused = visitor.get(new)
assert refused.status_code == 302, refused.status_code
assert refused.headers["Location"].startswith(str(settings.LOGIN_URL)), refused.headers["Location"]
form = fields_of(member.get(new).context["form"])
form |= {
    "title": "Does it work there?",
    "kind": "question",
    "tags": "hosts, 学",
    "body": "I **ask**. <script>alert(1)</script>",
}
address = sent(member.post(new, form)).headers["Location"].partition("#")[0]

# ------------------------------------------------------------------------------------------------------------ reading back
page = visitor.get(address)
assert page.status_code == 200, page.status_code
html = page.content.decode()
assert "Does it work there?" in html
assert "<strong>ask</strong>" in html
assert "<script>alert" not in html
assert "reader@example.org" not in html, "an address is nobody's name"

rows = admin.get("/admin/scs_series/thread/?q=there")
assert "Does it work there?" in rows.content.decode()

found = visitor.get("/api/v1/threads/").json()["results"]
assert [thread["title"] for thread in found] == ["Does it work there?"], found
posts = visitor.get("/api/v1/posts/", {"thread": found[0]["id"]}).json()["results"]
assert len(posts) == 1, posts
change = admin.get(f"/admin/scs_series/thread/{found[0]['id']}/change/")
assert change.status_code == 200, change.status_code

# ------------------------------------------------------------------------------------------------------- and by the API too
client = Client(headers={"accept": "application/json"})
client.force_login(reader)
answer = client.post(
    "/api/v1/posts/",
    json.dumps({"thread": found[0]["id"], "body": "It does."}),
    content_type="application/json",
)
assert answer.status_code == 201, answer.content
assert "It does." in visitor.get(address).content.decode()

print(json.dumps({"thread": found[0]["id"], "address": address, "posts": 2}))
