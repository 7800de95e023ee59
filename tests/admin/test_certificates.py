"""The ledger of destruction in the console: empty, filled, confirmed, downloaded."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from consent_server.certificates.rules import DestroyedRecords
from consent_server.certificates.services import issue_certificate
from consent_server.house import house_of
from support.console import Console
from support.shop import Shop

pytestmark = pytest.mark.on_sqlite

AT = datetime(2026, 4, 15, 15, 0, 1, tzinfo=UTC)
LIST = "/admin/certificates"


def issue(shop: Shop, *, records: int = 3) -> None:
    destroyed = DestroyedRecords(
        record_class="visit",
        day=date(2026, 1, 15),
        records=records,
        sites={str(shop.id): records, "77": 0},
        reason="period_over",
        method="key_and_rows",
        started_at=AT,
        ended_at=AT,
        executor="scheduler on node-1",
        reference=f"visit 2026-01-15 {records}",
    )
    house = house_of(shop.app)
    house.writer.run(
        lambda connection: issue_certificate(connection, house.certificate_key, destroyed)
    )


def test_an_empty_ledger_says_when_there_will_be_something(viewer: Console) -> None:
    page = viewer.get(LIST).text

    assert "Nothing has been destroyed yet." in page
    assert "retention forecast" in page


def test_a_certificate_shows_what_when_why_how_and_by_whom(viewer: Console, shop: Shop) -> None:
    issue(shop)

    listed, page = viewer.get(LIST).text, viewer.get(f"{LIST}/1").text

    assert f'href="{LIST}/1"' in listed
    for told in ("2026-01-15", "the retention period was over", "Scheduler on node-1", "Shop: 3"):
        assert told in page
    assert "2026-04-16 00:00:01" in page  # in the zone of the law
    assert "not as it was issued" not in page


def test_an_owner_confirms_once_and_it_stands_in_ledger_and_log(owner: Console, shop: Shop) -> None:
    issue(shop)
    before = owner.get(f"{LIST}/1").text

    answer = owner.send(f"{LIST}/1", form=f"{LIST}/1")
    after = owner.get(f"{LIST}/1").text

    assert answer.status_code == 302
    assert "nobody yet" in before
    assert owner.email in after.split("Confirmed by")[1]
    assert "<button>Confirm</button>" not in after
    assert owner.acts()[-1].act == "certificate.confirm"


def test_only_owners_confirm(viewer: Console, shop: Shop) -> None:
    issue(shop)

    assert "<button>Confirm</button>" not in viewer.get(f"{LIST}/1").text
    assert viewer.send(f"{LIST}/1", form="/admin/").status_code == 403


def test_what_is_not_in_the_ledger_is_not_found(owner: Console) -> None:
    assert owner.get(f"{LIST}/1").status_code == 404
    assert owner.get(f"{LIST}/{10**30}").status_code == 404
    assert owner.send(f"{LIST}/1").status_code == 404


def test_the_ledger_is_downloaded_as_csv_and_that_is_logged(owner: Console, shop: Shop) -> None:
    issue(shop)
    issue(shop, records=4)

    answer = owner.get(f"{LIST}.csv")

    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert len(answer.text.splitlines()) == 3
    assert owner.acts()[-1].act == "certificates.export"


def test_older_certificates_are_a_page_away(viewer: Console, shop: Shop) -> None:
    for records in range(52):
        issue(shop, records=records)

    page = viewer.get(LIST).text

    assert "before=3" in page
    assert f'href="{LIST}/1"' in viewer.get(f"{LIST}?before=3").text
