"""Pages by row number: each record once in both directions, and never a long look."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

import pytest
from sqlalchemy import insert

from consent_server.consents.models import ConsentRecord
from consent_server.storage.database import db, table_of
from consent_server.storage.looking import (
    PAGE_ROWS,
    Page,
    Piece,
    Place,
    Search,
    read_page,
)
from support.shop import Shop

RECORDS = table_of(ConsentRecord)
BEGIN = datetime(2026, 1, 15, tzinfo=UTC)
ROWS = 3 * PAGE_ROWS + 7
ACTIONS = ("accept_all", "refuse_all", "accept_all", "accept_all")


def row(shop: Shop, number: int) -> dict[str, Any]:
    at = BEGIN + timedelta(minutes=number)
    return {
        "consent_id": uuid.uuid4(), "site_id": shop.id, "visitor_id": uuid.uuid4(),
        "action": ACTIONS[number % 4], "policy_version": 1, "language": "ko",
        "text_sha256": "0" * 64, "decisions": {}, "services": {}, "layer": "notice",
        "trusted": True, "gpc": False, "recorded_at": at, "valid_until": at, "digest": "0" * 64,
    }  # fmt: skip


Leaf = Callable[[Search, Place], Page]


@pytest.fixture
def leaf(shop: Shop) -> Iterator[Leaf]:
    """Opens pages of a table with some records."""
    with shop.app.app_context():
        with db.engine.execution_options(writes=True).begin() as connection:
            connection.execute(insert(RECORDS), [row(shop, number) for number in range(ROWS)])
        with db.engine.connect() as connection:
            yield lambda search, place: read_page(connection, search, place)


def through(leaf: Leaf, search: Search, *, upward: bool) -> list[list[int]]:
    """Follows the links to the last page; returns the row numbers of each page."""
    place: Place | None = Place(above=0) if upward else Place()
    pages = []
    while place is not None:
        page = leaf(search, place)
        assert len(page.rows) <= PAGE_ROWS
        pages.append([found.id for found in page.rows])
        place = page.newer if upward else page.older
    return pages


@pytest.mark.parametrize("most", [PAGE_ROWS // 4, PAGE_ROWS, 40_000])
def test_each_record_comes_once_in_both_directions(leaf: Leaf, most: int) -> None:
    whole = Search(RECORDS)
    few = Search(RECORDS, fits=[RECORDS.c.action == "refuse_all"], most=most)
    all_ids = list(chain(*through(leaf, whole, upward=False)))
    fitting = [number for number in all_ids if number % 4 == 2]

    down, up = through(leaf, few, upward=False), through(leaf, few, upward=True)

    assert all_ids == list(range(ROWS, 0, -1))
    assert list(chain(*down)) == fitting
    assert list(chain(*reversed(up))) == fitting


def test_a_page_that_finds_little_stops_and_says_where(leaf: Leaf) -> None:
    none_fits = Search(RECORDS, fits=[RECORDS.c.action == "import"], most=20)

    page = leaf(none_fits, Place())

    assert page.stop is not None
    assert (page.rows, page.stop.looked, page.stop.row_id) == ([], 20, ROWS - 19)
    assert page.stop.at == BEGIN + timedelta(minutes=ROWS - 20)
    assert page.older == Place(below=ROWS - 19)


def test_a_page_stops_when_its_time_is_over_but_never_before_it_looked(
    shop: Shop, leaf: Leaf
) -> None:
    with db.engine.execution_options(writes=True).begin() as connection:
        connection.execute(insert(RECORDS), [row(shop, ROWS + number) for number in range(2500)])
    of_before = Search(RECORDS, fits=[RECORDS.c.recorded_at < BEGIN + timedelta(minutes=5)])
    hurried, patient = replace(of_before, seconds=0), replace(of_before, seconds=60)

    page = leaf(hurried, Place())

    assert page.stop is not None
    assert (page.rows, page.stop.looked) == ([], 2000)
    assert through(leaf, hurried, upward=False) == [[], [5, 4, 3, 2, 1]]
    assert through(leaf, patient, upward=False) == [[5, 4, 3, 2, 1]]


def test_the_last_page_leads_no_further_and_back_again(leaf: Leaf) -> None:
    first = leaf(Search(RECORDS), Place())
    last = leaf(Search(RECORDS), Place(below=5))

    assert (first.newer, last.older) == (None, None)
    assert [found.id for found in last.rows] == [4, 3, 2, 1]
    assert last.newer == Place(above=4)


@pytest.mark.parametrize("upward", [False, True], ids=["downward", "upward"])
def test_only_pieces_are_looked_through(shop: Shop, leaf: Leaf, upward: bool) -> None:
    pieces = [Piece(60, 80, ids=(60, 62, 80)), Piece(20, 30), Piece(90, 90)]
    ordered = sorted(pieces, key=lambda piece: piece.first, reverse=not upward)
    search = Search(RECORDS, fits=[RECORDS.c.action == "accept_all"])
    place = Place(above=20) if upward else Place(below=90)

    with db.engine.connect() as connection:
        page = read_page(connection, search, place, ordered)

    inside = [80, 60, 29, 28, 27, 25, 24, 23, 21]  # each fourth row from 2 on is a refusal
    assert [found.id for found in page.rows] == (inside if upward else [*inside, 20])
