"""Makes consent and visit records by the million, inside the database.

Three sites of very different size, rare actions, a rare country, three versions one after the
other. The visits of a day repeat some hundred payloads that are sealed under the day's key as every
visit's is, so that each row of a page is opened; with them goes the id that a payload is bound to,
so on PostgreSQL the table's key on that id is a plain index: no search reads it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Engine, text

from consent_server import clock
from consent_server.house import House
from consent_server.migrations.spans import filling_spans
from consent_server.storage.partitions.keeper import make_partition
from consent_server.visits.recorder import RECORD_CLASS
from consent_server.visits.schemas import Payload

CONSENT_DAYS: Final = 365
VISIT_DAYS: Final = 30
_CHUNK_ROWS: Final = 1_000_000  # one transaction
_SEALED: Final = 500  # different payloads of a day
_DECISIONS: Final = r'{"analytics"\:true,"functional"\:true,"marketing"\:false}'
_KEYS: Final = {  # dropped while rows come in, and made again: as a restore does
    "consent_records": {
        "ix_consent_records_site_id_id": "(site_id, id)",
        "ix_consent_records_site_id_visitor_id": "(site_id, visitor_id)",
    },
    "visits": {"ix_visits_site_id_id": "(site_id, id)"},
}
# of the row's number i: shares of a thousand and of a million
_SITE: Final = "CASE WHEN i % 1000 = 7 THEN :c WHEN i % 10 < 3 THEN :b ELSE :a END"
_ACTION: Final = (
    "CASE WHEN i * 7 % 10000 = 1 THEN 'import' WHEN i * 7 % 1000 = 2 THEN 'gpc'"
    " WHEN i * 7 % 100 = 3 THEN 'withdraw' WHEN i * 7 % 100 < 10 THEN 'ask_each'"
    " WHEN i * 7 % 100 < 25 THEN 'customise' WHEN i * 7 % 100 < 50 THEN 'refuse_all'"
    " ELSE 'accept_all' END"
)
_DEVICE: Final = (
    "CASE WHEN i * 3 % 1000 = 5 THEN 'bot' WHEN i * 3 % 100 < 5 THEN 'tablet'"
    " WHEN i * 3 % 100 < 40 THEN 'pc' ELSE 'mobile' END"
)
_COUNTRY: Final = (
    "CASE WHEN i * 11 % 10000 = 9 THEN 'FR' WHEN i * 11 % 100 = 8 THEN ''"
    " WHEN i * 11 % 100 < 8 THEN 'US' ELSE 'KR' END"
)


@dataclass(frozen=True, slots=True)
class Filler:
    """One deployment. sites: row numbers of three, the largest first."""

    house: House
    engine: Engine
    sites: tuple[int, int, int]

    def fill_consents(self, rows: int) -> None:
        """Writes records of a year, oldest first, and where they lie, as an upgrade does."""
        began = clock.now() - timedelta(days=CONSENT_DAYS)
        seconds = timedelta(days=CONSENT_DAYS).total_seconds() / rows
        named = self._named() | {"digest": "0" * 64, "began": self._told(began)}
        with self._without_keys("consent_records"):
            for first in range(0, rows, _CHUNK_ROWS):
                last = min(first + _CHUNK_ROWS, rows) - 1
                self._run(
                    "INSERT INTO consent_records (consent_id, site_id, visitor_id, action,"
                    " policy_version, language, text_sha256, decisions, services, layer, trusted,"
                    " gpc, recorded_at, valid_until, digest)"
                    f" SELECT {self._random_id}, {_SITE}, {self._random_id}, {_ACTION},"
                    f" CASE WHEN i < {rows // 4} THEN 1 WHEN i < {rows // 2} THEN 2 ELSE 3 END,"
                    " CASE WHEN i % 10 = 4 THEN 'en' ELSE 'ko' END, :digest,"
                    f" '{_DECISIONS}', '{{}}', 'notice', {self._bool(True)}, {self._bool(False)},"
                    f" {self._at(seconds)}, {self._at(seconds, days=365)}, :digest"
                    f" FROM {self._numbers(first, last)}",
                    **named,
                )
        self._run(
            "INSERT INTO decision_progress (id, counted_id, counted_at, seen_id, seen_open)"
            " SELECT 1, max(id), :now, max(id), 0 FROM consent_records",
            now=self._told(clock.now()),
        )
        self._run(filling_spans(self.engine.dialect.name))
        self._analyse("consent_records")

    def fill_visits(self, rows: int) -> None:
        """Writes visits of the days before today, oldest first."""
        period = self.house.settings.visit_period
        today = period.day_of(clock.now())
        kind = "blob" if self._is_sqlite else "bytea"
        self._run(f"CREATE TABLE sealed (n int, id text, payload {kind})")
        with self._without_keys("visits"):
            for ago in range(VISIT_DAYS, 0, -1):
                self._fill_day(today - timedelta(days=ago), rows // VISIT_DAYS)
        self._run("DROP TABLE sealed")
        self._analyse("visits")

    def _fill_day(self, day: date, rows: int) -> None:
        period = self.house.settings.visit_period
        began = datetime.combine(day, time.min, period.zone)
        gone_at = period.gone_at(began)
        with self._writing() as connection:
            if not self._is_sqlite:
                make_partition(connection, "visits", gone_at)
            connection.execute(text("DELETE FROM sealed"))
            insert = text("INSERT INTO sealed VALUES (:n, :id, :payload)")
            connection.execute(insert, list(self._sealed(day)))
        visit_id = "sealed.id" if self._is_sqlite else "sealed.id::uuid"
        self._run(
            "INSERT INTO visits (visit_id, site_id, recorded_at, day, gone_at, device_class,"
            f" country, payload) SELECT {visit_id}, {_SITE}, {self._at(86_000 / rows)}, :day,"
            f" :gone_at, {_DEVICE}, {_COUNTRY}, sealed.payload"
            f" FROM {self._numbers(0, rows - 1)} JOIN sealed ON sealed.n = i % {_SEALED}"
            " ORDER BY i",
            began=self._told(began),
            gone_at=self._told(gone_at),
            day=day.isoformat() if self._is_sqlite else day,
            **self._named(),
        )

    def _sealed(self, day: date) -> Iterator[dict[str, Any]]:
        for number in range(_SEALED):
            visit_id = uuid.uuid4()
            payload = Payload(
                ip=f"203.0.{number // 250}.{number % 250}", path=f"/products/{number}",
                referrer="https://search.example", browser="Chrome", browser_version="131",
                system="Android", system_version="15", device="Samsung SM-S918N",
            )  # fmt: skip
            plain = msgspec.json.encode(payload)
            sealed = self.house.ring.encrypt(RECORD_CLASS, day, visit_id, plain)
            told = visit_id.hex if self._is_sqlite else str(visit_id)
            yield {"n": number, "id": told, "payload": sealed}

    @property
    def _is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @property
    def _random_id(self) -> str:
        return "lower(hex(randomblob(16)))" if self._is_sqlite else "gen_random_uuid()"

    def _bool(self, value: bool) -> str:
        return str(int(value)) if self._is_sqlite else str(value).lower()

    def _at(self, seconds: float, days: int = 0) -> str:
        """Returns the time of row i. SQLite's clock has milliseconds."""
        if self._is_sqlite:
            steps = f":began, (i * {seconds!r}) || ' seconds', '{days} days'"
            return f"strftime('%Y-%m-%d %H:%M:%f000', {steps})"
        began = "CAST(:began AS timestamptz)"
        return f"{began} + i * {seconds!r} * interval '1 second' + interval '{days} days'"

    def _told(self, instant: datetime) -> Any:
        utc = instant.astimezone(UTC)
        return f"{utc:%Y-%m-%d %H:%M:%S.%f}" if self._is_sqlite else utc

    def _named(self) -> dict[str, int]:
        return dict(zip("abc", self.sites, strict=True))

    def _numbers(self, first: int, last: int) -> str:
        if not self._is_sqlite:
            return f"generate_series({first}, {last}) AS i"
        return (
            f"(WITH RECURSIVE numbers (i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM numbers"
            f" WHERE i < {last}) SELECT i FROM numbers)"
        )

    def _writing(self) -> AbstractContextManager[Connection]:
        return self.engine.execution_options(writes=True).begin()

    def _run(self, statement: str, **values: Any) -> None:
        with self._writing() as connection:
            if self._is_sqlite:
                connection.exec_driver_sql("PRAGMA cache_size = -2000000")
            else:
                connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
                connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '1GB'")
                # no triggers: the one on repeated page views needs the key that is left out
                connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            connection.execute(text(statement), values)

    @contextmanager
    def _without_keys(self, table: str) -> Iterator[None]:
        """Drops the indexes of a table, and on SQLite its triggers, and makes them again."""
        triggers = []
        if self._is_sqlite:
            query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :t"
            with self.engine.connect() as connection:
                triggers = list(connection.execute(text(query), {"t": table}).all())
        elif table == "visits":
            self._run("ALTER TABLE visits DROP CONSTRAINT uq_visits_visit_id_gone_at")
        for name, _sql in triggers:
            self._run(f"DROP TRIGGER {name}")
        for name in _KEYS[table]:
            self._run(f"DROP INDEX {name}")
        yield
        for name, columns in _KEYS[table].items():
            self._run(f"CREATE INDEX {name} ON {table} {columns}")
        if table == "visits" and not self._is_sqlite:  # as large as the key, and as dear
            self._run("CREATE INDEX uq_visits_visit_id_gone_at ON visits (visit_id, gone_at)")
        with self.engine.execution_options(writes=True).begin() as connection:
            for _name, sql in triggers:
                connection.exec_driver_sql(sql)

    def _analyse(self, table: str) -> None:
        if self._is_sqlite:
            return
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as plain:
            plain.exec_driver_sql("SET statement_timeout = 0")
            plain.exec_driver_sql(f"VACUUM ANALYZE {table}")
