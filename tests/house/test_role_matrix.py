"""Role by route, over every route of the application: who gets in, and who does not.

A new route has no row here and fails. What each right means is written down a second time.
"""

from __future__ import annotations

from typing import Final, NamedTuple
from urllib.parse import urlsplit

import pytest
from flask import Flask

from consent_server.operators.rules import ROLES
from consent_server.operators.services import add_operator
from consent_server.policies.services import open_site
from consent_server.sites.services import NewSite, find_site
from support.console import PASSWORD, SIGN_IN, Console
from support.shop import Shop

UNKNOWN_ID: Final = "00000000-0000-4000-8000-000000000000"
# right -> roles that have it; of pages that are read, `auditor` opens every one
HOLDERS: Final = {
    "own": {"viewer", "handler", "editor", "officer", "auditor", "owner"},
    "records.read": {"viewer", "handler", "editor", "officer", "auditor", "owner"},
    "personal.read": {"handler", "officer", "auditor", "owner"},
    "personal.handle": {"handler", "officer", "owner"},
    "duties.decide": {"officer", "owner"},
    "notices.change": {"editor", "owner"},
    "log.read": {"officer", "auditor", "owner"},
    "log.review": {"officer", "owner"},
    "operators.read": {"officer", "auditor", "owner"},
    "everything.change": {"owner"},
}
CONSOLE: Final = {
    "GET /admin/": "records.read",
    "GET /admin/sites": "records.read",
    "GET /admin/sites/new": "everything.change",
    "POST /admin/sites/new": "everything.change",
    "GET /admin/sites/<key>": "records.read",
    "GET /admin/sites/<key>/change": "everything.change",
    "POST /admin/sites/<key>/change": "everything.change",
    "POST /admin/sites/<key>/pinned": "notices.change",
    "GET /admin/sites/<key>/banner": "records.read",
    "POST /admin/sites/<key>/banner": "notices.change",
    "POST /admin/sites/<key>/banner/undo": "notices.change",
    "GET /admin/sites/<key>/banner/preview": "records.read",
    "POST /admin/sites/<key>/banner/preview": "records.read",
    "POST /admin/sites/<key>/banner/lint": "records.read",
    "GET /admin/consents": "records.read",
    "GET /admin/consents/<uuid:consent_id>": "records.read",
    "POST /admin/consents/<uuid:consent_id>": "records.read",
    "GET /admin/consents/<uuid:consent_id>/banner.html": "records.read",
    "GET /admin/consents/<uuid:consent_id>/receipt.json": "records.read",
    "GET /admin/visits": "personal.read",
    "POST /admin/visits": "personal.read",
    "POST /admin/visits/done": "personal.read",
    "GET /admin/exports": "personal.handle",
    "POST /admin/exports": "personal.handle",
    "GET /admin/exports/prepared": "personal.handle",
    "GET /admin/exports/prepared/<reference>": "personal.handle",
    "POST /admin/exports/prepared/<reference>/cancel": "personal.handle",
    "GET /admin/exports/files/<link>": "personal.handle",
    "GET /admin/exports/schedules": "duties.decide",
    "POST /admin/exports/schedules": "duties.decide",
    "GET /admin/exports/schedules/<int:number>": "duties.decide",
    "POST /admin/exports/schedules/<int:number>": "duties.decide",
    "GET /admin/exports/copies": "personal.handle",
    "GET /admin/exports/copies/<reference>/manifest.json": "personal.handle",
    "GET /admin/exports/copies/<reference>": "personal.handle",
    "POST /admin/exports/copies/<reference>": "personal.handle",
    "GET /admin/archive": "personal.handle",
    "GET /admin/archive/new": "personal.handle",
    "POST /admin/archive/new": "personal.handle",
    "GET /admin/archive/<reference>": "personal.handle",
    "POST /admin/archive/<reference>/decide": "duties.decide",
    "POST /admin/archive/<reference>/read": "personal.handle",
    "POST /admin/archive/<reference>/hand-over": "personal.handle",
    "GET /admin/disclosures": "duties.decide",
    "GET /admin/disclosures.csv": "duties.decide",
    "GET /admin/certificates": "records.read",
    "GET /admin/certificates.csv": "records.read",
    "GET /admin/certificates/<int:number>": "records.read",
    "POST /admin/certificates/<int:number>": "duties.decide",
    "GET /admin/holds": "duties.decide",
    "GET /admin/holds/new": "duties.decide",
    "POST /admin/holds/new": "duties.decide",
    "GET /admin/holds/<uuid:hold_id>": "duties.decide",
    "POST /admin/holds/<uuid:hold_id>/extend": "duties.decide",
    "POST /admin/holds/<uuid:hold_id>/release": "duties.decide",
    "POST /admin/holds/<uuid:hold_id>/records": "duties.decide",
    "GET /admin/retention": "records.read",
    "GET /admin/statistics": "records.read",
    "GET /admin/sites/<key>/notice": "records.read",
    "GET /admin/sites/<key>/notice/draft": "notices.change",
    "POST /admin/sites/<key>/notice/draft": "notices.change",
    "POST /admin/sites/<key>/notice/discard": "notices.change",
    "POST /admin/sites/<key>/notice/announce": "notices.change",
    "POST /admin/sites/<key>/notice/publish": "notices.change",
    "POST /admin/sites/<key>/notice/cancel": "notices.change",
    "POST /admin/sites/<key>/notice/rollback": "notices.change",
    "GET /admin/access-log": "log.read",
    "POST /admin/access-log": "log.read",
    "GET /admin/access-log/reviews": "log.read",
    "GET /admin/access-log/reviews/<month>": "log.read",
    "POST /admin/access-log/reviews/<month>": "log.review",
    "GET /admin/access-log/reviews/<month>/sign": "log.review",
    "GET /admin/operators": "operators.read",
    "POST /admin/operators": "everything.change",
    "POST /admin/operators/invitations/<int:invitation_id>/withdraw": "everything.change",
    "GET /admin/operators/<int:operator_id>": "operators.read",
    "POST /admin/operators/<int:operator_id>/grants": "everything.change",
    "POST /admin/operators/<int:operator_id>/grants/<int:grant_id>/end": "everything.change",
    "POST /admin/operators/<int:operator_id>/training": "everything.change",
    "POST /admin/operators/<int:operator_id>/sessions/end": "everything.change",
    "POST /admin/operators/<int:operator_id>/dismiss": "everything.change",
    "GET /admin/operators/tokens": "operators.read",
    "POST /admin/operators/tokens": "everything.change",
    "GET /admin/operators/tokens/<int:token_id>": "operators.read",
    "POST /admin/operators/tokens/<int:token_id>/rotate": "everything.change",
    "POST /admin/operators/tokens/<int:token_id>/revoke": "everything.change",
    "GET /admin/account": "own",
    "POST /admin/account/sessions/<int:session_id>/end": "own",
    "POST /admin/account/sessions/end": "own",
    "GET /admin/account/passkeys/new": "own",
    "POST /admin/account/passkeys/new": "own",
    "GET /admin/account/passkeys/<int:passkey_id>": "own",
    "POST /admin/account/passkeys/<int:passkey_id>": "own",
    "POST /admin/confirm/passkey": "own",
}
# pages that show only granted sites, besides those with a site's key in their address
OF_GRANTED_SITES: Final = {
    "GET /admin/",
    "GET /admin/sites",
    "GET /admin/consents",
    "GET /admin/consents/<uuid:consent_id>",
    "POST /admin/consents/<uuid:consent_id>",
    "GET /admin/consents/<uuid:consent_id>/banner.html",
    "GET /admin/consents/<uuid:consent_id>/receipt.json",
    "GET /admin/visits",
    "POST /admin/visits",
    "POST /admin/visits/done",
    "GET /admin/exports",
    "POST /admin/exports",
    "GET /admin/exports/prepared",
    "GET /admin/exports/prepared/<reference>",
    "POST /admin/exports/prepared/<reference>/cancel",
    "GET /admin/exports/files/<link>",
}
FOR_THE_SIGNED_IN: Final = {  # Flask-Security's own pages about oneself
    "POST /admin/sign-out",
    "GET /admin/confirm",
    "POST /admin/confirm",
    "GET /admin/password",
    "POST /admin/password",
    "GET /admin/second-factor",
    "POST /admin/second-factor",
    "POST /admin/second-factor/<token>",
    "GET /admin/recovery-codes",
    "POST /admin/recovery-codes",
}
FOR_THE_HALF_SIGNED_IN: Final = {  # after the password, before the second factor
    "GET /admin/sign-in/code",
    "POST /admin/sign-in/code",
    "GET /admin/sign-in/recovery",
    "POST /admin/sign-in/recovery",
    "GET /admin/sign-in/passkey/second",
    "POST /admin/sign-in/passkey/second",
    "GET /admin/sign-in/passkey/new",
    "POST /admin/sign-in/passkey/new",
}
CLOSED: Final = {
    "GET /admin/sign-in/choose",
    "POST /admin/sign-in/choose",
    "GET /admin/sign-in/rescue",
    "POST /admin/sign-in/rescue",
}
FOR_OTHERS: Final = {
    "GET /admin/sign-in": "sign-in",
    "POST /admin/sign-in": "sign-in",
    "GET /admin/sign-in/passkey": "sign-in",
    "POST /admin/sign-in/passkey": "sign-in",
    "GET /admin/invitations/<token>": "invitation",
    "POST /admin/invitations/<token>": "invitation",
    "GET /": "public",
    "GET /static/<path:filename>": "public",
    "GET /healthz": "public",
    "GET /readyz": "public",
    "GET /metrics": "public",
    "GET /embed/<site_key>.js": "public",
    "GET /embed/<site_key>/<part>.js": "public",
    "GET /embed/<site_key>/pinned/<name>.js": "public",
    "GET /policies/<site_key>": "public",
    "GET /policies/<site_key>/<int:number>": "public",
    "GET /schemas/site.json": "public",
    "GET /.well-known/gpc.json": "public",
    "GET /openapi.json": "public",
    "GET /docs": "public",
    "GET /problems/<code>": "public",
    "POST /v1/receipts/verification": "public",
    "POST /v1/consents": "origin",
    "POST /v1/visits": "origin",
    "GET /v1/consents/current": "visitor token",
    "GET /v1/export/consents": "token",
    "GET /preferences/<site_key>": "public",
    "POST /preferences/<site_key>": "own page",
    "POST /preferences/<site_key>/visits": "own page",
    "GET /preferences/<site_key>/receipt": "visitor token",
    "GET /preferences/<site_key>/my-data": "visitor token",
    "GET /my-data/<site_key>": "visitor token",
    "POST /my-data/<site_key>": "visitor token",
    "POST /my-data/<site_key>/withdrawal": "own page",
    "POST /my-data/<site_key>/erasure": "own page",
    "GET /my-data/<site_key>/receipts/<uuid:consent_id>": "visitor token",
}


class Operator(NamedTuple):
    """Who tries: a role on all sites, or on the shop's alone."""

    role: str
    is_of_one_site: bool = False


OPERATORS: Final = [Operator(role, limited) for role in ROLES for limited in (False, True)]


def routes(app: Flask) -> set[str]:
    return {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_every_route_has_a_row_and_every_row_a_route(app: Flask) -> None:
    rows = {*CONSOLE, *FOR_THE_SIGNED_IN, *FOR_THE_HALF_SIGNED_IN, *CLOSED, *FOR_OTHERS}

    assert routes(app) == rows


def test_every_page_asks_for_the_right_that_is_meant(app: Flask) -> None:
    asked = {
        f"{method} {rule.rule}": getattr(app.view_functions[rule.endpoint], "right", "anyone")
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("admin.")
        for method in (rule.methods or set()) & {"GET", "POST"}
    }

    assert asked == CONSOLE


def test_every_other_route_declares_the_guard_that_is_meant(app: Flask) -> None:
    wrong = {}
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) & {"GET", "POST"}:
            wanted = FOR_OTHERS.get(f"{method} {rule.rule}")
            guard = getattr(app.view_functions[rule.endpoint], "guard", None)
            if wanted not in (None, "sign-in") and rule.endpoint != "static" and guard != wanted:
                wrong[rule.rule] = guard

    assert wrong == {}


def test_a_page_opens_for_those_who_have_its_right_and_for_nobody_else(
    app: Flask, shop: Shop
) -> None:
    for operator in OPERATORS:
        console = console_of(app, shop, operator)
        token = console.token("/admin/")

        opened = {
            route for route in CONSOLE if not is_refused(send(console, route, shop, token), route)
        }

        wanted = {route for route in CONSOLE if is_meant_for(operator, route)}
        assert opened == wanted, operator


def is_meant_for(operator: Operator, route: str) -> bool:
    holders = HOLDERS[CONSOLE[route]] | ({"auditor"} if route.startswith("GET") else set())
    is_near = "<key>" in route or route in OF_GRANTED_SITES or CONSOLE[route] == "own"
    return operator.role in holders and (is_near or not operator.is_of_one_site)


def is_refused(status: int, route: str) -> bool:
    assert status in (200, 302, 400, 403, 404), route
    return status == 403


def test_of_another_site_nothing_opens_and_nothing_is_known(
    app: Flask, shop: Shop, other_key: str
) -> None:
    for role in ROLES:
        console = console_of(app, shop, Operator(role, is_of_one_site=True))
        token = console.token("/admin/")

        answers = {
            route: send(console, route, shop, token, key=other_key)
            for route in CONSOLE
            if "<key>" in route
        }

        assert set(answers.values()) == {404}, role


def test_whoever_is_not_signed_in_is_led_to_the_sign_in_from_every_page(
    stranger: Console, shop: Shop
) -> None:
    token = stranger.token(SIGN_IN)

    for route in {*CONSOLE, *FOR_THE_SIGNED_IN, *FOR_THE_HALF_SIGNED_IN} - {"POST /admin/sign-out"}:
        method, path = address(route, shop)
        answer = stranger.client.open(path, method=method, data=form_of(method, token))
        assert answer.status_code == 302, route
        assert urlsplit(answer.location).path == SIGN_IN, route


def test_closed_pages_of_the_library_are_not_there(owner: Console, shop: Shop) -> None:
    token = owner.token("/admin/")

    assert {send(owner, route, shop, token) for route in CLOSED} == {404}


def test_every_form_of_the_console_is_refused_without_its_token(
    owner: Console, stranger_client: Console, shop: Shop
) -> None:
    posted = {route for route in routes(owner.app) if route.startswith("POST /admin")}

    for route in posted:
        console = stranger_client if "invitations/<token>" in route else owner
        method, path = address(route, shop)
        assert console.client.open(path, method=method, data={"a": "b"}).status_code == 400, route
    assert owner.get("/admin/").status_code == 200  # not even the sign-out went through


@pytest.fixture
def other_key(app: Flask) -> str:
    """The key of a site of which the operators here have no role."""
    with app.app_context():
        return open_site(NewSite(name="Other", origins=["https://other.example"])).key


@pytest.fixture
def stranger_client(app: Flask) -> Console:
    """A browser of nobody."""
    return Console(app, app.test_client(), "nobody@shop.example")


def console_of(app: Flask, shop: Shop, operator: Operator) -> Console:
    email = f"{operator.role}.{operator.is_of_one_site}@shop.example".lower()
    with app.app_context():
        site_id = find_site(shop.key).id if operator.is_of_one_site else None
        add_operator(email, PASSWORD, operator.role, site_id)
    console = Console(app, app.test_client(), email)
    assert console.sign_in().status_code == 302
    return console


def send(console: Console, route: str, shop: Shop, token: str, key: str = "") -> int:
    method, path = address(route, shop, key)
    return console.client.open(path, method=method, data=form_of(method, token)).status_code


def form_of(method: str, token: str) -> dict[str, str] | None:
    return {"csrf_token": token} if method == "POST" else None


def address(route: str, shop: Shop, key: str = "") -> tuple[str, str]:
    method, path = route.split(" ")
    for name, value in {
        "<key>": key or shop.key,
        "<uuid:consent_id>": UNKNOWN_ID,
        "<uuid:hold_id>": UNKNOWN_ID,
        "<int:number>": "1",
        "<reference>": "0123456789",
        "<token>": "made-up",
        "<month>": "2026-01",
        "<int:token_id>": "999",
        "<int:invitation_id>": "999",
        "<int:operator_id>": "999",
        "<int:grant_id>": "999",
        "<link>": "export-0000.0.none",
        "<int:session_id>": "999",
        "<int:passkey_id>": "999",
    }.items():
        path = path.replace(name, value)
    return method, path
