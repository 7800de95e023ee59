"""Exports of both kinds and forms read their tables once, however many pages that takes."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from sqlalchemy import event

from consent_server.house import house_of
from consent_server.reports.exports import Export, Kind
from consent_server.reports.tables import Format
from consent_server.storage.database import db
from support.shop import Shop


@pytest.mark.parametrize("kind", get_args(Kind))
@pytest.mark.parametrize("form", get_args(Format))
def test_an_export_of_one_site_goes_by_row_number_on_sqlite(
    shop: Shop, kind: Kind, form: Format
) -> None:
    shop.send_consent(shop.submission())
    shop.send_visit(shop.visit())
    seen: list[tuple[str, Any]] = []
    with shop.app.app_context():
        if db.engine.dialect.name != "sqlite":
            return  # PostgreSQL decides by its statistics

        def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
            if " id > " in statement.replace(f"{table}.", " "):
                seen.append((statement, values))

        table = "consent_records" if kind == "consents" else "visits"
        event.listen(db.engine, "before_cursor_execute", note)
        export = Export(kind=kind, format=form, site_id=shop.id)
        lines = b"".join(
            house_of(shop.app).exporter.stream(export, operator="tests", reason="plan")
        )
        event.remove(db.engine, "before_cursor_execute", note)

        with db.engine.connect() as connection:
            plans = [
                connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
                for statement, values in seen
            ]
    details = [step.detail for plan in plans for step in plan]
    assert shop.key.encode() in lines or form == "xlsx"  # packed
    assert f"SEARCH {table} USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)" in details
    assert not [detail for detail in details if "ORDER BY" in detail]
