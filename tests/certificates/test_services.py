"""The ledger in a database: append-only, one chain however many write, confirmed by operators."""

from __future__ import annotations

import json
import threading
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from consent_server.certificates.commands import commands
from consent_server.certificates.rules import Certificate, DestroyedRecords
from consent_server.certificates.services import (
    confirm_certificate,
    confirmations_of,
    each_certificate,
    issue_certificate,
)
from consent_server.certificates.verifying import verify_ledger
from consent_server.errors import NotFound
from consent_server.house import house_of
from consent_server.storage.database import db

AT = datetime(2026, 4, 15, 15, 0, 1, 250_000, tzinfo=UTC)


def destroyed(reference: str, **changes: Any) -> DestroyedRecords:
    facts: dict[str, Any] = {
        "record_class": "visit",
        "day": date(2026, 1, 15),
        "records": 3,
        "sites": {"1": 3},
        "reason": "period_over",
        "method": "key_and_rows",
        "started_at": AT,
        "ended_at": AT,
        "executor": "command line",
        "reference": reference,
    }
    return DestroyedRecords(**facts | changes)


def issue(app: Flask, *references: str) -> list[Certificate]:
    house = house_of(app)
    with app.app_context():
        return [
            house.writer.run(
                lambda connection, reference=reference: issue_certificate(  # type: ignore[misc]
                    connection, house.certificate_key, destroyed(reference)
                )
            )
            for reference in references
        ]


def faults(app: Flask) -> list[tuple[int, str]]:
    house = house_of(app)
    with app.app_context():
        found = verify_ledger(db.engine, house.certificate_key, house.ledger_head)
        return [(fault.number, fault.fault) for fault in found]


def test_certificates_come_back_as_they_were_issued_and_in_one_chain(app: Flask) -> None:
    made = issue(app, "first", "second", "third")

    with app.app_context():
        kept = list(each_certificate(db.engine))
    assert kept == made
    assert [each.number for each in kept] == [1, 2, 3]
    assert faults(app) == []


def test_the_same_destruction_is_certified_once(app: Flask) -> None:
    [first] = issue(app, "visit 2026-01-15")
    [again] = issue(app, "visit 2026-01-15")

    assert again == first
    with app.app_context():
        assert len(list(each_certificate(db.engine))) == 1


def test_many_who_issue_at_once_make_one_chain(app: Flask) -> None:
    house = house_of(app)

    def issue_one(number: int) -> None:
        with app.app_context(), db.engine.execution_options(writes=True).begin() as connection:
            issue_certificate(connection, house.certificate_key, destroyed(f"number {number}"))

    threads = [threading.Thread(target=issue_one, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with app.app_context():
        assert [each.number for each in each_certificate(db.engine)] == list(range(1, 9))
    assert faults(app) == []


def test_a_certificate_of_a_transaction_that_fails_was_never_issued(app: Flask) -> None:
    house = house_of(app)

    def issue_and_fail(connection: Any) -> None:
        issue_certificate(connection, house.certificate_key, destroyed("never"))
        raise ValueError("the caller's own trouble")

    with pytest.raises(ValueError, match="own trouble"):
        house.writer.run(issue_and_fail)

    issue(app, "later")
    assert faults(app) == []


@pytest.mark.parametrize("table", ["destruction_certificates", "certificate_confirmations"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET digest = 'x'", "DELETE FROM {}"])
def test_the_database_refuses_to_change_the_ledger(app: Flask, table: str, verb: str) -> None:
    issue(app, "first")
    with app.app_context():
        confirm_certificate(1, "owner@shop.example", house_of(app).certificate_key)

        with pytest.raises(DatabaseError, match="append-only"), db.engine.begin() as connection:
            connection.execute(text(verb.format(table)))


def without_triggers(app: Flask, statement: str) -> None:
    """Changes the ledger as somebody with the database's own password would."""
    with app.app_context(), db.engine.begin() as connection:
        if db.engine.dialect.name == "sqlite":
            names = connection.scalars(text("SELECT name FROM sqlite_master WHERE type='trigger'"))
            for name in [name for name in names if "certificate" in name]:
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE destruction_certificates SET records = 2 WHERE number = 2", (2, "changed")),
        ("UPDATE destruction_certificates SET executor = 'x' WHERE number = 3", (3, "forged")),
        ("DELETE FROM destruction_certificates WHERE number = 2", (2, "missing")),
        ("DELETE FROM destruction_certificates WHERE number = 3", (3, "missing")),
        ("DELETE FROM destruction_certificates WHERE number > 1", (2, "missing")),
        ("UPDATE certificate_confirmations SET operator = 'somebody'", (1, "forged")),
    ],
)
def test_what_somebody_with_the_databases_password_changes_is_found(
    app: Flask, statement: str, fault: tuple[int, str]
) -> None:
    issue(app, "first", "second", "third")
    with app.app_context():
        confirm_certificate(1, "owner@shop.example", house_of(app).certificate_key)
    assert faults(app) == []

    without_triggers(app, statement)

    assert fault in faults(app)


def test_an_operator_confirms_once_and_only_what_exists(app: Flask) -> None:
    issue(app, "first")
    key = house_of(app).certificate_key
    with app.app_context():
        first = confirm_certificate(1, "owner@shop.example", key)
        again = confirm_certificate(1, "owner@shop.example", key)
        confirm_certificate(1, "auditor@shop.example", key)
        with pytest.raises(NotFound):
            confirm_certificate(2, "owner@shop.example", key)
        confirmed = confirmations_of([1])[1]

    assert again == first
    assert [one.operator for one in confirmed] == ["owner@shop.example", "auditor@shop.example"]


def test_an_auditor_verifies_an_export_without_database_and_secret(
    app: Flask, runner: FlaskCliRunner, tmp_path: Path
) -> None:
    issue(app, "first", "second")
    file = tmp_path / "ledger.ndjson"
    exported = runner.invoke(commands, ["export", "-o", str(file)])
    sound = runner.invoke(commands, ["verify", str(file)])
    lines = file.read_text().splitlines(keepends=True)
    file.write_text(lines[0].replace('"records": 3', '"records": 2') + lines[1])

    changed = runner.invoke(commands, ["verify", str(file), "--json"])

    assert (exported.exit_code, sound.exit_code, changed.exit_code) == (0, 0, 1)
    assert {fault["fault"] for fault in json.loads(changed.output)["faults"]} == {
        "changed",
        "forged",
    }


def test_the_commands_list_show_and_export_what_the_ledger_holds(
    app: Flask, runner: FlaskCliRunner
) -> None:
    issue(app, "first", "second")
    with app.app_context():
        confirm_certificate(2, "owner@shop.example", house_of(app).certificate_key)

    listed = json.loads(runner.invoke(commands, ["list", "--json"]).output)
    shown = json.loads(runner.invoke(commands, ["show", "2", "--json"]).output)
    in_words = runner.invoke(commands, ["show", "2"]).output
    table = runner.invoke(commands, ["export", "--format", "csv"]).output.splitlines()
    unknown = runner.invoke(commands, ["show", "9"])
    sound = runner.invoke(commands, ["verify"])

    assert [each["number"] for each in listed] == [2, 1]
    assert shown["confirmations"][0]["operator"] == "owner@shop.example"
    assert "confirmed: owner@shop.example" in in_words
    assert len(table) == 3
    assert table[0].startswith("number,record_class,day,records")
    assert unknown.exception is not None
    assert (sound.exit_code, sound.output) == (
        0,
        "every certificate is as it was issued, none is missing\n",
    )
