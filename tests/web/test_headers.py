"""Headers: no page runs a script or a style of its own body, the console is kept from caches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from consent_server.app import create_app
from consent_server.config import Settings
from consent_server.house import house_of
from consent_server.storage.database import db
from support.console import SIGN_IN, Console, new_console
from support.shop import Shop

pytestmark = pytest.mark.on_sqlite


@pytest.fixture
def secure_app(settings: Settings) -> Iterator[Flask]:
    """The application as browsers reach it over https."""
    app = create_app(replace(settings, public_url="https://consent.example"))
    yield app
    house_of(app).writer.close()
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


def policy_of(client: FlaskClient, path: str) -> dict[str, str]:
    policy = client.get(path).headers["Content-Security-Policy"]
    return dict(part.strip().split(" ", 1) for part in policy.split(";"))


def test_no_page_may_run_what_stands_in_its_own_body(shop: Shop) -> None:
    client = shop.app.test_client()

    for path in (SIGN_IN, f"/policies/{shop.key}", "/admin/nowhere"):
        policy = policy_of(client, path)
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == "'self'"
        assert "unsafe" not in str(policy)


def test_no_other_site_can_frame_a_page(shop: Shop) -> None:
    client = shop.app.test_client()

    assert policy_of(client, SIGN_IN)["frame-ancestors"] == "'none'"
    assert policy_of(client, f"/policies/{shop.key}")["frame-ancestors"] == "'self'"


def test_nothing_of_the_console_stays_in_a_cache(owner: Console) -> None:
    for path in (SIGN_IN, "/admin/", "/admin/sites", "/admin/nowhere"):
        assert owner.get(path).headers["Cache-Control"] == "no-store"


def test_no_answer_is_guessed_at_or_tells_other_sites_where_one_was(shop: Shop) -> None:
    client = shop.app.test_client()

    for path in (SIGN_IN, f"/embed/{shop.key}.js", "/healthz", "/static/pages/base.css"):
        with client.get(path) as answer:
            headers = answer.headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"


def test_over_http_browsers_are_not_told_to_insist_on_https(client: FlaskClient) -> None:
    assert "Strict-Transport-Security" not in client.get("/healthz").headers


def test_over_https_browsers_insist_on_it_and_send_cookies_only_there(secure_app: Flask) -> None:
    console = new_console(secure_app, "owner", signed_in=False)

    chosen = console.get(f"{SIGN_IN}?lang=ko")
    signed_in = console.client.get(SIGN_IN, base_url="https://consent.example")

    assert "max-age=31536000" in chosen.headers["Strict-Transport-Security"]
    assert all("Secure" in cookie for cookie in chosen.headers.getlist("Set-Cookie"))
    assert all("Secure" in cookie for cookie in signed_in.headers.getlist("Set-Cookie"))
