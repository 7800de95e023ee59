"""Why a site records visits decides whether a visit is recorded."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event

from consent_server import clock
from consent_server.storage.database import db
from support.bases import known_visitor, on_basis, rows
from support.script import config_in
from support.shop import Shop


def test_by_consent_a_visit_is_recorded_while_its_purpose_is_granted(shop: Shop) -> None:
    on_basis(shop, "consent")
    token = known_visitor(shop)

    answer = shop.send_visit(shop.visit(visitor=token))

    assert (answer.status_code, rows(shop)) == (204, 1)


@pytest.mark.parametrize("visitor", ["nobody", "refused", "another purpose"])
def test_by_consent_a_visit_is_not_recorded_without_a_grant(shop: Shop, visitor: str) -> None:
    on_basis(shop, "consent")
    token = None
    if visitor == "refused":
        token = known_visitor(shop, **shop.refusal())
    if visitor == "another purpose":
        only = {"functional": True, "analytics": False, "marketing": True}
        token = known_visitor(shop, action="customise", decisions=only)

    answer = shop.send_visit(shop.visit(visitor=token))

    assert (answer.status_code, rows(shop)) == (204, 0)


def test_by_consent_a_grant_that_has_run_out_records_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_basis(shop, "consent")
    token = known_visitor(shop)
    later = clock.now() + timedelta(days=shop.house.settings.choice_days)
    monkeypatch.setattr(clock, "now", lambda: later)

    shop.send_visit(shop.visit(visitor=token))

    assert rows(shop) == 0


def test_by_consent_the_site_names_the_purpose(shop: Shop) -> None:
    on_basis(shop, "consent", "marketing")
    only = {"functional": False, "analytics": False, "marketing": True}
    token = known_visitor(shop, action="customise", decisions=only)

    shop.send_visit(shop.visit(visitor=token))

    assert rows(shop) == 1


def test_by_consent_a_forged_token_is_refused(shop: Shop) -> None:
    on_basis(shop, "consent")

    assert shop.send_visit(shop.visit(visitor="forged.token.here")).status_code == 403


@pytest.mark.parametrize(("basis", "reads"), [("legal_duty", 0), ("consent", 1)])
def test_only_by_consent_a_visit_costs_a_read_of_decisions(
    shop: Shop, basis: str, reads: int
) -> None:
    on_basis(shop, basis)
    token = known_visitor(shop)
    asked: list[str] = []
    with shop.app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *told: asked.append(str(told[2])))

    shop.send_visit(shop.visit(visitor=token))

    assert sum("FROM consent_records" in statement for statement in asked) == reads


def test_the_script_is_told_for_which_purpose_it_may_report(shop: Shop) -> None:
    told = []
    for basis in ("legal_duty", "consent", "off"):
        on_basis(shop, basis)
        script = shop.app.test_client().get(f"/embed/{shop.key}.js").data
        told.append(config_in(script).get("visits"))

    assert told == [True, "analytics", None]
