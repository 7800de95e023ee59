"""The drill itself, in the order of an auditor's questions. Source: docs/adr/0030.

Visits of several days are recorded and backed up. Then day after day is over: the first is
destroyed in one go, each other one by a run that is killed after one of the steps and finished by
the next. Each time every file is searched. In the end the old backup comes back beside the ring of
today.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from flask import current_app
from sqlalchemy import Engine, select

from consent_server import clock
from consent_server.certificates.services import each_certificate
from consent_server.certificates.verifying import verify_ledger
from consent_server.config import Settings
from consent_server.drill.scratch import (
    MarkedDay,
    Turned,
    add_site,
    die_after,
    opened,
    record_day,
    turned_clock,
)
from consent_server.drill.searching import search
from consent_server.house import House
from consent_server.keys.ring import Sealed
from consent_server.retention.steps import STEPS
from consent_server.storage.copies.backup import back_up
from consent_server.storage.copies.restore import restore
from consent_server.storage.copies.wal import path_of
from consent_server.storage.database import ARCHIVE, db, table_of
from consent_server.storage.leases import TURN_SECONDS
from consent_server.storage.migrate import upgrade
from consent_server.visits.models import ArchivedVisit, Visit
from consent_server.visits.recorder import RECORD_CLASS
from consent_server.visits.services import VisitFilter

_AFTER_A_CRASH: Final = timedelta(seconds=2 * TURN_SECONDS)  # the lease of the dead has ended
_TABLES: Final = (table_of(Visit), table_of(ArchivedVisit))


@dataclass(frozen=True, slots=True)
class Drill:
    """What is used. settings: a deployment without records. restored: one without databases.

    elsewhere: more folders to search, such as the log of the database server. say: hears one line
    per thing done. crashes: the steps after which a run is killed.
    """

    settings: Settings
    restored: Settings
    kept: Path  # where the backup goes; must not exist
    elsewhere: Sequence[Path] = ()
    say: Callable[[str], None] = lambda line: None
    crashes: Sequence[str] = tuple(STEPS)
    hits: list[str] = field(default_factory=list)

    def run(self) -> list[str]:
        """Carries the drill out; returns what should not have been found, one line each."""
        settings = replace(self.settings, scheduler=False, rate_limits="off")
        upgrade(settings)
        with turned_clock() as turned:
            with opened(settings) as house:
                days = self._record(house, turned)
                for day, step in zip(days, [None, *self.crashes], strict=False):
                    self._destroy(house, turned, day, step)
                    self._search(house, [each for each in days if each.gone_at <= clock.now()])
                self._search(house, days[:-1], self.elsewhere)
                self._ask_the_ledger(house, days[:-1])
            self._restore(days, replace(self.restored, scheduler=False, rate_limits="off"))
        return self.hits

    def _record(self, house: House, turned: Turned) -> list[MarkedDay]:
        site, days = add_site(), list[MarkedDay]()
        for instant in _instants(house, len(self.crashes) + 2):  # one without, one that stays
            turned.to(instant)
            days.append(record_day(current_app, house, site.key, instant))
        back_up(house.settings, self.kept)
        visits = sum(len(day.ids) for day in days)
        self.say(f"recorded {visits} marked visits of {len(days)} days, and backed them up")
        sealed = [payload for day in days for payload in day.sealed]
        control = search([self.kept], {"ciphertext": sealed})
        self._expect(bool(control.hits), "the search is blind: no ciphertext in the backup")
        return days

    def _destroy(self, house: House, turned: Turned, day: MarkedDay, step: str | None) -> None:
        turned.to(day.gone_at)
        if step is not None:
            died = die_after(house.settings, day.gone_at, step)
            self._expect(died, f"no run could be killed after the step {step!r}")
            turned.to(day.gone_at + _AFTER_A_CRASH)
        readable = [view for view in house.reader.newest(VisitFilter()) if view.visit_id in day.ids]
        self._expect(not readable, f"visits of {day.day} are readable past their end")
        done = house.retention.run()
        self._expect(done.is_scrubbed, f"traces of {day.day} are left in a log")
        left = house.retention.check(in_files=True)
        self._expect(not left.total and not left.traces, f"{left.total} records or keys are left")
        how = "in one go" if step is None else f"by two runs, the first killed after {step!r}"
        self.say(f"destroyed {day.day} {how}")

    def _search(
        self, house: House, over: Sequence[MarkedDay], elsewhere: Sequence[Path] = ()
    ) -> None:
        found = search(
            [house.settings.home, house.settings.keys_dir, self.kept, *elsewhere],
            {
                "plaintext": [mark for day in over for mark in day.plain],
                "key": [day.key for day in over],
                "wrapped key": [day.wrapped for day in over],
            },
        )
        self.hits.extend(found.hits)
        rows = [mark for day in over for mark in (*day.sealed, *(i.hex.encode() for i in day.ids))]
        files = search(_database_files(), {"row": rows})
        self.hits.extend(files.hits)
        count, size = found.files + files.files, (found.size + files.size) / 1e6
        hits = len(found.hits) + len(files.hits)
        self.say(f"searched {count} files, {size:.1f} MB, for {len(over)} days: {hits} hits")

    def _ask_the_ledger(self, house: House, over: Sequence[MarkedDay]) -> None:
        certified = [each.day for each in each_certificate(db.engine)]
        self._expect(
            sorted(certified) == [day.day for day in over],
            f"{len(certified)} certificates for {len(over)} days",
        )
        self.hits.extend(
            f"certificate {fault.number}: {fault.words}"
            for fault in verify_ledger(db.engine, house.certificate_key, house.ledger_head)
        )
        self.say(f"the ledger has {len(certified)} certificates, one for each day, all sound")

    def _restore(self, days: Sequence[MarkedDay], settings: Settings) -> None:
        restore(settings, self.kept)
        upgrade(settings)
        with opened(settings) as house:
            for day in days:
                rows = [row for row in _rows() if row[0] == day.day]
                plain = [text for text in house.ring.decrypt_page(RECORD_CLASS, rows) if text]
                is_over = day is not days[-1]
                marked = sum(day.plain[0] in text and day.plain[1] in text for text in plain)
                self._expect(len(rows) == len(day.ids), f"{day.day} is not in the backup")
                self._expect(
                    (len(plain), marked) == ((0, 0) if is_over else (len(rows), len(rows))),
                    f"{len(plain)} of {len(rows)} restored visits of {day.day} can be read",
                )
            self.say(
                "restored the backup beside the ring: of the days that are over, nothing opens"
            )
            house.retention.run()
            left = house.retention.check(in_files=True)
            self._expect(not left.total, f"{left.total} restored records are left")
            alive = len(list(_rows()))
            self._expect(alive == len(days[-1].ids), "the day that is not over lost visits")
            self.say(f"the next run removed what had come back; {alive} visits live on")

    def _expect(self, is_so: bool, otherwise: str) -> None:
        if not is_so:
            self.hits.append(otherwise)


def _instants(house: House, count: int) -> list[datetime]:
    """Returns instants from now on whose visits end on different days (some months are short)."""
    start, by_end = clock.now(), dict[datetime, datetime]()
    for number in range(4 * count):
        instant = start + timedelta(days=number)
        by_end.setdefault(house.settings.visit_period.gone_at(instant), instant)
    return list(by_end.values())[:count]


def _engines() -> Sequence[Engine]:
    return db.engine, db.engines[ARCHIVE]


def _database_files() -> Iterator[Path]:
    for engine in _engines():
        if engine.dialect.name == "sqlite":
            file = Path(str(engine.url.database))
            yield from (file, path_of(file))


def _rows() -> Iterator[Sealed]:
    for engine, table in zip(_engines(), _TABLES, strict=True):
        with engine.connect() as connection:
            query = select(table.c.day, table.c.visit_id, table.c.payload)
            yield from ((row.day, row.visit_id, row.payload) for row in connection.execute(query))
