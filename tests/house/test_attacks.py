"""What attackers try, over every route: forms without a token, forged Host headers, links that lead
elsewhere, planted sessions, forged proxies, bodies without end. Files to import: tests/setups.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from typing import Final
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from consent_server.operators.next_page import is_in_console
from support.apps import MakeApp
from support.authenticator import enrol, make_recovery_codes, send_code
from support.console import PASSWORD, SIGN_IN, Console, new_console
from support.security_key import (
    ALONE,
    CONFIRM,
    FIRST,
    ORIGIN,
    SECOND,
    SecurityKey,
    add,
    answer,
    asked_on,
    show,
)
from support.shop import Shop

# most of what a browser sends does not depend on the database
on_sqlite = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)

EVIL: Final = "evil.example"
UNSAFE: Final = {"POST", "PUT", "PATCH", "DELETE"}
WITHOUT_TOKEN: Final = {  # guarded by where they come from, and by no cookie
    "POST /v1/consents",
    "POST /v1/visits",
    "POST /preferences/<site_key>",
    "POST /preferences/<site_key>/visits",
    "POST /my-data/<site_key>",
    "POST /my-data/<site_key>/withdrawal",
    "POST /my-data/<site_key>/erasure",
    "POST /v1/receipts/verification",
}
ELSEWHERE: Final = [
    f"https://{EVIL}/",
    f"//{EVIL}/",
    f"///{EVIL}/",
    f"////{EVIL}/admin/",
    f"/\\{EVIL}/",
    f"\\\\{EVIL}/",
    f"/\t/{EVIL}/",
    f"/admin/\n//{EVIL}",
    f"\thttps://{EVIL}/",
    f" https://{EVIL}/admin/",
    f"https:{EVIL}/admin/",
    f"https:/{EVIL}/admin/",
    f"http:\\\\{EVIL}/admin/",
    f"https://localhost@{EVIL}/admin/",
    f"https://localhost:8000.{EVIL}/admin/",
    f"//{EVIL}\\@localhost/admin/",
    f"//{EVIL}#/admin/",
    f"https://[{EVIL}/admin/",
    "javascript:alert(1)//admin/",
    "data:text/html,/admin/",
    f"/admin/../..//{EVIL}/",
    f"%2f%2f{EVIL}/",
    "/static/admin/mark.svg",
    "admin/",
]
_PARAMETER: Final = re.compile(r"<(?:(\w+):)?\w+>")
_VALUES: Final = {"uuid": "00000000-0000-4000-8000-000000000000", "int": "1", None: "k3v9x2m4p7qa"}


def routes(app: Flask, methods: set[str]) -> Iterator[tuple[str, str]]:
    """Yields (route, address with some value for each parameter)."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) & methods):
            path = _PARAMETER.sub(lambda found: _VALUES.get(found[1], "x"), rule.rule)
            yield f"{method} {rule.rule}", path


@pytest.fixture
def strict(make_app: MakeApp) -> Flask:
    """The application with a second factor, reached by a name."""
    return make_app(second_factor="personal", public_url=ORIGIN, rate_limits="off")


@pytest.fixture
def half_in(strict: Flask) -> Console:
    """A browser in which only the password was right."""
    handler = new_console(strict, "handler", signed_in=False)
    enrol(handler)
    make_recovery_codes(handler)
    handler.sign_out()
    handler.sign_in()
    return handler


# --- Forms without a token ---------------------------------------------------------------------


@on_sqlite
def test_no_form_goes_through_without_a_token_whoever_sends_it(
    strict: Flask, half_in: Console
) -> None:
    viewer = new_console(strict, "viewer")
    stranger = Console(strict, strict.test_client(), "nobody@shop.example")
    tokens = {viewer: viewer.token("/admin/account"), half_in: half_in.token(SIGN_IN), stranger: ""}

    taken: set[str] = set()
    refused: set[str] = set()
    for route, path in routes(strict, UNSAFE):
        method = route.split(" ")[0]
        for browser, token in tokens.items():
            for address in (path, f"{path}?csrf_token={token}"):  # in the address it is none
                sent = browser.client.open(address, method=method, data={"a": "b"})
                (refused if sent.status_code == 400 else taken).add(route)
                is_nowhere = sent.status_code == 404 and route in WITHOUT_TOKEN  # no such site
                assert is_nowhere or sent.status_code in (400, 403, 415), route

    assert taken == WITHOUT_TOKEN
    assert refused == {route for route, _ in routes(strict, UNSAFE)} - WITHOUT_TOKEN
    assert viewer.get("/admin/account").status_code == 200  # not even the sign-out went through


# --- The Host header ---------------------------------------------------------------------------


@on_sqlite
def test_a_forged_host_stands_in_no_answer(shop: Shop, owner: Console) -> None:
    cookie = owner.client.get_cookie("cs_console", path="/admin")
    assert cookie is not None
    forged = {"Host": EVIL, "X-Forwarded-Host": EVIL, "X-Forwarded-Proto": "https"}
    signed_in = forged | {"Cookie": f"cs_console={cookie.value}"}
    paths = [path.replace("k3v9x2m4p7qa", shop.key) for _, path in routes(shop.app, {"GET"})]

    found = []
    for path in [*paths, "/admin", "//admin//sites", "/admin/nowhere"]:
        for headers in (forged, signed_in):
            got = shop.app.test_client(use_cookies=False).get(path, headers=headers)
            if EVIL in f"{got.headers}" or EVIL.encode() in got.data:
                found.append(path)

    assert found == []


@on_sqlite
def test_an_invitation_leads_to_the_public_address(make_app: MakeApp) -> None:
    owner = new_console(make_app(public_url="http://consent.example"), "owner")
    token = owner.token("/admin/operators")

    invited = owner.app.test_client(use_cookies=False).post(
        "/admin/operators",
        data={"email": "kim@shop.example", "role": "viewer", "csrf_token": token},
        headers={"Host": EVIL, "Cookie": f"cs_console={cookie_of(owner)}"},
    )

    assert "http://consent.example/admin/invitations/" in invited.text
    assert EVIL not in invited.text


# --- Links that lead elsewhere -----------------------------------------------------------------


def leads_away(location: str) -> bool:
    """Whether a browser on http://localhost would go to another server for an address."""
    stripped = re.sub(r"[\t\n\r]", "", location.strip()).replace("\\", "/")
    return urlsplit(urljoin("http://localhost/admin/x", stripped)).netloc != "localhost"


@on_sqlite
def test_no_way_in_leads_elsewhere(strict: Flask) -> None:
    handler, key = new_console(strict, "handler", signed_in=False), SecurityKey()
    handler.sign_in()
    add(handler, key, FIRST)
    codes = make_recovery_codes(handler)

    away = []
    for trick in (ELSEWHERE[0], ELSEWHERE[8], "https://[evil.example/admin/"):
        for in_address in (False, True):
            for sent in ways_in(handler, key, codes, trick, in_address=in_address):
                assert sent.status_code == 302, (trick, sent.text)
                if urlsplit(sent.location).path not in ("/admin/", SECOND):
                    away.append((trick, in_address, sent.request.path, sent.location))
    assert away == []
    assert [trick for trick in ELSEWHERE if is_in_console(trick) and leads_away(trick)] == []


def ways_in(
    console: Console, key: SecurityKey, codes: list[str], trick: str, *, in_address: bool
) -> Iterator[TestResponse]:
    """Walks every way in with a trick as the next page, signing out in between."""

    def to(path: str) -> str:
        return f"{path}?next={trick}" if in_address else path

    fields = {} if in_address else {"next": trick}
    console.sign_out()
    yield password_on(console, to(SIGN_IN), **fields)
    yield show_to(console, key, SECOND, to(SECOND), **fields)
    yield password_on(console, to(CONFIRM), **fields)
    yield show_to(console, key, CONFIRM, to(f"{CONFIRM}/passkey"), **fields)
    console.sign_out()
    yield show_to(console, key, SIGN_IN, to(ALONE), **fields)
    console.sign_out()
    console.sign_in()
    recovery = "/admin/sign-in/recovery"
    data = {"code": codes.pop(), "csrf_token": console.token(recovery)} | fields
    yield console.client.post(to(recovery), data=data)


def password_on(console: Console, path: str, **fields: str) -> TestResponse:
    filled_in = {"email": console.email, "password": PASSWORD, **fields}
    token = console.token(urlsplit(path).path)
    return console.client.post(path, data=filled_in | {"csrf_token": token})


def show_to(
    console: Console, key: SecurityKey, page: str, path: str, **fields: str
) -> TestResponse:
    asked = asked_on(console, page)
    return answer(console, asked, key.show(asked.options), path, **fields)


@on_sqlite
def test_a_crafted_link_fills_no_form_with_an_address_elsewhere(strict: Flask) -> None:
    viewer = new_console(strict, "viewer")
    stranger = Console(strict, strict.test_client(), "nobody@shop.example")

    for trick in ELSEWHERE:
        for console, page in ((stranger, SIGN_IN), (stranger, ALONE), (viewer, CONFIRM)):
            text = console.client.get(page, query_string={"next": trick}).text
            for kept in re.findall(r'name="next" value="([^"]*)"', text):
                assert not leads_away(kept), (page, trick)


# --- Planted sessions --------------------------------------------------------------------------


def name_of_session(console: Console) -> str:
    with console.client.session_transaction(path="/admin/") as session:
        return str(session.get("cs_session", ""))


def cookie_of(console: Console) -> str:
    cookie = console.client.get_cookie("cs_console", path="/admin")
    assert cookie is not None
    return cookie.value


def with_cookie(app: Flask, value: str) -> Console:
    other = Console(app, app.test_client(), "thief@shop.example")
    other.client.set_cookie("cs_console", value, path="/admin")
    return other


@on_sqlite
def test_every_way_in_and_every_new_proof_gives_the_session_another_name(strict: Flask) -> None:
    handler, key = new_console(strict, "handler", signed_in=False), SecurityKey()
    handler.sign_in()
    add(handler, key, FIRST)
    codes = make_recovery_codes(handler)
    names, cookies, tokens = [name_of_session(handler)], [], []

    def note(sent: TestResponse) -> None:
        assert sent.status_code == 302, sent.text
        names.append(name_of_session(handler))

    def remember() -> None:
        cookies.append(cookie_of(handler))
        tokens.append(handler.token("/admin/account"))

    remember()
    note(password_on(handler, CONFIRM))
    remember()
    note(show(handler, key, CONFIRM, f"{CONFIRM}/passkey"))
    handler.sign_out()
    note(show(handler, key, SIGN_IN, ALONE))
    handler.sign_out()
    handler.sign_in()
    note(show(handler, key))
    handler.sign_out()
    handler.sign_in()
    note(send_code(handler, codes[0], "/admin/sign-in/recovery"))

    assert len(set(names)) == len(names) == 6
    assert all(names)
    for old, token in zip(cookies, tokens, strict=True):
        assert with_cookie(strict, old).get("/admin/account").status_code == 302
        forged = handler.client.post("/admin/account/sessions/end", data={"csrf_token": token})
        assert forged.status_code == 400


@on_sqlite
def test_a_cookie_planted_before_sign_in_opens_nothing_afterwards(strict: Flask) -> None:
    attacker = Console(strict, strict.test_client(), "nobody@shop.example")
    attacker.token(SIGN_IN)
    new_console(strict, "viewer", signed_in=False)
    victim = with_cookie(strict, cookie_of(attacker))

    signed_in = password_on(Console(strict, victim.client, "viewer@shop.example"), SIGN_IN)

    assert signed_in.status_code == 302
    assert victim.get("/admin/account").status_code == 200
    assert attacker.get("/admin/account").status_code == 302
    assert cookie_of(victim) != cookie_of(attacker)


# --- Forged proxies ----------------------------------------------------------------------------

TRIES: Final = {
    SIGN_IN,
    "/admin/sign-in/code",
    "/admin/sign-in/recovery",
    SECOND,
    ALONE,
    CONFIRM,
    f"{CONFIRM}/passkey",
    "/admin/password",
    "/admin/invitations/made-up",
}
PROVES_NOTHING: Final = {  # forms beside those, in which there is nothing to guess
    "/admin/sign-out",
    "/admin/second-factor",
    "/admin/second-factor/<token>",
    "/admin/recovery-codes",
    "/admin/sign-in/choose",
    "/admin/sign-in/rescue",
    FIRST,
}


@on_sqlite
def test_every_form_of_the_way_in_is_throttled_or_named(strict: Flask) -> None:
    prefixes = ("security.", "passkeys.", "invitations.")
    forms = {
        rule.rule
        for rule in strict.url_map.iter_rules()
        if rule.endpoint.startswith(prefixes) and "POST" in (rule.methods or ())
    }
    tries = {path.replace("made-up", "<token>") for path in TRIES}

    assert forms == (tries | PROVES_NOTHING) - {f"{CONFIRM}/passkey"}


@on_sqlite
@pytest.mark.parametrize("proxies", [0, 1, 2])
def test_no_forged_header_buys_another_try(make_app: MakeApp, proxies: int) -> None:
    app = make_app(rate_limits="signin 3/hour", trusted_proxies=proxies, public_url=ORIGIN)
    console = Console(app, app.test_client(), "nobody@shop.example")
    token, numbers = console.token(SIGN_IN), count(1)

    for place, path in enumerate(sorted(TRIES)):
        answers = [
            console.client.post(
                path,
                data={"csrf_token": token},
                headers=forged(next(numbers), f"203.0.113.{place}", proxies),
                environ_overrides={"REMOTE_ADDR": f"192.0.2.{place}"},
            ).status_code
            for _ in range(5)
        ]
        assert answers[3:] == [429, 429], path
        assert 429 not in answers[:3], path


def forged(number: int, real: str, proxies: int) -> dict[str, str]:
    """Returns headers in which a client claims another address each time, before our proxies."""
    claimed = f"198.51.100.{number % 250}"
    ours = [real, "10.0.0.1"][:proxies]
    return {
        "X-Forwarded-For": ", ".join([claimed, *ours]),
        "Forwarded": f"for={claimed}",
        "X-Real-IP": claimed,
        "X-Client-IP": claimed,
        "True-Client-IP": claimed,
        "CF-Connecting-IP": claimed,
    }


# --- Numbers and signs that databases fail on ---------------------------------------------------


@pytest.mark.parametrize("engine_name", ["sqlite", "postgresql"], indirect=True)
def test_no_address_and_no_field_makes_the_service_fail(shop: Shop, owner: Console) -> None:
    token = owner.token("/admin/operators")
    failed = []
    for number in (2**31, 2**63, 10**30):
        for route, path in routes(shop.app, {"GET", "POST"}):
            if "<int:" in route:
                tried = path.replace("/1", f"/{number}").replace("k3v9x2m4p7qa", shop.key)
                method = route.split(" ")[0]
                data = {"csrf_token": token} if method == "POST" else None
                got = owner.client.open(tried, method=method, data=data).status_code
                if got not in (404, 405):
                    failed.append(f"{got} {tried}")
    for path in ("/admin/operators", "/admin/operators/1/grants", "/admin/holds/new"):
        fields = dict.fromkeys(("email", "role", "site", "name", "reason", "sought"), "a\0b")
        sent = owner.client.post(path, data=fields | {"csrf_token": token})
        if sent.status_code >= 500:
            failed.append(path)
    stranger = Console(shop.app, shop.app.test_client(), "a\0b@shop.example")
    for path in (SIGN_IN, f"/policies/{shop.key}%00", f"/preferences/{shop.key}?lang=%00"):
        assert stranger.get(path).status_code < 500, path
    assert stranger.sign_in("a\0b").status_code == 200
    assert failed == []


# --- Bodies without end ------------------------------------------------------------------------


@on_sqlite
@pytest.mark.parametrize("kind", ["a file", "a field", "many fields"])
def test_no_form_takes_a_body_without_end(strict: Flask, kind: str) -> None:
    stranger = Console(strict, strict.test_client(), "nobody@shop.example")
    large = b"a" * 1_100_000
    files = {
        "a file": b'name="file"; filename="a"\r\nContent-Type: application/zip\r\n\r\n' + large,
        "a field": b'name="email"\r\n\r\n' + large,
        "many fields": b'name="a"\r\n\r\n1\r\n--b\r\nContent-Disposition: form-data; '.join(
            [b""] * 2000 + [b'name="z"\r\n\r\n1']
        ),
    }
    body = b"--b\r\nContent-Disposition: form-data; " + files[kind] + b"\r\n--b--\r\n"

    sent = stranger.client.post(SIGN_IN, data=body, content_type="multipart/form-data; boundary=b")

    assert sent.status_code == 413
    assert sent.mimetype == "text/html"
