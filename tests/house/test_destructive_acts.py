"""Every act of the console that ends something says whether it can be undone; if not, it asks.

A new route that ends, removes or destroys something fails here until it stands in one of the lists.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

import pytest
from flask import Flask

from consent_server import clock
from support.console import Console, new_console
from support.shop import Shop

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)

_WORDS: Final = re.compile(
    "cancel|delete|destroy|discard|dismiss|drop|end|erase|forget|release|remove|reset|revoke"
    "|roll|withdraw"
)
CONFIRMED_BY_NAME: Final = {
    "/admin/holds/<uuid:hold_id>/release",
    "/admin/operators/<int:operator_id>/dismiss",
    "/admin/operators/tokens/<int:token_id>/revoke",
    "/admin/sites/<key>/notice/cancel",
    "/admin/sites/<key>/notice/discard",
}
CAN_BE_UNDONE: Final = {  # why
    "/admin/account/sessions/<int:session_id>/end": "one signs in again",
    "/admin/account/sessions/end": "one signs in again",
    "/admin/exports/prepared/<reference>/cancel": "the export is asked for again",
    "/admin/operators/<int:operator_id>/sessions/end": "he signs in again",
    "/admin/operators/<int:operator_id>/grants/<int:grant_id>/end": "the role is given again",
    "/admin/operators/invitations/<int:invitation_id>/withdraw": "he is invited again",
    "/admin/sites/<key>/notice/rollback": "makes a draft, and only where there is none",
}


def ends_something(path: str) -> bool:
    last = [part for part in path.split("/") if not part.startswith("<")][-1]
    return any(_WORDS.match(word) for word in re.split("[-_.]", last) if word != "rollover")


def routes_that_end_something(app: Flask) -> set[str]:
    return {
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/admin")
        and "POST" in (rule.methods or ())
        and ends_something(rule.rule)
    }


def test_every_act_that_ends_something_is_undone_or_confirmed_by_name(app: Flask) -> None:
    assert routes_that_end_something(app) == CONFIRMED_BY_NAME | set(CAN_BE_UNDONE)


@pytest.mark.parametrize("route", sorted(CONFIRMED_BY_NAME))
@pytest.mark.parametrize("typed", [None, "Somebody else"])
def test_without_the_name_nothing_is_done(
    shop: Shop, owner: Console, route: str, typed: str | None
) -> None:
    address, page = _made(shop, owner, route)
    before = owner.get(page).text

    fields = {"reason": "over", "release_reason": "over"}
    answer = owner.send(address, page, **fields | ({} if typed is None else {"typed": typed}))

    assert answer.status_code == 400
    assert "Nothing was done" in answer.text
    after = owner.get(page).text
    assert _without_token(before) == _without_token(after)
    assert 'name="typed"' in after


def _without_token(page: str) -> str:
    return re.sub('name="csrf_token" value="[^"]+"', "", page)


def _made(shop: Shop, owner: Console, route: str) -> tuple[str, str]:
    """Makes what an act could end; returns the addresses of the act and of its form."""
    today = shop.house.settings.visit_period.day_of(clock.now())
    notice = f"/admin/sites/{shop.key}/notice"
    if "holds" in route:
        opened = owner.send(
            "/admin/holds/new", "/admin/holds/new", name="Case 7", basis="court", officer="J. Kim",
            reference="2026Ka-hap 1234", site=shop.key, narrowed_by="site", confirmed="on",
            ends=(today + timedelta(days=100)).isoformat(), reason="order of the court",
        )  # fmt: skip
        page = urlsplit(opened.location).path
        return f"{page}/release", page
    if "tokens" in route:
        page = "/admin/operators/tokens"
        fields = {"name": "backup", "scopes": "metrics.read", "days": "30"}
        owner.send(page, form=page, **fields)
        return f"{page}/1/revoke", f"{page}/1"
    if "operators" in route:
        new_console(shop.app, "viewer", signed_in=False)
        page = "/admin/operators/2"
        return f"{page}/dismiss", page
    owner.send(f"{notice}/rollback", form=notice, version="1")
    if route.endswith("cancel"):
        owner.send(
            f"{notice}/announce", form=notice, announced=today.isoformat(), reason="a change",
            effective=(today + timedelta(days=8)).isoformat(),
        )  # fmt: skip
    return f"{notice}/{route.rsplit('/', 1)[-1]}", notice
