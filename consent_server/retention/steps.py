"""The run of destruction as an order of steps; each may be repeated, and a run cut off anywhere.

    (reads deny from `gone_at` on, whatever has run)
    noted       what is due is counted and written down, before anything is touched
    keys        the keys of the days are overwritten and removed, the master key rolled
    rows        rows are overwritten, partitions truncated and dropped
    traces      the write-ahead logs of SQLite are emptied, and the result is looked at
    verified    ring and tables are asked again
    certified   what was found gone leaves the notes and enters the ledger, in one transaction

How far an earlier run came is never written down: the next one looks at the ring, the tables and
the files, so no crash can make it believe what is not so. The notes only keep what cannot be seen
any more: what there was. Source: docs/adr/0030.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Final

from sqlalchemy import Connection, Engine, Table

from consent_server import clock
from consent_server.certificates.rules import Certificate, DestroyedRecords, Method, Reason
from consent_server.certificates.services import find_by_reference, issue_certificate
from consent_server.errors import ConfigError, Unavailable
from consent_server.keys.ring import KeyRing
from consent_server.periods import RetentionPeriod
from consent_server.retention.destruction import Run, remove_expired, scrub
from consent_server.retention.due import (
    RECORD_CLASS,
    Due,
    Opened,
    expired_days,
    find_due,
    open_destructions,
    strike_out,
    write_down,
)
from consent_server.signing import CertificateKey

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """A database with a table of visits. run: does a piece of work in a transaction of its own."""

    engine: Engine
    table: Table
    run: Run


@dataclass(slots=True)
class Course:
    """One run: what it works on, and what it found and did so far."""

    places: Mapping[str, Place]  # "main" and "archive"
    ring: KeyRing
    period: RetentionPeriod
    key: CertificateKey
    now: datetime
    executor: str
    opened: list[Opened] = field(default_factory=list)
    days: tuple[date, ...] = ()
    removed: dict[str, int] = field(default_factory=dict)
    is_scrubbed: bool = False
    verified: list[Opened] = field(default_factory=list)
    issued: list[Certificate] = field(default_factory=list)


def note(course: Course) -> None:
    """Writes down what is due; without anything due, nothing is written."""
    main = course.places["main"]
    due = _due(course)
    if due:
        course.opened = main.run(
            lambda connection: write_down(connection, due, course.now, course.executor)
        )
    else:
        course.opened = open_destructions(main.engine)


def destroy_keys(course: Course) -> None:
    """Destroys the keys of all days that are over, those of runs that were cut off included."""
    course.days = tuple(_expired_days(course) or ())
    begun = [each.day for each in course.opened if each.has_key]
    try:
        course.ring.destroy_all(sorted({*course.days, *begun}))  # without any: finishes a roll
    except (OSError, ConfigError, Unavailable) as error:  # the rows go all the same
        _log.error("keys could not be destroyed, or their master key not rolled: %s", error)


def remove_rows(course: Course) -> None:
    """Removes the rows, database by database."""
    for name, place in course.places.items():
        course.removed[name] = remove_expired(place.engine, place.table, course.now, place.run)


def scrub_traces(course: Course) -> None:
    """Makes the removed rows vanish from the files of each database."""
    results = [scrub(place.engine) for place in course.places.values()]  # each, whatever one gives
    course.is_scrubbed = all(results)


def verify(course: Course) -> None:
    """Asks ring and tables again; whatever is left, or may be in a file, is not certified.

    Nor is anything while the ring cannot be asked, or an old master key is still to be destroyed.
    """
    left = {(each.day, each.gone_at) for each in _due(course)}
    if course.is_scrubbed and _is_ring_done(course):
        course.verified = [each for each in course.opened if (each.day, each.gone_at) not in left]
    course.is_scrubbed = course.is_scrubbed and not left


def certify(course: Course) -> None:
    """Issues the certificates of what is gone, each together with the end of its note."""
    for opened in course.verified:
        issued = course.places["main"].run(partial(_certify_one, course, opened))
        if issued is not None:
            course.issued.append(issued)


STEPS: Final[Mapping[str, Callable[[Course], None]]] = {
    "noted": note,
    "keys": destroy_keys,
    "rows": remove_rows,
    "traces": scrub_traces,
    "verified": verify,
    "certified": certify,
}


def _due(course: Course) -> list[Due]:
    tables = [(place.engine, place.table) for place in course.places.values()]
    return find_due(tables, _expired_days(course) or (), course.period, course.now)


def _expired_days(course: Course) -> list[date] | None:
    """Returns the days whose keys are due; None while the ring cannot be asked."""
    try:
        return expired_days(course.ring, course.period, course.now)
    except (OSError, ConfigError) as error:
        _log.error("the key ring cannot be asked what is due: %s", error)
        return None


def _is_ring_done(course: Course) -> bool:
    return _expired_days(course) is not None and not course.ring.is_roll_due()


def _certify_one(course: Course, opened: Opened, connection: Connection) -> Certificate | None:
    """Issues a certificate unless another run did so meanwhile, or there was nothing after all."""
    if not strike_out(connection, opened):
        return None
    reference = f"{RECORD_CLASS} {opened.day} {opened.gone_at:%Y-%m-%dT%H:%MZ}"
    reason: Reason = "period_over"
    if find_by_reference(connection, reference):
        if not opened.records:
            return None
        reference, reason = f"{reference} {opened.started_at.isoformat()}", "found_again"
    destroyed = DestroyedRecords(
        record_class=RECORD_CLASS,
        day=opened.day,
        records=opened.records,
        sites=opened.sites,
        reason=reason,
        method=_method(connection.dialect.name, opened),
        started_at=opened.started_at,
        ended_at=clock.now(),
        executor=opened.executor,
        reference=reference,
    )
    return issue_certificate(connection, course.key, destroyed)


def _method(dialect: str, opened: Opened) -> Method:
    if not opened.has_key:
        return "rows"
    return "key_and_partition" if dialect == "postgresql" else "key_and_rows"
