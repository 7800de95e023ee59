"""The whole house: each route has its guard, each column its words, each migration a way back."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import Engine, MetaData, Table, inspect, text

from consent_server.config import Settings
from consent_server.retention.rules import destroyed_by_rows, record_classes
from consent_server.storage.append_only import trigger_name
from consent_server.storage.database import ARCHIVE, db
from consent_server.storage.migrate import HISTORIES, is_current, migration_engine, move
from consent_server.storage.partitions.keeper import is_partition

PACKAGE = Path(__file__).parents[2] / "consent_server"
FROM_LIBRARIES = {  # guarded by the library itself
    "static": "public files",
    "security.login": "Flask-Security: sign-in",
    "security.logout": "Flask-Security: sign-out",
    "security.verify": "Flask-Security: the password again",
    "security.change_password": "Flask-Security: another password",
    "security.two_factor_setup": "Flask-Security: set up the second factor",
    "security.two_factor_setup_validate": "Flask-Security: its first code",
    "security.two_factor_token_validation": "Flask-Security: its code at sign-in",
    "security.two_factor_rescue": "closed by operators.sign_in",
    "security.tf_select": "closed by operators.sign_in",
    "security.mf_recovery_codes": "Flask-Security: recovery codes",
    "security.mf_recovery": "Flask-Security: one of them at sign-in",
}


def metadata_of(history: str) -> MetaData:
    return db.metadatas[ARCHIVE if history == "archive" else None]


def tables() -> Iterator[Table]:
    for history in HISTORIES:
        yield from metadata_of(history).tables.values()


def test_every_route_declares_who_may_use_it(app: Flask) -> None:
    unguarded = [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint not in FROM_LIBRARIES
        and not hasattr(app.view_functions[rule.endpoint], "guard")
    ]

    assert unguarded == []


def test_every_console_page_is_for_operators(app: Flask) -> None:
    open_pages = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/admin")
        and rule.endpoint not in FROM_LIBRARIES
        and getattr(app.view_functions[rule.endpoint], "guard", "")
        not in ("operator", "invitation", "sign-in")
    ]

    assert open_pages == []


def test_every_table_and_column_says_what_it_is(app: Flask) -> None:
    silent = [str(table) for table in tables() if not table.comment]
    silent += [str(c) for table in tables() for c in table.columns if not c.comment]

    assert silent == []


def test_every_personal_column_belongs_to_a_record_class(app: Flask, settings: Settings) -> None:
    known = {record_class.name for record_class in record_classes(settings)}
    named = {
        str(column): column.info["retention"]
        for table in tables()
        for column in table.columns
        if column.info.get("personal")
    }

    assert named
    assert set(named.values()) <= known


def test_every_table_belongs_to_a_record_class_and_every_row_of_it_to_one(
    app: Flask, settings: Settings
) -> None:
    classes = record_classes(settings)
    rows = [rows for record_class in classes for rows in record_class.rows]
    known = {(rows.bind, rows.table) for rows in rows}
    there = {(history, name) for history in HISTORIES for name in metadata_of(history).tables}
    shared = {name for name, count in Counter(rows.table for rows in rows).items() if count > 1}
    scopes = {name: [r for r in rows if r.table == name] for name in shared}

    assert known == there
    for parts in scopes.values():  # one takes what begins with a word, the other all the rest
        one, other = sorted(parts, key=lambda rows: rows.starts is None)
        assert one.starts == other.but_not
        assert (one.but_not, other.starts) == (None, None)


def test_every_class_has_an_end_that_is_enforced_or_says_that_it_has_none(
    app: Flask, settings: Settings
) -> None:
    classes = record_classes(replace(settings, consent_months=12))
    by_rows = {(c.name, rows.table) for c, rows in destroyed_by_rows(classes)}

    assert len({c.name for c in classes}) == len(classes)
    for record_class in classes:
        assert (record_class.months is not None) == (record_class.keeps == "months")
        for rows in record_class.rows:
            table = metadata_of(rows.bind).tables[rows.table]
            columns = (rows.counted_from, rows.made, *rows.next_of)
            scopes = [scope[0] for scope in (rows.starts, rows.but_not) if scope]
            assert {name for name in (*columns, *scopes) if name} <= set(table.columns.keys())
            goes_by_rows = (record_class.name, rows.table) in by_rows
            if record_class.keeps == "months":
                assert goes_by_rows or rows.engine in ("day", "own"), rows
            if goes_by_rows:
                assert (rows.bind, "id" in table.primary_key.columns) == ("main", True)
                assert rows.counted_from


def test_a_table_that_refuses_to_delete_lets_go_what_is_over_if_its_class_has_an_end(
    app: Flask, settings: Settings
) -> None:
    classes = record_classes(replace(settings, consent_months=12))
    for _, rows in destroyed_by_rows(classes):
        engine = migration_engine(settings, rows.bind)
        refusal = _refusal_of_delete(engine, rows.table)
        engine.dispose()

        assert refusal is None or "destruction_limits" in refusal, rows.table


def _refusal_of_delete(engine: Engine, table: str) -> str | None:
    name = trigger_name(table, "delete")
    query = (
        "SELECT sql FROM sqlite_master WHERE name = :name"
        if engine.dialect.name == "sqlite"
        else "SELECT prosrc FROM pg_trigger JOIN pg_proc p ON p.oid = tgfoid WHERE tgname = :name"
    )
    with engine.connect() as connection:
        return connection.execute(text(query), {"name": name}).scalar_one_or_none()


@pytest.mark.parametrize("history", HISTORIES)
def test_migrations_build_exactly_the_tables_of_the_models(
    app: Flask, settings: Settings, history: str
) -> None:
    engine = migration_engine(settings, history)
    with engine.connect() as connection:
        options = {"compare_type": True, "include_object": belongs_to(engine.dialect.name)}
        context = MigrationContext.configure(connection, opts=options)
        differences = compare_metadata(context, metadata_of(history))
    engine.dispose()

    assert differences == []


def belongs_to(dialect: str) -> Callable[..., bool]:
    """Leaves out what a model has on the other engine only, and the partitions of a table."""

    def is_compared(item: Any, name: str | None, *_: object) -> bool:
        other_engine = item.info.get("only_on", dialect) != dialect
        return not other_engine and not is_partition(name or "")

    return is_compared


@pytest.mark.parametrize("history", HISTORIES)
def test_migrations_give_each_table_the_primary_key_of_its_model_and_of_its_partitions(
    app: Flask, settings: Settings, history: str
) -> None:
    engine = migration_engine(settings, history)
    found = inspect(engine)
    is_split = engine.dialect.name == "postgresql"
    wrong = {}
    for table in metadata_of(history).tables.values():
        wanted = [column.name for column in table.primary_key]
        if table.info.get("only_on", engine.dialect.name) != engine.dialect.name:
            continue
        if is_split and table.dialect_options["postgresql"]["partition_by"]:
            wanted.append("gone_at")
        if found.get_pk_constraint(table.name)["constrained_columns"] != wanted:
            wrong[table.name] = wanted
    engine.dispose()

    assert wrong == {}


@pytest.mark.parametrize("history", HISTORIES)
def test_on_postgresql_the_tables_are_partitioned_as_their_models_say(
    app: Flask, settings: Settings, history: str
) -> None:
    engine = migration_engine(settings, history)
    wanted = {
        table.name: table.dialect_options["postgresql"]["partition_by"]
        for table in metadata_of(history).tables.values()
        if engine.dialect.name == "postgresql"
        and table.dialect_options["postgresql"]["partition_by"]
    }
    query = (
        "SELECT partrelid::regclass::text, pg_get_partkeydef(partrelid) FROM pg_partitioned_table"
    )
    with engine.connect() as connection:
        rows = connection.execute(text(query)).all() if wanted else []
    engine.dispose()

    assert {row[0]: row[1] for row in rows} == wanted


@pytest.mark.parametrize("history", HISTORIES)
def test_migrations_go_down_and_up_again(settings: Settings, history: str) -> None:
    engine = migration_engine(settings, history)

    move(settings, history, "base")
    left = set(inspect(engine).get_table_names()) - {"alembic_version"}
    move(settings, history, "head")

    assert left == set()
    assert is_current(engine, history)
    engine.dispose()


@pytest.mark.parametrize("history", HISTORIES)
def test_migrations_are_numbered_without_a_gap(history: str) -> None:
    names = sorted(p.name for p in (PACKAGE / "migrations" / history / "versions").glob("*.py"))

    assert [name[:4] for name in names] == [f"{n:04d}" for n in range(1, len(names) + 1)]


def test_only_the_clock_reads_the_time() -> None:
    readers = [
        f"{path.name}:{call.lineno}"
        for path in PACKAGE.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in ("now", "utcnow", "today")
        and ast.unparse(call.func.value) != "clock"
    ]

    assert readers == ["clock.py:15"]


def test_every_room_says_in_words_what_it_is() -> None:
    silent = [
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if not ast.get_docstring(ast.parse(path.read_text()))
    ]

    assert silent == []
