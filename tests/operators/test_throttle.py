"""Tries to sign in count per real address and per account; a forged header changes nothing."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import text

from consent_server.house import house_of
from consent_server.storage.database import db
from support.apps import MakeApp
from support.console import Console, new_console

RATES = "signin 4/hour, account 6 per 15 minutes"


def tries(console: Console, count: int, *, proxied_from: str = "", email: str = "") -> list[int]:
    """Tries to sign in. proxied_from: what our own proxy writes behind what the client claims."""
    token = console.token("/admin/sign-in")
    answers = []
    for number in range(count):
        claimed = f"198.51.100.{number}"
        forwarded = f"{claimed}, {proxied_from}" if proxied_from else claimed
        answer = console.client.post(
            "/admin/sign-in",
            data={"email": email or console.email, "password": "wrong", "csrf_token": token},
            headers={"X-Forwarded-For": forwarded},
        )
        answers.append(answer.status_code)
    return answers


def browser_of(app: Flask) -> Console:
    return Console(app, app.test_client(), "nobody@shop.example")


def test_a_made_up_forwarded_address_does_not_get_past_the_limit(make_app: MakeApp) -> None:
    assert tries(browser_of(make_app(rate_limits=RATES)), 5) == [200, 200, 200, 200, 429]


def test_behind_a_proxy_each_client_is_counted_for_itself(make_app: MakeApp) -> None:
    app = make_app(rate_limits=RATES, trusted_proxies=1)

    one = tries(browser_of(app), 5, proxied_from="203.0.113.1", email="a@shop.example")
    other = tries(browser_of(app), 4, proxied_from="203.0.113.2", email="b@shop.example")

    assert one == [200, 200, 200, 200, 429]
    assert other == [200] * 4


def test_one_account_is_counted_from_all_addresses_whether_it_exists_or_not(
    make_app: MakeApp,
) -> None:
    app = make_app(rate_limits=RATES, trusted_proxies=1)
    new_console(app, "viewer", signed_in=False)

    for email in ("viewer@shop.example", "nobody@shop.example"):
        answers = [
            tries(browser_of(app), 1, proxied_from=f"203.0.113.{number}", email=email)[0]
            for number in range(7)
        ]
        assert answers == [200] * 6 + [429], email


def test_the_page_says_when_to_come_back_and_the_limit_is_no_lock(make_app: MakeApp) -> None:
    app = make_app(rate_limits=RATES)
    console = browser_of(app)
    tries(console, 4)

    answer = console.client.post(
        "/admin/sign-in", data={"csrf_token": console.token("/admin/sign-in")}
    )

    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) <= 3600
    assert console.get("/admin/sign-in").status_code == 200


def test_all_processes_count_together_and_no_name_is_kept(make_app: MakeApp) -> None:
    first, second = make_app(rate_limits=RATES), make_app(rate_limits=RATES)
    tries(browser_of(first), 4)
    for app in (first, second):
        house_of(app).limiter.settle()
    is_shared = house_of(first).settings.database_url.startswith("postgresql")

    at_second = tries(browser_of(second), 3, email="c@shop.example")
    house_of(second).limiter.settle()

    if is_shared:
        with first.app_context():
            kept = str(db.session.execute(text("SELECT key FROM rate_counts")).all())
        later = tries(browser_of(second), 1, email="d@shop.example")
        assert later == [429]
        assert "@" not in kept
    else:
        assert at_second == [200] * 3  # SQLite has one process
