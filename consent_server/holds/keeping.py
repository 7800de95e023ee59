"""Copies visits into a hold: each opened with the key of its day, sealed anew with the hold's own.

What can be found by index (a visitor) is looked for in each run. Everything else is looked through
day by day, once, when the day is over: until their own end the originals are there anyway. A copy
is made before an erasure removes the original. Nothing is copied from its last instant on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, Select, Table, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from consent_server import clock
from consent_server.holds.models import HeldVisit, HoldDay, LegalHold
from consent_server.holds.rules import ADDRESS, EVERYTHING, VISITOR
from consent_server.keys.ring import KeyRing
from consent_server.periods import RetentionPeriod
from consent_server.storage.database import table_of
from consent_server.storage.sqlite import by_row_number
from consent_server.visits.models import ArchivedVisit, Visit
from consent_server.visits.modes import truncated

VISIT_CLASS: Final = "visit"
HELD_CLASS: Final = "held visit"
SCOPE_CLASS: Final = "legal hold"
_PAGE_ROWS: Final = 500
_LATE: Final = timedelta(minutes=10)  # a visit of yesterday may still be on its way

HOLDS: Final = table_of(LegalHold)
HELD: Final = table_of(HeldVisit)
DAYS: Final = table_of(HoldDay)
_TABLES: Final = (table_of(Visit), table_of(ArchivedVisit))  # in the order in which visits move


def key_of(hold_id: UUID) -> str:
    """Returns the name of a hold's key."""
    return f"hold-{hold_id}"


@dataclass(frozen=True, slots=True)
class _Scope:
    """What a hold covers. column, hashes: none for all visits of the site."""

    hold: Row[Any]
    column: str = ""
    hashes: Sequence[bytes] = ()


@dataclass(frozen=True, slots=True)
class Keeping:
    """Everything that copying needs."""

    main: Engine
    archive: Engine
    ring: KeyRing
    period: RetentionPeriod

    def keep(self, hold: Row[Any], *, limit_rows: int | None = None) -> int:
        """Copies what a hold covers and lacks; returns how many visits.

        limit_rows: stop about there; the next call goes on. Idempotent.
        """
        scope = self._scope(hold)
        if scope.column == "visitor_hash":
            return sum(self._copy(scope, table, _found(scope, table)) for table in _TABLES)
        copied = 0
        for gone_at in self._ends() - self._done(hold):
            is_over = self._is_over(gone_at)
            if not is_over and limit_rows is None:
                continue  # of today: at the opening, and again when the day is over
            for table in _TABLES:
                copied += self._copy_day(scope, table, gone_at, limit_rows)
            if limit_rows is not None and copied >= limit_rows:
                break
            if is_over:
                self._remember(hold, gone_at)
        return copied

    def keep_of_visitor(self, hold: Row[Any], hashes: Mapping[date, bytes]) -> int:
        """Copies what a hold covers of one visitor's visits: they are about to be erased."""
        scope = self._scope(hold)
        return sum(
            self._copy(
                scope,
                table,
                _found(scope, table).where(table.c.visitor_hash.in_(list(hashes.values()))),
            )
            for table in _TABLES
        )

    def forget_days(self) -> None:
        """Removes the marks of days that are gone."""
        gone = DAYS.delete().where(DAYS.c.gone_at <= clock.now())
        with self.archive.execution_options(writes=True).begin() as connection:
            connection.execute(gone)

    def _scope(self, hold: Row[Any]) -> _Scope:
        """Opens the scope first, even an empty one: sealing would make a destroyed key anew."""
        name = key_of(hold.hold_id)
        sought = self.ring.decrypt(SCOPE_CLASS, name, hold.hold_id, hold.scope).decode()
        if hold.narrowed_by == EVERYTHING:
            return _Scope(hold)
        values = _values(hold.narrowed_by, sought)
        found = (
            self.ring.keyed_hash_or_none(day, hold.narrowed_by, value)
            for day in self.ring.days()
            for value in values
        )
        column = f"{hold.narrowed_by}_hash"
        return _Scope(hold, column, [each for each in found if each is not None])

    def _ends(self) -> set[datetime]:
        """Returns the ends of all days that have visits, by one look into an index for each."""
        ends: set[datetime] = set()
        for table in _TABLES:
            after = clock.now()
            with self._engine(table).connect() as connection:
                query = select(func.min(table.c.gone_at))
                while (end := connection.scalar(query.where(table.c.gone_at > after))) is not None:
                    ends.add(end)
                    after = end
        return ends

    def _done(self, hold: Row[Any]) -> set[datetime]:
        with self.archive.connect() as connection:
            query = select(DAYS.c.gone_at).where(DAYS.c.hold_id == hold.hold_id)
            return set(connection.scalars(query))

    def _is_over(self, gone_at: datetime) -> bool:
        now = clock.now()
        return gone_at not in {self.period.gone_at(now), self.period.gone_at(now - _LATE)}

    def _remember(self, hold: Row[Any], gone_at: datetime) -> None:
        with self.archive.execution_options(writes=True).begin() as connection:
            row = {"hold_id": hold.hold_id, "gone_at": gone_at}
            connection.execute(_insert_absent(connection, DAYS), [row])

    def _copy_day(
        self, scope: _Scope, table: Table, gone_at: datetime, limit_rows: int | None
    ) -> int:
        engine, copied, after_id = self._engine(table), 0, 0
        site_id = by_row_number(table.c.site_id, engine)
        query = _covered(scope, table, site_id).where(table.c.gone_at == gone_at)
        while limit_rows is None or copied < limit_rows:
            page = query.where(table.c.id > after_id).order_by(table.c.id).limit(_PAGE_ROWS)
            with engine.connect() as connection:
                rows = connection.execute(page).all()
            copied += self._seal(scope.hold, rows)
            if len(rows) < _PAGE_ROWS:
                break
            after_id = rows[-1].id
        return copied

    def _copy(self, scope: _Scope, table: Table, query: Select[Any]) -> int:
        with self._engine(table).connect() as connection:
            rows = connection.execute(query).all()
        pages = (rows[first : first + _PAGE_ROWS] for first in range(0, len(rows), _PAGE_ROWS))
        return sum(self._seal(scope.hold, page) for page in pages)

    def _seal(self, hold: Row[Any], rows: Iterable[Row[Any]]) -> int:
        """Writes those of some visits that the hold has not; returns how many."""
        news = self._absent(hold, rows)
        sealed = [(row.day, row.visit_id, row.payload) for row in news]
        opened = self.ring.decrypt_page(VISIT_CLASS, sealed)
        name = key_of(hold.hold_id)
        copies = [
            {
                "hold_id": hold.hold_id,
                "visit_id": row.visit_id,
                "recorded_at": row.recorded_at,
                "device_class": row.device_class,
                "payload": self.ring.encrypt(HELD_CLASS, name, row.visit_id, plain),
            }
            for row, plain in zip(news, opened, strict=True)
            if plain is not None
        ]
        return self._write(hold, copies) if copies else 0

    def _absent(self, hold: Row[Any], rows: Iterable[Row[Any]]) -> list[Row[Any]]:
        rows = list(rows)
        query = select(HELD.c.visit_id).where(
            HELD.c.hold_id == hold.hold_id, HELD.c.visit_id.in_([row.visit_id for row in rows])
        )
        with self.archive.connect() as connection:
            known = set(connection.scalars(query)) if rows else set()
        return [row for row in rows if row.visit_id not in known]

    def _write(self, hold: Row[Any], copies: list[dict[str, Any]]) -> int:
        """Never into a hold that ended meanwhile: its row is locked, and looked at again."""
        with self.archive.execution_options(writes=True).begin() as connection:
            open_hold = select(HOLDS.c.hold_id).where(
                HOLDS.c.hold_id == hold.hold_id, HOLDS.c.held.is_(None)
            )
            if connection.scalar(open_hold.with_for_update(read=True)) is None:
                return 0
            connection.execute(_insert_absent(connection, HELD), copies)
        return len(copies)  # PostgreSQL's driver does not count the rows of many

    def _engine(self, table: Table) -> Engine:
        return self.main if table is _TABLES[0] else self.archive


def _found(scope: _Scope, table: Table) -> Select[Any]:
    return _covered(scope, table, table.c.site_id)


def _covered(scope: _Scope, table: Table, site_id: Any) -> Select[Any]:
    hold = scope.hold
    query = select(table).where(site_id == hold.site_id, table.c.gone_at > clock.now())
    if scope.column:
        query = query.where(table.c[scope.column].in_(scope.hashes))
    if hold.since is not None:
        query = query.where(table.c.recorded_at >= hold.since)
    if hold.until is not None:
        query = query.where(table.c.recorded_at < hold.until)
    return query


def _values(narrowed_by: str, sought: str) -> list[bytes]:
    """Returns what hashes were made of; of an address also its network (visits.modes)."""
    if narrowed_by == VISITOR:
        return [UUID(sought).bytes]
    assert narrowed_by == ADDRESS
    return [value.encode() for value in dict.fromkeys((sought, truncated(sought)))]


def _insert_absent(connection: Connection, table: Table) -> Any:
    engines = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
    make: Any = engines.get(connection.dialect.name, insert)
    return make(table).on_conflict_do_nothing()
