"""Exports of consent and visit records: streamed in constant memory, logged before and after.

An export that fails in the middle leaves its first log entry, so nobody reads records unseen.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Engine

from consent_server import clock
from consent_server.audit.services import Act, record_act
from consent_server.consents.services import ConsentFilter, ConsentRow, each_consent
from consent_server.errors import CommandError
from consent_server.reports.tables import Format, csv_blocks, ndjson_blocks
from consent_server.sites.services import site_keys
from consent_server.storage.database import db
from consent_server.storage.replica import reading_engine
from consent_server.visits.services import VisitFilter, VisitReader, VisitView

Kind = Literal["consents", "visits"]
_PROGRESS_ROWS: Final = 1000

_COLUMNS: Final[dict[Kind, list[str]]] = {
    "consents": ["site", *(f.name for f in fields(ConsentRow) if f.name != "site_id")],
    "visits": ["site", *(f.name for f in fields(VisitView) if f.name != "site_id")],
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


class Exporter:
    """Streams exports; `reader` decrypts visits."""

    def __init__(self, reader: VisitReader) -> None:
        self._reader = reader

    def stream(
        self,
        export: Export,
        *,
        operator: str,
        reason: str,
        progress: Callable[[int], None] = lambda rows: None,
    ) -> Iterator[bytes]:
        """Writes the access log and returns the blocks of the file.

        progress: called with the number of rows, now and then and at the end. The application
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
        record_act(begun)
        return self._blocks(export, begun, reading_engine(), progress)

    def _blocks(
        self, export: Export, begun: Act, engine: Engine, progress: Callable[[int], None]
    ) -> Iterator[bytes]:
        counted = _Counted(self._rows(export, engine), progress)
        if export.format == "csv":
            yield from csv_blocks(counted, _COLUMNS[export.kind], bom=export.bom)
        else:
            yield from ndjson_blocks(counted)
        progress(counted.rows)
        record_act(
            Act(
                operator=begun.operator,
                act=f"{export.kind}.exported",
                site_id=begun.site_id,
                record_count=counted.rows,
                reason=begun.reason,
                reference=begun.reference,
            )
        )

    def _rows(self, export: Export, engine: Engine) -> Iterator[dict[str, Any]]:
        keys = site_keys(engine)
        if export.kind == "consents":
            wanted = ConsentFilter(
                site_id=export.site_id,
                action=export.action,
                since=export.since,
                until=export.until,
            )
            return self._named(each_consent(engine, wanted), keys)
        chosen = VisitFilter(
            site_id=export.site_id,
            since=export.since,
            until=export.until,
            device_class=export.device_class,
        )
        return self._named(self._reader.each(engine, chosen), keys)

    @staticmethod
    def _named(
        rows: Iterable[ConsentRow | VisitView], keys: Mapping[int, str]
    ) -> Iterator[dict[str, Any]]:
        """Replaces the row number of the site, which means nothing outside, by its key."""
        for row in rows:
            cells = asdict(row)
            yield {"site": keys[cells.pop("site_id")], **cells}


class _Counted:
    """Counts rows as they pass."""

    def __init__(self, rows: Iterator[dict[str, Any]], progress: Callable[[int], None]) -> None:
        self._source = rows
        self._progress = progress
        self.rows = 0

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for row in self._source:
            self.rows += 1
            if self.rows % _PROGRESS_ROWS == 0:
                self._progress(self.rows)
            yield row


def file_name(export: Export) -> str:
    """Returns the name under which a browser keeps the file."""
    return f"{export.kind}-{clock.now():%Y%m%dT%H%M%SZ}.{export.format}"


def media_type(export: Export) -> str:
    """Returns the media type of the file."""
    return _MEDIA_TYPES[export.format]
