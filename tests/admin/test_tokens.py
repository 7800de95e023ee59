"""Tokens of machines in the console: shown once, renewed with an overlap, revoked by name."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask

from consent_server import clock
from support.console import Console, new_console
from support.shop import Shop

TOKENS = "/admin/operators/tokens"
pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
_TOKEN = re.compile(r'<code id="token"[^>]*>(cst_[^<]+)</code>')


def make(owner: Console, **fields: str) -> str:
    filled_in = {"name": "backup", "scopes": "consents.export", "days": "30"} | fields
    return owner.send(TOKENS, form=TOKENS, **filled_in).text


def shown(page: str) -> str:
    found = _TOKEN.search(page)
    assert found, "no token on the page"
    return found[1]


def address(owner: Console) -> str:
    found = re.search(rf'href="({TOKENS}/\d+)"', owner.get(TOKENS).text)
    assert found
    return found[1]


def opens(owner: Console, shop: Shop, token: str) -> bool:
    answer = owner.client.get(
        f"/v1/export/consents?site={shop.key}&reason=nightly",
        headers={"Authorization": f"Bearer {token}"},
    )
    return answer.status_code == 200


def test_a_token_is_shown_once_and_opens_what_it_names(owner: Console, shop: Shop) -> None:
    token = shown(make(owner, site=shop.key))
    entry = owner.acts()[-1]

    assert opens(owner, shop, token)
    assert token not in owner.get(TOKENS).text
    assert token not in owner.get(address(owner)).text
    assert (entry.act, entry.operator, entry.reference) == ("token.add", owner.email, "backup")
    assert entry.site_id == shop.id


def test_a_renewed_token_leaves_the_old_one_good_for_as_long_as_was_said(
    owner: Console, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = shown(make(owner))
    page = address(owner)
    new = shown(owner.send(f"{page}/rotate", form=page, days="30", overlap_hours="2").text)

    both = opens(owner, shop, old), opens(owner, shop, new)
    moment = clock.now() + timedelta(hours=2)
    monkeypatch.setattr(clock, "now", lambda: moment)
    after = opens(owner, shop, old), opens(owner, shop, new)

    assert (both, after) == ((True, True), (False, True))


def test_without_an_overlap_the_old_token_is_void_at_once(owner: Console, shop: Shop) -> None:
    old = shown(make(owner))
    page = address(owner)

    owner.send(f"{page}/rotate", form=page, days="30", overlap_hours="0")

    assert not opens(owner, shop, old)


def test_a_token_is_revoked_by_its_name_and_the_old_one_with_it(owner: Console, shop: Shop) -> None:
    old = shown(make(owner))
    page = address(owner)
    new = shown(owner.send(f"{page}/rotate", form=page, days="30", overlap_hours="9").text)

    wrong = owner.send(f"{page}/revoke", form=page, typed="backups")
    still = opens(owner, shop, new)
    right = owner.send(f"{page}/revoke", form=page, typed="backup")

    assert (wrong.status_code, still, right.status_code) == (400, True, 302)
    assert not opens(owner, shop, new)
    assert not opens(owner, shop, old)
    again = owner.send(f"{page}/rotate", form="/admin/account", days="1", overlap_hours="0")
    assert again.status_code == 400


def test_what_cannot_be_made_is_said_in_korean(owner: Console) -> None:
    owner.get("/admin/?lang=ko")
    refused: list[tuple[dict[str, str], str]] = [
        ({"name": ""}, "이름"),
        ({"days": "367"}, "366일"),
        ({"days": "x"}, "366일"),
        ({"scopes": "everything"}, "consents.export"),
        ({"site": "unknown"}, "unknown"),
    ]

    for fields, korean in refused:
        error = re.search(r'<p class="error" role="alert">([^<]+)</p>', make(owner, **fields))
        assert error, fields
        assert korean in error[1]
        assert re.search("[가-힣]", error[1])


def test_an_auditor_sees_tokens_and_changes_none(app: Flask, owner: Console) -> None:
    make(owner)
    auditor = new_console(app, "auditor")

    assert "backup" in auditor.get(TOKENS).text
    assert '<form class="sheet"' not in auditor.get(address(owner)).text
    assert auditor.send(TOKENS, form="/admin/account", name="mine").status_code == 403
