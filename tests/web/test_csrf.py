"""Every form carries a token; only addresses that use no cookie at all do without."""

from __future__ import annotations

from flask import Flask

from support.console import Console

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


def posted_to(app: Flask) -> list[tuple[str, str]]:
    """Returns (address, guard) of everything that can be posted to."""
    return [
        (rule.rule, getattr(app.view_functions[rule.endpoint], "guard", "operator"))
        for rule in app.url_map.iter_rules()
        if UNSAFE & (rule.methods or set())
    ]


def test_without_token_every_form_is_refused_even_to_an_owner(app: Flask, owner: Console) -> None:
    forms = [path for path, guard in posted_to(app) if guard != "origin"]

    answers = {
        path: owner.client.post(path.replace("<key>", "k3v9x2m4p7qa"), data={"name": "Shop"})
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
    exempt = [path for path, guard in posted_to(app) if guard == "origin"]

    assert exempt
    assert all(path.startswith("/v1/") for path in exempt)


def test_what_is_guarded_by_origin_sets_no_cookie(app: Flask) -> None:
    for path, guard in posted_to(app):
        if guard == "origin":
            assert "Set-Cookie" not in app.test_client().post(path, data=b"{}").headers
