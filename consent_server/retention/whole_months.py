"""Destroys the access log month by month, each with a certificate.

A month goes as a whole when its last entry is over, so that what was reviewed can be verified as a
whole until then. What is found before the first row goes is noted (`OpenDestruction`), and leaves
the notes together with the last rows and with the certificate; cut off anywhere, the next run goes
on. The certificate names the digest of the last entry: the oldest one that is left continues it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Engine, and_, delete, func, insert, select

from consent_server import clock
from consent_server.audit.chain import FIRST, digest_of
from consent_server.audit.models import AccessEntry
from consent_server.audit.services import entry_of
from consent_server.certificates.rules import Certificate, DestroyedRecords
from consent_server.certificates.services import issue_certificate
from consent_server.retention.models import OpenDestruction
from consent_server.signing import CertificateKey
from consent_server.storage.database import table_of

Run = Callable[[Callable[[Connection], Any]], Any]
Remove = Callable[[Sequence[int], datetime, Connection], int]  # ids, and before when they are over
_CHUNK_ROWS: Final = 200  # one transaction; the trigger looks at each row
_PAUSE_SECONDS: Final = 0.001  # between two, in which the writer serves whoever waits


@dataclass(frozen=True, slots=True)
class MonthsOfLog:
    """The entries of one class. scope: which they are. run: one transaction. remove: some rows."""

    name: str
    scope: ColumnElement[bool]
    zone: ZoneInfo
    key: CertificateKey
    run: Run
    remove: Remove

    def destroy(self, engine: Engine, before: datetime, now: datetime, executor: str) -> int:
        """Destroys every month that ended by an instant (the first of one); returns how many rows.

        Months go oldest first. May be repeated.
        """
        removed = 0
        while (first := self._oldest(engine, before)) is not None:
            removed += self._destroy_month(engine, first, now, executor)
        return removed

    def _oldest(self, engine: Engine, before: datetime) -> date | None:
        """Returns the first day of the oldest month that is over and not gone."""
        query = select(func.min(_LOG.c.at)).where(_LOG.c.at < before, self.scope)
        with engine.connect() as connection:
            at: datetime | None = connection.execute(query).scalar_one()
        return None if at is None else at.astimezone(self.zone).date().replace(day=1)

    def _destroy_month(self, engine: Engine, first: date, now: datetime, executor: str) -> int:
        until = _midnight((first + timedelta(days=31)).replace(day=1), self.zone)
        is_meant = and_(_LOG.c.at >= _midnight(first, self.zone), _LOG.c.at < until, self.scope)
        with engine.connect() as connection:
            query = select(_LOG.c.id, _LOG.c.site_id).where(is_meant).order_by(_LOG.c.id)
            found = connection.execute(query).all()
            last = select(_LOG).where(_LOG.c.id == found[-1].id)
            entry = entry_of(connection.execute(last).mappings().one())
        ids = [row.id for row in found]
        sites = Counter(str(row.site_id) for row in found if row.site_id is not None)
        self.run(partial(self._note, first, until, now, executor, len(ids), sites))
        removed = 0
        while len(ids) > _CHUNK_ROWS:
            chunk, ids = ids[:_CHUNK_ROWS], ids[_CHUNK_ROWS:]
            removed += self.run(partial(self.remove, chunk, until))
            clock.pause(_PAUSE_SECONDS)
        digest = digest_of(entry) if entry.signature else FIRST
        self.run(partial(self._finish, ids, first, until, digest))
        return removed + len(ids)

    def _note(
        self,
        first: date,
        until: datetime,
        now: datetime,
        executor: str,
        records: int,
        sites: Counter[str],
        connection: Connection,
    ) -> None:
        """Writes down what is there, unless a run that was cut off did."""
        known = select(_OPEN.c.day).where(self._is_note(first, until))
        if connection.execute(known).first() is None:
            connection.execute(
                insert(_OPEN).values(
                    record_class=self.name,
                    day=first,
                    gone_at=until,
                    started_at=now,
                    records=records,
                    sites=dict(sites),
                    has_key=False,
                    executor=executor,
                )
            )

    def _finish(
        self,
        ids: Sequence[int],
        first: date,
        until: datetime,
        digest: str,
        connection: Connection,
    ) -> Certificate:
        """Removes the last rows, strikes the note out and certifies, in one transaction."""
        self.remove(ids, until, connection)
        is_note = self._is_note(first, until)
        note = connection.execute(select(_OPEN).where(is_note)).mappings().one()
        connection.execute(delete(_OPEN).where(is_note))
        destroyed = DestroyedRecords(
            record_class=self.name,
            day=first,
            records=note["records"],
            sites=note["sites"],
            reason="period_over",
            method="rows",
            started_at=note["started_at"],
            ended_at=clock.now(),
            executor=note["executor"],
            reference=f"{self.name} {first:%Y-%m} {digest}",
        )
        return issue_certificate(connection, self.key, destroyed)

    def _is_note(self, first: date, until: datetime) -> ColumnElement[bool]:
        return and_(
            _OPEN.c.record_class == self.name, _OPEN.c.day == first, _OPEN.c.gone_at == until
        )


def whole_months_before(instant: datetime, zone: ZoneInfo) -> datetime:
    """Returns the beginning of the month in which an instant falls, aware, UTC."""
    return _midnight(instant.astimezone(zone).date().replace(day=1), zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)


_LOG = table_of(AccessEntry)
_OPEN = table_of(OpenDestruction)
