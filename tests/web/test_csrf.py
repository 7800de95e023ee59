"""Every form of the console carries a token; what does without must say where it comes from."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from support.console import Console

pytestmark = pytest.mark.on_sqlite

BY_ORIGIN = ("origin", "own page")
ON_NO_COOKIE = ("visitor token", "public")  # the token is in the body; nothing is done for a cookie
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


def posted_to(app: Flask) -> list[tuple[str, str]]:
    """Returns (address, guard) of everything that can be posted to."""
    return [
        (rule.rule, getattr(app.view_functions[rule.endpoint], "guard", "operator"))
        for rule in app.url_map.iter_rules()
        if UNSAFE & (rule.methods or set())
    ]


_PARAMETER = re.compile(r"<(?:(\w+):)?\w+>")
_VALUES = {"uuid": "00000000-0000-4000-8000-000000000000", "int": "1", None: "k3v9x2m4p7qa"}


def _some_value(parameter: re.Match[str]) -> str:
    return _VALUES[parameter[1]]


def test_without_token_every_form_is_refused_even_to_an_owner(app: Flask, owner: Console) -> None:
    forms = [path for path, guard in posted_to(app) if guard not in BY_ORIGIN + ON_NO_COOKIE]

    answers = {
        path: owner.client.post(_PARAMETER.sub(_some_value, path), data={"name": "Shop"})
        for path in forms
    }

    assert len(forms) >= 6
    assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(
        forms, 400
    )


def test_a_token_of_another_session_is_refused(app: Flask, owner: Console) -> None:
    foreign = Console(app, app.test_client(), owner.email).token("/admin/sign-in")

    answer = owner.client.post("/admin/sign-out", data={"csrf_token": foreign})

    assert answer.status_code == 400


def test_only_addresses_guarded_by_origin_do_without_a_token(app: Flask) -> None:
    exempt = [path for path, guard in posted_to(app) if guard in BY_ORIGIN + ON_NO_COOKIE]

    assert exempt
    assert all(path.startswith(("/v1/", "/preferences/", "/my-data/")) for path in exempt)


def test_forms_guarded_by_their_page_are_refused_when_it_is_not_named(app: Flask) -> None:
    own = [path for path, guard in posted_to(app) if guard == "own page"]

    answers = [app.test_client().post(path.replace("<site_key>", "k3v9x2m4p7qa")) for path in own]

    assert own
    assert {answer.status_code for answer in answers} == {403}


def test_what_is_guarded_by_origin_sets_no_cookie(app: Flask) -> None:
    for path, guard in posted_to(app):
        if guard == "origin":
            assert "Set-Cookie" not in app.test_client().post(path, data=b"{}").headers
