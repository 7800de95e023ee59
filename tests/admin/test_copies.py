"""The page of exported copies: what is open, what is overdue, and the check-off."""

from __future__ import annotations

from datetime import timedelta

import pytest

from consent_server import clock
from consent_server.reports.exports import Export
from consent_server.reports.ledger import open_copies
from support.console import Console, new_console
from support.shop import Shop

pytestmark = pytest.mark.on_sqlite

EXPORTS = "/admin/exports"
COPIES = "/admin/exports/copies"
OVERDUE = "1 exported copy should be destroyed by now."


def export(console: Console) -> str:
    """Exports all consent records; returns the reference of the copy."""
    answer = console.send(
        EXPORTS, form=EXPORTS, kind="consents", purpose="audit", reason="Yearly audit"
    )
    assert answer.status_code == 200
    assert answer.data
    with console.app.app_context():
        return open_copies()[-1].reference


def test_without_a_copy_the_page_says_what_will_stand_there(handler: Console) -> None:
    assert "No copy is open." in handler.get(COPIES).text


def test_an_export_stands_on_the_page_until_its_owner_destroyed_it(
    handler: Console, shop: Shop
) -> None:
    reference = export(handler)
    page = handler.get(COPIES).text

    unsure = handler.send(f"{COPIES}/{reference}", form=f"{COPIES}/{reference}")
    sure = handler.send(f"{COPIES}/{reference}", form=f"{COPIES}/{reference}", sure="on")
    after = handler.get(COPIES).text

    assert "Yearly audit" in page
    assert f"{COPIES}/{reference}" in page
    assert (unsure.status_code, 'id="sure-error"' in unsure.text) == (400, True)
    assert (sure.status_code, sure.location) == (302, COPIES)
    assert "No copy is open." in after
    assert after.count(handler.email) >= 3  # whose copy, who said so, who is signed in
    assert [act.act for act in handler.acts()][-1] == "export.shredded"


def test_an_overdue_copy_is_marked_there_and_on_the_overview(
    handler: Console, viewer: Console, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = handler.get("/admin/").text
    then = clock.now() - timedelta(days=31)
    with monkeypatch.context() as earlier, shop.app.app_context():
        earlier.setattr(clock, "now", lambda: then)
        wanted = Export(kind="consents", format="csv")
        assert list(shop.house.exporter.stream(wanted, operator=handler.email, reason="audit"))

    assert OVERDUE not in before
    assert OVERDUE in handler.get("/admin/").text
    assert OVERDUE not in viewer.get("/admin/").text
    assert 'class="choice overdue"' in handler.get(COPIES).text


def test_another_handler_cannot_check_a_copy_off_and_an_owner_can(
    handler: Console, owner: Console, shop: Shop
) -> None:
    reference = export(owner)
    page = handler.get(f"{COPIES}/{reference}").text

    refused = handler.send(f"{COPIES}/{reference}", form=f"{COPIES}/{reference}", sure="on")
    own = export(handler)
    by_owner = owner.send(f"{COPIES}/{own}", form=f"{COPIES}/{own}", sure="on")

    assert "Yearly audit" in page
    assert 'name="sure"' not in page
    assert refused.status_code == 403
    assert by_owner.status_code == 302
    with owner.app.app_context():
        assert [copy.reference for copy in open_copies()] == [reference]


@pytest.mark.parametrize("reference", ["export-none", "%00", "%EA%B0%80", "a" * 300])
def test_a_copy_that_is_not_there_is_not_found(handler: Console, reference: str) -> None:
    assert handler.get(f"{COPIES}/{reference}").status_code == 404


def test_the_retention_table_is_shown_in_both_languages(handler: Console) -> None:
    english = handler.get("/admin/retention?lang=en").text
    korean = handler.get("/admin/retention?lang=ko").text

    assert "Access log of the console" in english
    assert "the end of the month of the act" in english
    assert "관리 콘솔 접속 기록" in korean
    assert "3개월" in korean


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_the_access_log_says_who_confirmed_the_destruction(shop: Shop) -> None:
    owner = new_console(shop.app, "owner")
    reference = export(owner)

    owner.send(f"{COPIES}/{reference}", form=f"{COPIES}/{reference}", sure="on")

    assert "Said that an exported copy is destroyed" in owner.get("/admin/access-log").text
