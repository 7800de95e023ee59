"""Roles are given and taken back by others; the last owner stays; the past stays on record."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from consent_server import clock
from consent_server.audit.services import recent_acts
from consent_server.errors import CommandError
from consent_server.operators.access_models import Grant
from consent_server.operators.grants import (
    HISTORY_KEPT,
    LastOwner,
    NotYourself,
    forget_old_grants,
    grant_role,
    grants_of,
    take_back,
)
from consent_server.operators.models import Operator
from consent_server.operators.services import add_operator, dismiss
from consent_server.policies.services import open_site
from consent_server.sites.services import NewSite
from consent_server.storage.database import db
from support.console import PASSWORD, Console
from support.shop import Shop

KIM, LEE = "kim@shop.example", "lee@shop.example"


def grant_ids(email: str) -> list[int]:
    operator_id = db.session.scalar(select(Operator.id).where(Operator.email == email))
    assert operator_id is not None
    return [grant.id for grant in grants_of(operator_id) if grant.ended_at is None]


def test_nobody_raises_himself(app: Flask) -> None:
    with app.app_context():
        add_operator(KIM, PASSWORD, "owner")
        add_operator(LEE, PASSWORD, "viewer")

        with pytest.raises(NotYourself):
            grant_role(LEE, "owner", None, by=LEE)
        with pytest.raises(NotYourself):
            take_back(grant_ids(KIM)[0], by=KIM)
        with pytest.raises(NotYourself):
            dismiss(KIM, by=KIM)


def test_the_last_owner_of_all_sites_stays(app: Flask, shop: Shop) -> None:
    with app.app_context():
        add_operator(KIM, PASSWORD, "owner")
        add_operator(LEE, PASSWORD, "owner", shop.id)  # of one site: not enough

        with pytest.raises(LastOwner):
            take_back(grant_ids(KIM)[0], by=LEE)
        with pytest.raises(LastOwner):
            dismiss(KIM, by=LEE)
        grant_role(LEE, "owner", None, by=KIM)
        dismiss(KIM, by=LEE)

        with pytest.raises(LastOwner):
            take_back(grant_ids(LEE)[0], by="command line")


def test_who_gave_and_took_what_stays_on_record_for_three_years(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        add_operator(KIM, PASSWORD, "owner")
        add_operator(LEE, PASSWORD, "handler", by=KIM)
        take_back(grant_ids(LEE)[0], by=KIM)
        [past] = db.session.scalars(select(Grant).where(Grant.ended_at.is_not(None)))
        facts = (past.role, past.granted_by, past.ended_by)

        ended_at = clock.now()
        gone = []
        for later in (HISTORY_KEPT - timedelta(days=1), HISTORY_KEPT + timedelta(minutes=1)):
            moment = ended_at + later
            monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
            gone.append(forget_old_grants())

        assert facts == ("handler", KIM, KIM)
        assert gone == [0, 1]


def test_a_role_is_not_given_twice_and_an_unknown_one_not_at_all(app: Flask) -> None:
    with app.app_context():
        add_operator(KIM, PASSWORD, "viewer")
        grant_role(KIM, "viewer", None)

        assert len(grant_ids(KIM)) == 1
        with pytest.raises(CommandError, match="no role"):
            grant_role(KIM, "emperor", None)


def test_an_owner_gives_and_takes_roles_in_the_console(
    app: Flask, owner: Console, handler: Console, shop: Shop
) -> None:
    with app.app_context():
        [theirs] = grant_ids(handler.email)
        their_id = db.session.scalar(select(Operator.id).where(Operator.email == handler.email))
    page = f"/admin/operators/{their_id}"

    owner.send(f"{page}/grants", form=page, role="editor", site=shop.key)
    owner.send(f"{page}/grants/{theirs}/end", form=page)
    shown = owner.get(page).text

    assert handler.get("/admin/").status_code == 302
    handler.sign_in()
    assert handler.get(f"/admin/sites/{shop.key}").status_code == 200
    assert handler.get("/admin/visits").status_code == 403
    assert "Editor" in shown
    assert shown.count(owner.email) >= 2
    with app.app_context():
        last = recent_acts(limit=3)
    assert {"operator.grant", "operator.revoke"} <= {act.act for act in last}
    assert {act.source for act in last} == {"127.0.0.1"}


def test_an_owner_cannot_change_himself_in_the_console(app: Flask, owner: Console) -> None:
    with app.app_context():
        own_id = db.session.scalar(select(Operator.id).where(Operator.email == owner.email))
        [mine] = grant_ids(owner.email)
    page = f"/admin/operators/{own_id}"

    answers = [
        owner.send(f"{page}/grants", role="auditor"),
        owner.send(f"{page}/grants/{mine}/end"),
        owner.send(f"{page}/dismiss", typed=owner.email),
    ]

    assert [answer.status_code for answer in answers] == [400, 400, 400]
    assert "Nobody changes what he may do himself" in answers[0].text
    assert re.findall(r'action="[^"]*(grants|dismiss)', owner.get(page).text) == []


def test_a_dismissed_operator_is_out_and_stays_out(
    app: Flask, owner: Console, handler: Console
) -> None:
    with app.app_context():
        their_id = db.session.scalar(select(Operator.id).where(Operator.email == handler.email))
    page = f"/admin/operators/{their_id}"

    unconfirmed = owner.send(f"{page}/dismiss", form=page, typed="someone@else.example")
    still_in = handler.get("/admin/").status_code
    owner.send(f"{page}/dismiss", form=page, typed=handler.email)

    assert unconfirmed.status_code == 400
    assert still_in == 200
    assert handler.get("/admin/").status_code == 302
    assert 'role="alert"' in handler.sign_in().text
    with app.app_context():
        assert grant_ids(handler.email) == []


def test_whoever_has_one_site_sees_only_what_belongs_to_it(app: Flask, shop: Shop) -> None:
    assert shop.send_consent(shop.submission()).status_code == 201
    with app.app_context():
        other = open_site(NewSite(name="Bakery", origins=["https://bakery.example"]))
        add_operator(KIM, PASSWORD, "handler", other.id)
    kim = Console(app, app.test_client(), KIM)
    kim.sign_in()

    pages = [kim.get(f"/admin/{page}").text for page in ("", "sites", "consents", "exports")]
    why = {"form": "/admin/exports", "purpose": "audit", "reason": "audit", "format": "ndjson"}
    file = kim.send("/admin/exports", site=shop.key, **why)
    whole = kim.send("/admin/exports", **why)

    assert [page for page in pages if "Bakery" not in page and "bakery" not in page] == []
    assert [page for page in pages if shop.key in page or "All sites" in page] == []
    assert file.status_code == 400
    assert whole.data == b""
