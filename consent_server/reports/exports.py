"""Exports of consent and visit records: streamed in constant memory, logged before and after.

An export that fails in the middle leaves its first log entry, so nobody reads records unseen. Each
stands in the ledger of copies (ledger) with the hash of its file and the day on which it must go.

All rows are those of one moment: what was on disk when the export began, and nothing later. It is
read in many short pages; an open snapshot would keep destruction waiting. So what is destroyed or
erased meanwhile is left out.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal

from msgspec.structs import astuple
from sqlalchemy import Engine

from consent_server import clock
from consent_server.audit.services import Act, record_act
from consent_server.consents.models import ConsentRecord
from consent_server.consents.services import (
    ConsentFilter,
    ConsentRow,
    count_consents,
    each_consent,
)
from consent_server.errors import CommandError
from consent_server.pace import Pace
from consent_server.periods import RetentionPeriod
from consent_server.reports.columns import SITE_ID, Column, columns_of
from consent_server.reports.consent_csv import consent_csv
from consent_server.reports.expiry import Expiry
from consent_server.reports.ledger import File, begin_copy, finish_copy
from consent_server.reports.masking import masked
from consent_server.reports.parquet import check_parquet, parquet_lines
from consent_server.reports.tables import Block, Format, Row, csv_lines, csv_start, ndjson_lines
from consent_server.reports.xlsx import xlsx_lines
from consent_server.sites.services import site_keys
from consent_server.storage.database import db, table_of
from consent_server.storage.replica import reading_engine
from consent_server.storage.settled import settled_height
from consent_server.visits.models import Visit
from consent_server.visits.services import VisitFilter, VisitReader, VisitView, count_visits

Kind = Literal["consents", "visits"]
Purpose = Literal["", "data_subject", "authority", "audit", "support", "analysis", "other"]

COLUMNS: Final[Mapping[Kind, Sequence[Column]]] = {
    "consents": columns_of(ConsentRow),
    "visits": columns_of(VisitView),
}
_TABLES: Final = {"consents": table_of(ConsentRecord), "visits": table_of(Visit)}
_MEDIA_TYPES: Final[dict[Format, str]] = {
    "csv": "text/csv; charset=utf-8",
    "ndjson": "application/x-ndjson",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What is exported. `since` is included, `until` is not; None means any.

    action, policy_version, language: only for consents. device_class, country, is_masked: only for
    visits; country "" = not known. bom: only for CSV.
    last_id: the highest row number; set when the export begins.
    """

    kind: Kind
    format: Format
    site_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    action: str | None = None
    policy_version: int | None = None
    language: str | None = None
    device_class: str | None = None
    country: str | None = None
    is_masked: bool = False
    bom: bool = False
    last_id: int | None = None

    def chosen(self, site_keys: Mapping[int, str]) -> dict[str, str]:
        """Returns what was chosen, for the ledger; instants in ISO 8601."""
        values = {
            "format": self.format,
            "site": site_keys[self.site_id] if self.site_id else None,
            "since": self.since and self.since.isoformat(),
            "until": self.until and self.until.isoformat(),
            "action": self.action,
            "version": self.policy_version and str(self.policy_version),
            "language": self.language,
            "device_class": self.device_class,
            "country": "not known" if self.country == "" else self.country,
            "masked": "yes" if self.kind == "visits" and self.is_masked else None,
        }
        return {name: value for name, value in values.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Who wants an export, and why. purpose: "" only where nobody could be asked.

    reference: name of the export in ledger and access log.
    """

    export: Export
    operator: str
    reason: str
    purpose: Purpose = ""
    reference: str = ""

    @property
    def why(self) -> str:
        """Returns purpose and reason as they stand in the access log."""
        return f"{self.purpose}: {self.reason}" if self.purpose else self.reason

    def act(self, done: str, record_count: int | None = None) -> Act:
        """Returns what is done, for the access log."""
        return Act(
            operator=self.operator,
            act=f"{self.export.kind}.{done}",
            site_id=self.export.site_id,
            record_count=record_count,
            reason=self.why,
            reference=self.reference,
        )


class Exporter:
    """Streams exports; `reader` decrypts visits. days: how long a copy may be kept."""

    def __init__(self, reader: VisitReader, period: RetentionPeriod, days: int) -> None:
        self._reader = reader
        self._period = period
        self._days = days

    def stream(
        self,
        export: Export,
        *,
        operator: str,
        reason: str,
        purpose: Purpose = "",
        progress: Callable[[int], None] = lambda rows: None,
        share: float = 1.0,
    ) -> Iterator[bytes]:
        """Writes the access log and returns the blocks of the file.

        progress: called with the number of rows, now and then and at the end.
        share: of one interpreter, when others want it too (see pace). The application
        context must last until the last block. Raises CommandError without a reason, or when the
        format needs a library that is not there.
        """
        order = Order(export=export, operator=operator, reason=reason, purpose=purpose)
        return self.blocks(self.enter(order), progress, share)

    def enter(self, order: Order) -> Order:
        """Writes an export into access log and ledger; returns it with its reference.

        Raises CommandError as `stream` does.
        """
        if not order.reason.strip():
            raise CommandError("An export needs a reason; it stands in the access log.")
        if order.export.format == "parquet":
            check_parquet()
        order = replace(order, reference=f"export-{secrets.token_hex(8)}")
        db.session.rollback()  # a read left open would keep the WAL from being truncated
        record_act(order.act("export"))
        begin_copy(
            order.reference,
            owner=order.operator,
            kind=order.export.kind,
            chosen=order.export.chosen(site_keys(db.engine)),
            reason=order.reason,
            purpose=order.purpose,
            expires_at=self._expiry(order.export).at_least,
        )
        return order

    def blocks(
        self,
        order: Order,
        progress: Callable[[int], None] = lambda rows: None,
        share: float = 1.0,
    ) -> Generator[bytes]:
        """Returns the blocks of the file of an export that is entered."""
        engine = reading_engine()
        last_id = settled_height(engine, _TABLES[order.export.kind])
        order = replace(order, export=replace(order.export, last_id=last_id))
        return self._blocks(order, engine, progress, Pace(share), self._expiry(order.export))

    def count(self, export: Export, at_most: int | None = None) -> int:
        """Returns how many records are chosen; counts no further than `at_most`."""
        if export.kind == "consents":
            return count_consents(reading_engine(), _consent_filter(export), at_most)
        return count_visits(reading_engine(), _visit_filter(export), at_most)

    def _expiry(self, export: Export) -> Expiry:
        return Expiry(export.kind, export.since, self._period, self._days)

    def _blocks(
        self,
        order: Order,
        engine: Engine,
        progress: Callable[[int], None],
        pace: Pace,
        expiry: Expiry,
    ) -> Generator[bytes]:
        export, rows, length, file_hash = order.export, 0, 0, hashlib.sha256()
        for count, block in self._file(export, engine, pace, expiry):
            rows += count
            length += len(block)
            progress(rows)
            file_hash.update(block)
            if block:
                yield block
            pace.rest()
        columns = [{"name": name, "type": sort} for name, sort in COLUMNS[export.kind]]
        file = File(rows, length, file_hash.hexdigest(), columns)
        finish_copy(order.reference, file, expires_at=expiry.at)
        record_act(order.act("exported", rows))

    def _file(self, export: Export, engine: Engine, pace: Pace, expiry: Expiry) -> Iterator[Block]:
        columns = COLUMNS[export.kind]
        names = [column.name for column in columns]
        if export.format == "csv":
            yield 0, csv_start(names, bom=export.bom)
        if export.format == "csv" and export.kind == "consents":
            keys = site_keys(engine)
            yield from consent_csv(engine, _consent_filter(export), keys, _cells(keys), pace)
            return
        rows = self._rows(export, engine, expiry)
        match export.format:
            case "csv":
                yield from csv_lines(rows)
            case "ndjson":
                yield from ndjson_lines(rows, names)
            case "xlsx":
                yield from xlsx_lines(rows, columns)
            case "parquet":
                yield from parquet_lines(rows, columns)

    def _rows(self, export: Export, engine: Engine, expiry: Expiry) -> Iterator[Row]:
        cells_of = _cells(site_keys(engine))
        if export.kind == "consents":
            return map(cells_of, each_consent(engine, _consent_filter(export)))
        visits = expiry.heed(self._reader.each(engine, _visit_filter(export)))
        return map(cells_of, masked(visits) if export.is_masked else visits)


def _cells(site_keys: Mapping[int, str]) -> Callable[[Any], Row]:
    """Returns what makes cells of a row: the site's key first; its row number means nothing."""

    def cells_of(row: ConsentRow | VisitView) -> Row:
        cells = astuple(row)
        return (site_keys[row.site_id], *cells[:SITE_ID], *cells[SITE_ID + 1 :])

    return cells_of


def _consent_filter(export: Export) -> ConsentFilter:
    return ConsentFilter(
        site_id=export.site_id,
        action=export.action,
        since=export.since,
        until=export.until,
        policy_version=export.policy_version,
        language=export.language,
        last_id=export.last_id,
    )


def _visit_filter(export: Export) -> VisitFilter:
    return VisitFilter(
        site_id=export.site_id,
        since=export.since,
        until=export.until,
        device_class=export.device_class,
        country=export.country,
        last_id=export.last_id,
    )


def file_name(export: Export) -> str:
    """Returns the name under which a browser keeps the file."""
    mark = "-masked" if export.kind == "visits" and export.is_masked else ""
    return f"{export.kind}{mark}-{clock.now():%Y%m%dT%H%M%SZ}.{export.format}"


def media_type(export: Export) -> str:
    """Returns the media type of the file."""
    return _MEDIA_TYPES[export.format]
