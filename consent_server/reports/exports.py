"""Exports of consent and visit records: streamed in constant memory, logged before and after.

An export that fails in the middle leaves its first log entry, so nobody reads records unseen. Each
stands in the ledger of copies (ledger) with the hash of its file and the day on which it must go.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from msgspec.structs import astuple
from sqlalchemy import Engine

from consent_server import clock
from consent_server.audit.services import Act, record_act
from consent_server.consents.services import ConsentFilter, ConsentRow, each_consent
from consent_server.errors import CommandError
from consent_server.pace import Pace
from consent_server.periods import RetentionPeriod
from consent_server.reports.consent_csv import consent_csv
from consent_server.reports.expiry import Expiry
from consent_server.reports.ledger import begin_copy, finish_copy
from consent_server.reports.tables import Block, Format, Row, csv_lines, csv_start, ndjson_lines
from consent_server.sites.services import site_keys
from consent_server.storage.database import db
from consent_server.storage.replica import reading_engine
from consent_server.visits.services import VisitFilter, VisitReader, VisitView

Kind = Literal["consents", "visits"]
_SITE_ID: Final = 2  # third field of both kinds of rows


def _columns(row: type[ConsentRow | VisitView]) -> list[str]:
    names = list(row.__struct_fields__)
    return ["site", *names[:_SITE_ID], *names[_SITE_ID + 1 :]]


_COLUMNS: Final[dict[Kind, list[str]]] = {
    "consents": _columns(ConsentRow),
    "visits": _columns(VisitView),
}
_MEDIA_TYPES: Final[dict[Format, str]] = {
    "csv": "text/csv; charset=utf-8",
    "ndjson": "application/x-ndjson",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What is exported. `since` is included, `until` is not; None means any.

    action: only for consents. device_class: only for visits. bom: only for CSV.
    """

    kind: Kind
    format: Format
    site_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    action: str | None = None
    device_class: str | None = None
    bom: bool = False

    def chosen(self, site_keys: Mapping[int, str]) -> dict[str, str]:
        """Returns what was chosen, for the ledger; instants in ISO 8601."""
        values = {
            "format": self.format,
            "site": site_keys[self.site_id] if self.site_id else None,
            "since": self.since and self.since.isoformat(),
            "until": self.until and self.until.isoformat(),
            "action": self.action,
            "device_class": self.device_class,
        }
        return {name: value for name, value in values.items() if value}


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
        progress: Callable[[int], None] = lambda rows: None,
        share: float = 1.0,
    ) -> Iterator[bytes]:
        """Writes the access log and returns the blocks of the file.

        progress: called with the number of rows, now and then and at the end.
        share: of one interpreter, when others want it too (see pace). The application
        context must last until the last block. Raises CommandError without a reason.
        """
        if not reason.strip():
            raise CommandError("An export needs a reason; it stands in the access log.")
        reference = f"export-{secrets.token_hex(8)}"
        begun = Act(
            operator=operator,
            act=f"{export.kind}.export",
            site_id=export.site_id,
            reason=reason,
            reference=reference,
        )
        db.session.rollback()  # a read left open would keep the WAL from being truncated
        expiry = Expiry(export.kind, export.since, self._period, self._days)
        record_act(begun)
        begin_copy(
            reference,
            owner=operator,
            kind=export.kind,
            chosen=export.chosen(site_keys(db.engine)),
            reason=reason,
            expires_at=expiry.at_least,
        )
        return self._blocks(export, begun, reading_engine(), progress, Pace(share), expiry)

    def _blocks(
        self,
        export: Export,
        begun: Act,
        engine: Engine,
        progress: Callable[[int], None],
        pace: Pace,
        expiry: Expiry,
    ) -> Iterator[bytes]:
        rows, file_hash = 0, hashlib.sha256()
        if export.format == "csv":
            start = csv_start(_COLUMNS[export.kind], bom=export.bom)
            file_hash.update(start)
            yield start
        for count, block in self._lines(export, engine, pace, expiry):
            rows += count
            progress(rows)
            file_hash.update(block)
            yield block
            pace.rest()
        finish_copy(
            begun.reference, row_count=rows, sha256=file_hash.hexdigest(), expires_at=expiry.at
        )
        record_act(
            Act(
                operator=begun.operator,
                act=f"{export.kind}.exported",
                site_id=begun.site_id,
                record_count=rows,
                reason=begun.reason,
                reference=begun.reference,
            )
        )

    def _lines(self, export: Export, engine: Engine, pace: Pace, expiry: Expiry) -> Iterator[Block]:
        keys = site_keys(engine)

        def cells_of(row: ConsentRow | VisitView) -> Row:
            """Begins with the site's key; its row number means nothing outside."""
            cells = astuple(row)
            return (keys[row.site_id], *cells[:_SITE_ID], *cells[_SITE_ID + 1 :])

        if export.kind == "visits":
            cells = map(cells_of, expiry.heed(self._visits(export, engine)))
        elif export.format == "csv":
            return consent_csv(engine, _consent_filter(export), keys, cells_of, pace)
        else:
            cells = map(cells_of, each_consent(engine, _consent_filter(export)))
        if export.format == "csv":
            return csv_lines(cells)
        return ndjson_lines(cells, _COLUMNS[export.kind])

    def _visits(self, export: Export, engine: Engine) -> Iterator[VisitView]:
        chosen = VisitFilter(
            site_id=export.site_id,
            since=export.since,
            until=export.until,
            device_class=export.device_class,
        )
        return self._reader.each(engine, chosen)


def _consent_filter(export: Export) -> ConsentFilter:
    return ConsentFilter(
        site_id=export.site_id, action=export.action, since=export.since, until=export.until
    )


def file_name(export: Export) -> str:
    """Returns the name under which a browser keeps the file."""
    return f"{export.kind}-{clock.now():%Y%m%dT%H%M%SZ}.{export.format}"


def media_type(export: Export) -> str:
    """Returns the media type of the file."""
    return _MEDIA_TYPES[export.format]
