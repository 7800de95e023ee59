"""Pages of lists and exports: read by an index in the order of rows, never sorted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event, text

from consent_server.consents.services import ConsentFilter, each_consent
from consent_server.statistics.spans import page_of_consents
from consent_server.storage.database import db
from consent_server.visits.services import VisitFilter
from support.shop import Shop

Read = Callable[[Shop], object]
READS: dict[str, Read] = {
    "all decisions": lambda shop: page_of_consents(ConsentFilter(), below=100),
    "decisions of a site": lambda shop: page_of_consents(ConsentFilter(site_id=shop.id), above=9),
    "export of decisions": lambda shop: list(
        each_consent(db.engine, ConsentFilter(site_id=shop.id))
    ),
    "all visits": lambda shop: shop.house.reader.page(VisitFilter(), below=100),
    "visits of a site": lambda shop: shop.house.reader.page(VisitFilter(site_id=shop.id)),
    "rare decisions": lambda shop: page_of_consents(ConsentFilter(action="import"), below=100),
    "rare visits": lambda shop: shop.house.reader.page(VisitFilter(country="FR"), below=100),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_a_page_is_read_by_an_index_and_not_sorted(shop: Shop, read: Read) -> None:
    shop.send_visit(shop.visit())
    statements: list[Any] = []

    def keep(*call: Any) -> None:
        statements.append(call[2:4])

    with shop.app.app_context():
        event.listen(db.engine, "before_cursor_execute", keep)
        read(shop)
        event.remove(db.engine, "before_cursor_execute", keep)
        plan = explained(*statements[-1])

    assert "index" in plan or "primary key" in plan
    assert "sort  (" not in plan
    assert "temp b-tree" not in plan


def explained(query: str, values: Any) -> str:
    """Returns the plan of a query on tables so large that reading all of one is out of question."""
    is_sqlite = db.engine.dialect.name == "sqlite"
    with db.engine.connect() as connection:
        if not is_sqlite:
            for kind in ("seqscan", "bitmapscan"):
                connection.execute(text(f"SET LOCAL enable_{kind} = off"))
        verb = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN"
        lines = connection.exec_driver_sql(f"{verb} {query}", values).all()
    return "\n".join(str(line[-1]) for line in lines).lower()
