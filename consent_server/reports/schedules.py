"""Exports that are made again and again, each of the day, week or month that is over; masked.

A schedule that is due asks for one export in the background and is due again a period later. What
was missed while the service was down is made up for; visits that have moved to the archive
meanwhile are not, and the export says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final, cast

import msgspec
from sqlalchemy import Row, delete, insert, select, update

from consent_server import clock
from consent_server.audit.services import Act, record_act
from consent_server.errors import N_, CommandError
from consent_server.periods import RetentionPeriod
from consent_server.reports.exports import Export, Exporter, Kind, Order, Purpose
from consent_server.reports.jobs import Destination, ask, refuse
from consent_server.reports.models import ExportSchedule
from consent_server.reports.parquet import check_parquet
from consent_server.reports.places import Places
from consent_server.reports.rules import (
    Every,
    Place,
    check_target,
    check_window,
    due_at,
    midnight,
    next_end,
    period_before,
)
from consent_server.reports.tables import Format
from consent_server.sites.services import site_keys
from consent_server.storage.database import db, table_of

_SCHEDULES = table_of(ExportSchedule)
_MOST_PERIODS: Final = 31  # made up for at a time
_MOST_SCHEDULES: Final = 100
_REASON_CHARACTERS: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSchedule:
    """What an operator says. target: folder, or bucket and prefix."""

    kind: Kind
    format: Format
    every: Every
    place: Place
    target: str
    reason: str
    purpose: Purpose
    site_id: int | None = None


@dataclass(frozen=True, slots=True)
class Scheduling:
    """Everything that the verbs need. operating_days: how long visits can be exported."""

    places: Places
    period: RetentionPeriod
    operating_days: int

    def add(self, new: NewSchedule, operator: str) -> int:
        """Makes a schedule and returns its number. Raises CommandError when it cannot be so."""
        if not 0 < len(new.reason.strip()) <= _REASON_CHARACTERS:
            raise CommandError(N_("Say why, in 1 to %(most)s characters."), most=_REASON_CHARACTERS)
        check_window(new.kind, new.every, self.operating_days)
        self.places.check(new.place)
        if new.format == "parquet":
            check_parquet()
        if len(all_schedules()) >= _MOST_SCHEDULES:
            raise CommandError(
                N_("There are %(most)s schedules; remove one first."), most=_MOST_SCHEDULES
            )
        new = replace(new, target=check_target(new.place, new.target))
        end = next_end(new.every, self._today())
        row = {
            **msgspec.to_builtins(new),
            "operator": operator,
            "made_at": clock.now(),
            "next_at": due_at(end, self.period.zone),
        }
        db.session.rollback()
        with db.engine.execution_options(writes=True).begin() as connection:
            made = connection.execute(insert(_SCHEDULES).values(row))
        number = int(made.inserted_primary_key[0])  # type: ignore[index]  # one row was inserted
        _write_down("export.schedule", operator, number, new.site_id, new.reason)
        return number

    def ask_for_due(self, exporter: Exporter) -> int:
        """Asks for the exports that are due; returns how many. Call while holding the turn."""
        asked = 0
        for row in all_schedules():
            next_at = row.next_at
            while next_at <= clock.now() and asked < _MOST_PERIODS:
                asked += 1
                next_at = self._ask(exporter, row, next_at)
        return asked

    def _ask(self, exporter: Exporter, row: Row[Any], next_at: datetime) -> datetime:
        """Asks for one period and returns when the next is due."""
        zone = self.period.zone
        since, until = period_before(row.every, next_at.astimezone(zone).date())
        following = due_at(next_end(row.every, until), zone)
        reference = ask(exporter, *_wanted(row, since, until, self.period))
        if row.kind == "visits" and since <= self._today() - timedelta(days=self.operating_days):
            words = N_("Visits of that period have moved to the archive.")
            refuse(reference, CommandError(words))
        moved = update(_SCHEDULES).where(_SCHEDULES.c.id == row.id).values(next_at=following)
        with db.engine.execution_options(writes=True).begin() as connection:
            connection.execute(moved)
        return following

    def _today(self) -> date:
        return self.period.day_of(clock.now())


def all_schedules() -> Sequence[Row[Any]]:
    """Returns every schedule, oldest first."""
    with db.engine.connect() as connection:
        return connection.execute(select(_SCHEDULES).order_by(_SCHEDULES.c.id)).all()


def find_schedule(number: int) -> Row[Any]:
    """Returns one schedule. Raises CommandError when there is none."""
    found = next((row for row in all_schedules() if row.id == number), None)
    if found is None:
        raise CommandError(
            N_("There is no schedule %(number)s; see `exports schedule list`."), number=number
        )
    return found


def remove_schedule(number: int, operator: str) -> None:
    """Ends a schedule; what it delivered stays until its day. Raises CommandError."""
    row = find_schedule(number)
    db.session.rollback()
    with db.engine.execution_options(writes=True).begin() as connection:
        connection.execute(delete(_SCHEDULES).where(_SCHEDULES.c.id == number))
    _write_down("export.unschedule", operator, number, row.site_id, "")


def _wanted(
    row: Row[Any], since: date, until: date, period: RetentionPeriod
) -> tuple[Order, Destination]:
    """Returns the export of one period, and where it goes."""
    export = Export(
        kind=cast(Kind, row.kind),
        format=cast(Format, row.format),
        site_id=row.site_id,
        since=midnight(since, period.zone),
        until=midnight(until, period.zone),
        is_masked=True,
    )
    last = until - timedelta(days=1)
    days = f"{since}" if since == last else f"{since}_{last}"
    site = site_keys(db.engine).get(row.site_id, "all")
    mark = "-masked" if row.kind == "visits" else ""
    destination = Destination(
        place=row.place,
        target=row.target,
        file_name=f"{row.kind}{mark}-{site}-{days}-{row.id}.{row.format}",
        schedule_id=row.id,
    )
    order = Order(export=export, operator=row.operator, reason=row.reason, purpose=row.purpose)
    return order, destination


def _write_down(act: str, operator: str, number: int, site_id: int | None, reason: str) -> None:
    record_act(
        Act(
            operator=operator,
            act=act,
            site_id=site_id,
            reason=reason,
            reference=f"schedule-{number}",
        )
    )
