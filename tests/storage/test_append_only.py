"""Records that must not change cannot be changed, whoever asks."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consent_server.audit.services import Act, record_act
from consent_server.banner.document import WholeScript
from consent_server.banner.services import pin_script
from consent_server.reviews.months import Month
from consent_server.storage.database import db
from support.shop import Shop

PAST = Month(date(2026, 1, 1))
TABLES = {
    "consent_records": "action = 'accept_all'",
    "policy_versions": "number = 9",
    "policy_texts": "language = 'xx'",
    "access_log": "reason = 'none'",
    "pinned_scripts": "language = 'xx'",
    "log_reviews": "finding = 'none'",
}

OTHER_KEYS = {
    "consent_records": ["consent_id"],
    "policy_versions": ["site_id", "number"],
    "policy_texts": ["version_id", "language"],
    "access_log": [],
    "pinned_scripts": ["site_id", "name"],
    "log_reviews": ["month", "number"],
}
DIFFERS = {
    "consent_records": "action",
    "policy_versions": "source",
    "policy_texts": "sha256",
    "access_log": "reason",
    "pinned_scripts": "integrity",
    "log_reviews": "digest",
}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("verb", ["update", "delete"])
def test_the_database_itself_refuses_to_change_a_record(shop: Shop, table: str, verb: str) -> None:
    shop.send_consent(shop.refusal())
    with shop.app.app_context():
        record_act(Act(operator="someone@shop.example", act="visits.view"))
        pin_script(shop.id, WholeScript(b"script", "ko", 1))
        shop.house.reviewer.sign(PAST, "officer@shop.example", "nothing", number=1)
        statement = (
            f"UPDATE {table} SET {TABLES[table]}" if verb == "update" else f"DELETE FROM {table}"
        )
        before = db.session.execute(text(f"SELECT * FROM {table}")).all()

        with pytest.raises(DBAPIError, match="append-only"):
            db.session.execute(text(statement))
        db.session.rollback()

        assert before
        assert db.session.execute(text(f"SELECT * FROM {table}")).all() == before


def test_postgres_refuses_truncate_too(shop: Shop) -> None:
    shop.send_consent(shop.refusal())
    with shop.app.app_context():
        if db.engine.dialect.name != "postgresql":
            return  # SQLite has no such statement
        with pytest.raises(DBAPIError, match="append-only"):
            db.session.execute(text("TRUNCATE consent_records"))


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("key", ["by its number", "by its other key"])
def test_sqlite_replaces_no_record_either(shop: Shop, table: str, key: str) -> None:
    """REPLACE removes the row in the way without asking the triggers on DELETE."""
    shop.send_consent(shop.refusal())
    with shop.app.app_context():
        record_act(Act(operator="someone@shop.example", act="visits.view"))
        pin_script(shop.id, WholeScript(b"script", "ko", 1))
        shop.house.reviewer.sign(PAST, "officer@shop.example", "nothing", number=1)
        before = db.session.execute(text(f"SELECT * FROM {table}")).mappings().all()
        column, value = TABLES[table].split(" = ")
        changed = {name: name for name in before[0]} | {column: value}
        if key == "by its other key":
            changed["id"] = "id + 1000"
            changed |= {name: name for name in OTHER_KEYS[table]}
            changed |= {DIFFERS[table]: "'changed'"}

        columns = ", ".join(changed.values())
        with suppress(DBAPIError):
            db.session.execute(
                text(f"INSERT OR REPLACE INTO {table} SELECT {columns} FROM {table}")
            )
        same_keys = db.session.execute(text(f"SELECT * FROM {table}")).mappings().all()

        assert same_keys[: len(before)] == before
