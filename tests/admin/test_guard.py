"""The one guard: who is not signed in signs in, who has not the role is refused, on every page."""

from __future__ import annotations

from typing import get_args
from urllib.parse import urlsplit

import pytest
from flask import Flask

from consent_server.admin.guard import ROLES, RoleName
from support.console import SIGN_IN, Console, new_console
from support.shop import Shop

UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
NEEDS = {  # the role that each page asks for, written down a second time
    "GET /admin/": "viewer",
    "GET /admin/sites": "viewer",
    "GET /admin/sites/new": "owner",
    "POST /admin/sites/new": "owner",
    "GET /admin/sites/<key>/notice": "viewer",
    "GET /admin/sites/<key>/notice/draft": "owner",
    "POST /admin/sites/<key>/notice/draft": "owner",
    "POST /admin/sites/<key>/notice/discard": "owner",
    "POST /admin/sites/<key>/notice/announce": "owner",
    "POST /admin/sites/<key>/notice/publish": "owner",
    "POST /admin/sites/<key>/notice/cancel": "owner",
    "POST /admin/sites/<key>/notice/rollback": "owner",
    "GET /admin/sites/<key>": "viewer",
    "GET /admin/sites/<key>/change": "owner",
    "POST /admin/sites/<key>/change": "owner",
    "POST /admin/sites/<key>/pinned": "owner",
    "GET /admin/consents": "viewer",
    "GET /admin/consents/<uuid:consent_id>": "viewer",
    "GET /admin/visits": "handler",
    "POST /admin/visits": "handler",
    "POST /admin/visits/done": "handler",
    "GET /admin/exports": "handler",
    "POST /admin/exports": "handler",
    "GET /admin/archive": "handler",
    "GET /admin/archive/new": "handler",
    "POST /admin/archive/new": "handler",
    "GET /admin/archive/<reference>": "handler",
    "POST /admin/archive/<reference>/decide": "owner",
    "POST /admin/archive/<reference>/read": "handler",
    "POST /admin/archive/<reference>/hand-over": "handler",
    "GET /admin/disclosures": "owner",
    "GET /admin/disclosures.csv": "owner",
    "GET /admin/certificates": "viewer",
    "GET /admin/certificates.csv": "viewer",
    "GET /admin/certificates/<int:number>": "viewer",
    "POST /admin/certificates/<int:number>": "owner",
    "GET /admin/exports/copies": "handler",
    "GET /admin/exports/copies/<reference>": "handler",
    "POST /admin/exports/copies/<reference>": "handler",
    "GET /admin/retention": "viewer",
    "GET /admin/statistics": "viewer",
    "GET /admin/access-log": "owner",
    "GET /admin/holds": "owner",
    "GET /admin/holds/new": "owner",
    "POST /admin/holds/new": "owner",
    "GET /admin/holds/<uuid:hold_id>": "owner",
    "POST /admin/holds/<uuid:hold_id>/extend": "owner",
    "POST /admin/holds/<uuid:hold_id>/release": "owner",
    "POST /admin/holds/<uuid:hold_id>/records": "owner",
}


def console_routes(app: Flask) -> dict[str, str]:
    """Returns the role of every page of the console, by method and address."""
    return {
        f"{method} {rule.rule}": getattr(app.view_functions[rule.endpoint], "role", "anyone")
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("admin.")
        for method in (rule.methods or set()) & {"GET", "POST"}
    }


def address(route: str, shop: Shop) -> str:
    path = route.split(" ")[1]
    path = path.replace("<int:number>", "1")
    return (
        path.replace("<key>", shop.key)
        .replace("<uuid:consent_id>", UNKNOWN_ID)
        .replace("<uuid:hold_id>", UNKNOWN_ID)
    )


def test_every_page_asks_for_the_role_that_is_meant(app: Flask) -> None:
    assert console_routes(app) == NEEDS


@pytest.mark.parametrize("role", get_args(RoleName))
def test_a_page_opens_for_its_role_and_those_above_and_for_nobody_else(
    app: Flask, shop: Shop, role: RoleName
) -> None:
    console = new_console(app, role)
    token = console.token("/admin/")

    refused = set()
    for route in NEEDS:
        method = route.split(" ")[0]
        answer = console.client.open(
            address(route, shop),
            method=method,
            data={"csrf_token": token} if method == "POST" else None,
        )
        assert answer.status_code in (200, 302, 400, 403, 404), route
        if answer.status_code == 403:
            refused.add(route)

    above = ROLES[ROLES.index(role) + 1 :]
    assert refused == {route for route, needed in NEEDS.items() if needed in above}


def test_whoever_is_not_signed_in_is_led_to_the_sign_in_from_every_page(
    stranger: Console, shop: Shop
) -> None:
    token = stranger.token(SIGN_IN)

    for route in NEEDS:
        method = route.split(" ")[0]
        answer = stranger.client.open(
            address(route, shop),
            method=method,
            data={"csrf_token": token} if method == "POST" else None,
        )
        assert answer.status_code == 302, route
        assert urlsplit(answer.location).path == SIGN_IN, route


def test_a_refused_operator_is_told_what_to_do(viewer: Console) -> None:
    answer = viewer.get("/admin/visits")

    assert answer.status_code == 403
    assert answer.mimetype == "text/html"
    assert "An owner can change that." in answer.text


def test_pages_offer_only_what_the_role_may_open(
    viewer: Console, handler: Console, owner: Console
) -> None:
    links = ("/admin/consents", "/admin/visits", "/admin/exports", "/admin/access-log")

    offered = {
        console.email: [link for link in links if f'href="{link}"' in console.get("/admin/").text]
        for console in (viewer, handler, owner)
    }

    assert offered[viewer.email] == list(links[:1])
    assert offered[handler.email] == list(links[:3])
    assert offered[owner.email] == list(links)
