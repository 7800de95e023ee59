"""What we promise about records: one test per line of docs/promises.md that needs a server."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from consent_server import clock
from consent_server.consents.models import ConsentRecord
from consent_server.consents.rules import digest
from consent_server.consents.services import find_consent
from consent_server.operators.services import add_operator
from consent_server.storage.database import db
from consent_server.visits.services import VisitFilter
from support.shop import Shop

RECORDED = datetime(2026, 1, 15, 0, 30, tzinfo=UTC)
GONE = datetime(2026, 4, 15, 15, tzinfo=UTC)


def test_s02_a_field_that_nobody_asked_for_is_refused_and_not_stored(shop: Shop) -> None:
    responses = [
        shop.send_consent(shop.submission(email="person@shop.example")),
        shop.send_visit(shop.visit(name="a person")),
    ]

    assert [response.status_code for response in responses] == [400, 400]
    with shop.app.app_context():
        for table in ("consent_records", "visits"):
            assert db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0


def test_s27_a_backup_from_before_the_day_gives_nothing_back_after_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: RECORDED)
    shop.send_visit(shop.visit())
    with shop.app.app_context():
        backup = db.session.execute(text("SELECT visit_id, payload, gone_at FROM visits")).all()
        readable_before = len(shop.house.reader.newest(VisitFilter()))
        db.session.rollback()

        monkeypatch.setattr(clock, "now", lambda: GONE)
        shop.house.retention.run()
        shop.house.partitions[0].forget(GONE)
        shop.house.partitions[0].ensure(GONE)
        put_back(backup)
        monkeypatch.setattr(clock, "now", lambda: RECORDED)  # even with the clock turned back
        readable_after = len(shop.house.reader.newest(VisitFilter()))

    assert (len(backup), readable_before, readable_after) == (1, 1, 0)


def put_back(rows: Iterable[Any]) -> None:
    """Restores rows as a backup would: same ids, same encrypted payload."""
    for visit_id, payload, gone_at in rows:
        db.session.execute(
            text(
                "INSERT INTO visits (visit_id, site_id, recorded_at, day, gone_at, device_class,"
                " payload) VALUES (:v, 1, :g, '2026-01-15', :g, 'pc', :p)"
            ),
            {"v": visit_id, "p": payload, "g": gone_at},
        )
    db.session.commit()


def test_s41_passwords_are_kept_as_argon2id_hashes_only(shop: Shop) -> None:
    with shop.app.app_context():
        operator = add_operator("owner@example.com", "correct horse battery")
        stored = operator.password

    assert stored.startswith("$argon2id$")
    assert "horse" not in stored


def test_r12_a_record_can_be_checked_against_its_own_digest(shop: Shop) -> None:
    answer = json.loads(shop.send_consent(shop.refusal()).data)

    with shop.app.app_context():
        record = find_consent(uuid.UUID(answer["consent_id"]))
    facts = {
        column.name: getattr(record, column.name)
        for column in ConsentRecord.__table__.columns
        if column.name not in ("id", "digest")
    }

    assert digest(facts) == record.digest == answer["receipt"]["record_sha256"]
    assert digest(facts | {"action": "accept_all"}) != record.digest


def test_r14_the_proof_of_consent_holds_no_address_and_no_device(shop: Shop) -> None:
    shop.send_consent(
        shop.submission(),
        environ_base={"REMOTE_ADDR": "203.0.113.77"},
        user_agent="Mozilla/5.0 (iPhone)",
    )

    with shop.app.app_context():
        [row] = db.session.execute(text("SELECT * FROM consent_records")).all()
    assert "203.0.113.77" not in str(row)
    assert "iPhone" not in str(row)
