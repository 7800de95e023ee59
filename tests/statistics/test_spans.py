"""Searches that read only where records lie: exact, whatever clocks, jobs and orders did."""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, text

from consent_server.consents.models import ConsentRecord
from consent_server.consents.services import ConsentFilter
from consent_server.migrations.spans import filling_spans
from consent_server.statistics.models import ConsentSpan
from consent_server.statistics.spans import (
    Key,
    Span,
    about_how_many,
    number_at,
    page_of_consents,
    spans_of,
)
from consent_server.storage.database import db, table_of
from consent_server.storage.looking import PAGE_ROWS
from support.shop import Shop

RECORDS, SPANS = table_of(ConsentRecord), table_of(ConsentSpan)
BEGIN = datetime(2026, 1, 15, tzinfo=UTC)
DAYS, ROWS = 12, 900
ANY = ConsentFilter()
CHOSEN = {
    "an action": replace(ANY, action="withdraw"),
    "a rare action": replace(ANY, action="import"),
    "a version": replace(ANY, policy_version=1),
    "a language": replace(ANY, language="en"),
    "a period": replace(ANY, since=BEGIN + timedelta(days=3), until=BEGIN + timedelta(days=5)),
    "all at once": ConsentFilter(
        action="accept_all", policy_version=2, language="ko", since=BEGIN + timedelta(hours=7)
    ),
    "what there is not": replace(ANY, action="gpc"),
}


def rows_of(site_id: int) -> list[dict[str, Any]]:
    """Returns records of some days; a node's clock was wrong by up to two days."""
    chance = random.Random(7)
    rows = []
    for number in range(ROWS):
        at = BEGIN + timedelta(days=DAYS) * (number / ROWS)
        if chance.random() < 0.05:
            at -= timedelta(hours=chance.randrange(48))
        rows.append({
            "consent_id": uuid.uuid4(), "site_id": site_id, "visitor_id": uuid.uuid4(),
            "action": chance.choices(["accept_all", "withdraw", "import"], [90, 9, 1])[0],
            "policy_version": 1 if number < ROWS // 3 else 2,
            "language": chance.choice(["ko", "ko", "en"]), "text_sha256": "0" * 64,
            "decisions": {}, "services": {}, "layer": "notice", "trusted": True, "gpc": False,
            "recorded_at": at, "valid_until": at, "digest": "0" * 64,
        })  # fmt: skip
    return rows


def write(rows: Sequence[dict[str, Any]]) -> None:
    with db.engine.execution_options(writes=True).begin() as connection:
        connection.execute(insert(RECORDS), list(rows))


def fits(row: dict[str, Any], chosen: ConsentFilter) -> bool:
    asked = ("site_id", "action", "policy_version", "language")
    same = all(getattr(chosen, name) in (None, row[name]) for name in asked)
    since, until = chosen.since or BEGIN - timedelta(days=9), chosen.until
    return same and since <= row["recorded_at"] and (not until or row["recorded_at"] < until)


def found(chosen: ConsentFilter, *, upward: bool = False) -> list[uuid.UUID]:
    """Leafs through all pages; returns the ids of all records, newest first."""
    ids: list[uuid.UUID] = []
    place: Any = {"above": 0} if upward else {}
    while True:
        page, rows = page_of_consents(chosen, **place)
        new = [row.consent_id for row in rows]
        ids = new + ids if upward else ids + new
        following = page.newer if upward else page.older
        if following is None:
            return ids
        place = {"above": following.above} if upward else {"below": following.below}


@pytest.fixture
def rows(shop: Shop) -> list[dict[str, Any]]:
    """Records, most of which are counted, on two sites; call inside an application context."""
    return rows_of(shop.id)


def test_pages_have_what_fits_and_nothing_else(shop: Shop, rows: list[dict[str, Any]]) -> None:
    with shop.app.app_context():
        write(rows[:-30])
        for _ in range(2):  # PostgreSQL first wants to see that nobody is still writing
            shop.house.upkeep.decisions.run()
        write(rows[-30:])

        for name, chosen in CHOSEN.items():
            for chosen_site in (chosen, replace(chosen, site_id=shop.id)):
                wanted = [row["consent_id"] for row in rows[::-1] if fits(row, chosen_site)]
                assert found(chosen_site) == wanted, name
                assert found(chosen_site, upward=True) == wanted, name
        assert found(replace(ANY, action="withdraw", site_id=shop.id + 1)) == []


def test_spans_of_an_upgrade_serve_as_well(shop: Shop, rows: list[dict[str, Any]]) -> None:
    with shop.app.app_context():
        write(rows)
        for _ in range(2):
            shop.house.upkeep.decisions.run()
        with db.engine.execution_options(writes=True).begin() as connection:
            connection.execute(delete(SPANS))
            connection.execute(text(filling_spans(db.engine.dialect.name)))

        for name, chosen in CHOSEN.items():
            wanted = [row["consent_id"] for row in rows[::-1] if fits(row, chosen)]
            assert found(chosen) == wanted, name


def test_how_many_there_are_is_known_without_reading_them(
    shop: Shop, rows: list[dict[str, Any]]
) -> None:
    withdrawn = replace(ANY, action="withdraw")
    with shop.app.app_context():
        write(rows[:-30])
        for _ in range(2):
            shop.house.upkeep.decisions.run()
        write(rows[-30:])

        assert about_how_many(ANY) == ROWS
        assert about_how_many(withdrawn) == sum(fits(row, withdrawn) for row in rows)


def test_a_day_can_be_gone_to(shop: Shop, rows: list[dict[str, Any]]) -> None:
    instant = BEGIN + timedelta(days=6)
    with shop.app.app_context():
        write(rows)
        for _ in range(2):
            shop.house.upkeep.decisions.run()

        page, records = page_of_consents(ANY, below=number_at(instant))

        assert len(records) == PAGE_ROWS
        assert abs(records[0].recorded_at - instant) < timedelta(days=2)
        assert page.newer is not None
        assert number_at(BEGIN + timedelta(days=99)) is None


def test_a_span_tells_full_hours_and_no_records_own_time() -> None:
    key = Key(date(2026, 1, 15), 1, "accept_all", 1, "ko")
    times = [BEGIN + timedelta(minutes=minutes) for minutes in (75, 10, 190)]

    spans = spans_of((key, number, at) for number, at in zip((5, 6, 9), times, strict=True))

    assert spans == {key: Span(5, 9, BEGIN, BEGIN + timedelta(hours=4), 3)}
