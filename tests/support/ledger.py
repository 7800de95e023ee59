"""Compares what visitors were told with what the databases hold, by exports and in the tables."""

from __future__ import annotations

import uuid
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.exc import DBAPIError

from consent_server.consents.models import ConsentRecord
from consent_server.consents.rules import digest
from consent_server.storage.database import table_of
from support.load import Load
from support.service import Service

_KINDS = {"consents": "consent_id", "visits": "visit_id"}


def assert_nothing_is_lost_or_doubled(service: Service, load: Load) -> None:
    """Every acknowledged record is exported once, and nothing that was not sent."""
    for kind, name in _KINDS.items():
        exported = Counter(uuid.UUID(row[name]) for row in service.export(kind))
        _compare(exported, load, kind)


def assert_tables_are_sound(url: str, load: Load) -> None:
    """The same in the tables themselves; digests recompute and changes are still refused."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    try:
        for kind, table in {"consents": "consent_records", "visits": "visits"}.items():
            _compare(_ids(engine, table, _KINDS[kind]), load, kind)
        _recompute_digests(engine)
        _try_to_change(engine)
        if engine.dialect.name == "sqlite":
            with engine.connect() as connection:
                assert connection.scalar(text("PRAGMA integrity_check")) == "ok"
    finally:
        engine.dispose()


def _compare(found: Counter[uuid.UUID], load: Load, kind: str) -> None:
    path = f"/v1/{kind}"
    assert load.kept[path], "nothing was acknowledged, so nothing is proven"
    assert load.kept[path] - found.keys() == set(), f"acknowledged {kind} are lost"
    assert {key for key, count in found.items() if count > 1} == set(), f"{kind} are doubled"
    assert found.keys() - load.sent[path] == set(), f"{kind} that nobody sent"


def _ids(engine: Engine, table: str, column: str) -> Counter[uuid.UUID]:
    with engine.connect() as connection:
        return Counter(uuid.UUID(str(key)) for key in connection.scalars(
            text(f"SELECT {column} FROM {table}")
        ))  # fmt: skip


def _recompute_digests(engine: Engine) -> None:
    table = table_of(ConsentRecord)
    with engine.connect() as connection:
        for row in connection.execute(select(table)).mappings():
            facts: dict[str, Any] = dict(row)
            facts.pop("id")
            assert digest({k: v for k, v in facts.items() if k != "digest"}) == facts["digest"]


def _try_to_change(engine: Engine) -> None:
    for change in ("UPDATE consent_records SET gpc = gpc", "DELETE FROM consent_records"):
        with engine.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
            connection.execute(text(change))
