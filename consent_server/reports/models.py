"""The ledger of exports: which copies of records were handed out, and which are destroyed again;
what is being prepared in the background, and what is to be exported again and again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from consent_server.storage.columns import RowId, UtcDateTime
from consent_server.storage.database import Model


class ExportedCopy(Model):
    """One export. What it is never changes; it is finished once and checked off once."""

    __tablename__ = "exports"
    __table_args__ = (
        Index("ix_exports_expires_at", "expires_at"),
        {"comment": "copies of records that were handed out; holds no visitor data"},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True, comment="row number")
    reference: Mapped[str] = mapped_column(
        String(40), unique=True, comment="random name of the export, as in the access log"
    )
    owner: Mapped[str] = mapped_column(
        String(320), comment="operator who answers for the copy, or `command line`"
    )
    kind: Mapped[str] = mapped_column(String(20), comment="consents or visits")
    chosen: Mapped[dict[str, Any]] = mapped_column(JSON, comment="filter: what -> which")
    reason: Mapped[str] = mapped_column(String(500), comment="why, in the operator's words")
    purpose: Mapped[str] = mapped_column(
        String(20), server_default="", comment="what for: one of a short list; empty: not asked"
    )
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="when it was begun")
    finished_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, comment="when its last byte was sent; empty: broken off, a part may exist"
    )
    row_count: Mapped[int | None] = mapped_column(
        BigInteger, comment="how many records are in the file"
    )
    byte_count: Mapped[int | None] = mapped_column(BigInteger, comment="length of the file")
    sha256: Mapped[str | None] = mapped_column(String(64), comment="hash of the whole file")
    columns: Mapped[list[Any] | None] = mapped_column(
        JSON, comment="name and type of each column of the file"
    )
    software: Mapped[str | None] = mapped_column(
        String(40), comment="version of this program that wrote it"
    )
    expires_at: Mapped[datetime] = mapped_column(
        UtcDateTime, comment="by then the copy must be destroyed"
    )
    shredded_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, comment="when somebody said that the copy is destroyed; empty: it is open"
    )
    shredded_by: Mapped[str | None] = mapped_column(String(320), comment="who said so")


class ExportJob(Model):
    """An export that is prepared in the background, and what became of its file."""

    __tablename__ = "export_jobs"
    __table_args__ = (
        Index("ix_export_jobs_state_due_at", "state", "due_at"),
        {"comment": "exports prepared in the background; holds no visitor data"},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True, comment="row number")
    reference: Mapped[str] = mapped_column(
        String(40), unique=True, comment="name of the export in the ledger; also of its key"
    )
    site_id: Mapped[int | None] = mapped_column(RowId, comment="the site (no key); empty: all")
    wanted: Mapped[dict[str, Any]] = mapped_column(JSON, comment="what is exported")
    operator: Mapped[str] = mapped_column(String(320), comment="who asked, or `command line`")
    reason: Mapped[str] = mapped_column(String(500), comment="why, in the operator's words")
    purpose: Mapped[str] = mapped_column(String(20), comment="what for: one of a short list")
    schedule_id: Mapped[int | None] = mapped_column(
        RowId, comment="the schedule that asked (no key); empty: an operator did"
    )
    place: Mapped[str] = mapped_column(
        String(10), comment="where the file goes: here (sealed), folder or bucket"
    )
    target: Mapped[str] = mapped_column(String(300), comment="folder, or bucket and prefix")
    file_name: Mapped[str] = mapped_column(String(200), comment="name of the file")
    state: Mapped[str] = mapped_column(String(10), comment="queued running done failed cancelled")
    row_count: Mapped[int] = mapped_column(BigInteger, comment="rows that are written so far")
    expected: Mapped[int | None] = mapped_column(BigInteger, comment="rows that there will be")
    byte_count: Mapped[int | None] = mapped_column(BigInteger, comment="length of the file")
    attempts: Mapped[int] = mapped_column(Integer, comment="how often it was begun")
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="not begun before")
    problem: Mapped[str] = mapped_column(String(300), comment="why the last attempt failed")
    problem_fields: Mapped[dict[str, str]] = mapped_column(
        JSON, server_default="{}", comment="what stands at the places in `problem`"
    )
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="when it was asked for")
    begun_at: Mapped[datetime | None] = mapped_column(UtcDateTime, comment="last beginning")
    ended_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, comment="when it was done, failed or cancelled"
    )
    expires_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, comment="from then on nobody gets the file, and it is destroyed"
    )
    downloads: Mapped[int] = mapped_column(Integer, comment="how often it was fetched")
    wiped_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, comment="when file and key were destroyed"
    )


class ExportSchedule(Model):
    """An export that is made again and again, of the period that is over."""

    __tablename__ = "export_schedules"
    __table_args__ = ({"comment": "exports made again and again; holds no credentials"},)

    id: Mapped[int] = mapped_column(RowId, primary_key=True, comment="row number")
    site_id: Mapped[int | None] = mapped_column(RowId, comment="the site (no key); empty: all")
    kind: Mapped[str] = mapped_column(String(20), comment="consents or visits (masked)")
    format: Mapped[str] = mapped_column(String(10), comment="csv ndjson xlsx parquet")
    every: Mapped[str] = mapped_column(String(10), comment="day week month")
    place: Mapped[str] = mapped_column(String(10), comment="folder or bucket")
    target: Mapped[str] = mapped_column(String(300), comment="folder, or bucket and prefix")
    reason: Mapped[str] = mapped_column(String(500), comment="why, in the operator's words")
    purpose: Mapped[str] = mapped_column(String(20), comment="what for: one of a short list")
    operator: Mapped[str] = mapped_column(String(320), comment="who made it and answers for it")
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="when it was made")
    next_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="when the next export is due")
