"""The tables of counts, kept without end: they hold no person.

Those of visits hold no value of fewer than five; those of decisions only values of the notice, or
of a device or country in fives. What is below five is held back, sealed, and goes on or is replaced
within a day.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Date, Index, Integer, LargeBinary, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from consent_server.statistics.rules import VALUE_CHARACTERS
from consent_server.storage.columns import RowId, UtcDateTime
from consent_server.storage.database import Model


class VisitCount(Model):
    """How many visits and visitors of a site and day shared a value of one dimension."""

    __tablename__ = "visit_counts"
    __table_args__ = (
        Index(  # whole, and in the order of values: a year is added up in a third of the time
            "ix_visit_counts_values",
            "site_id", "dimension", "value", "day", "is_rest", "visits", "visitors",
        ),
        {"comment": "statistics of a day's visits, kept without end: counts, nobody's record"},
    )  # fmt: skip

    site_id: Mapped[int] = mapped_column(
        RowId, primary_key=True, autoincrement=False, comment="the site (no foreign key)"
    )
    day: Mapped[date] = mapped_column(Date, primary_key=True, comment="calendar day of the visits")
    dimension: Mapped[str] = mapped_column(
        String(12),
        primary_key=True,
        comment="total robots asked unreadable path device browser system country referrer",
    )
    is_rest: Mapped[bool] = mapped_column(
        Boolean,
        primary_key=True,
        comment="whether all values without a row of their own are meant",
    )
    value: Mapped[str] = mapped_column(
        String(VALUE_CHARACTERS),
        primary_key=True,
        comment="what at least five visitors shared; empty = unknown, or no value",
    )
    visits: Mapped[int] = mapped_column(BigInteger, comment="page views")
    visitors: Mapped[int] = mapped_column(BigInteger, comment="different ones of the day")


class DecisionCount(Model):
    """How many consent records of a site and day have an action, or granted a purpose."""

    __tablename__ = "decision_counts"
    __table_args__ = (
        {"comment": "statistics of a day's decisions, kept without end: counts, nobody's record"},
    )

    site_id: Mapped[int] = mapped_column(
        RowId, primary_key=True, autoincrement=False, comment="the site (no foreign key)"
    )
    day: Mapped[date] = mapped_column(
        Date, primary_key=True, comment="calendar day of the decisions"
    )
    what: Mapped[str] = mapped_column(
        String(12), primary_key=True, comment="action granted refused"
    )
    value: Mapped[str] = mapped_column(
        String(64), primary_key=True, comment="the action, or the purpose that was decided"
    )
    policy_version: Mapped[int] = mapped_column(
        Integer, primary_key=True, autoincrement=False, comment="number of the notice shown"
    )
    language: Mapped[str] = mapped_column(
        String(12), primary_key=True, comment="language it was shown in"
    )
    records: Mapped[int] = mapped_column(BigInteger, comment="consent records")


class CircumstanceCount(Model):
    """How many decisions of a site came from a device class or a country: in fives."""

    __tablename__ = "circumstance_counts"
    __table_args__ = (
        {
            "comment": "decisions by device or country, in fives, without end: nobody's record",
            "sqlite_with_rowid": False,
        },
    )

    site_id: Mapped[int] = mapped_column(
        RowId, primary_key=True, autoincrement=False, comment="the site (no foreign key)"
    )
    dimension: Mapped[str] = mapped_column(String(12), primary_key=True, comment="device country")
    value: Mapped[str] = mapped_column(
        String(8), primary_key=True, comment="device class, or ISO 3166-1 (ZZ = unknown)"
    )
    what: Mapped[str] = mapped_column(
        String(12), primary_key=True, comment="action granted refused"
    )
    decided: Mapped[str] = mapped_column(
        String(64), primary_key=True, comment="the action, or the purpose that was decided"
    )
    day: Mapped[date] = mapped_column(
        Date, primary_key=True, comment="calendar day by which they were enough; some are older"
    )
    records: Mapped[int] = mapped_column(BigInteger, comment="decisions, a multiple of five")


class HeldCount(Model):
    """Counts by device and country of a day that is not over, or that are not yet five alike."""

    __tablename__ = "held_counts"
    __table_args__ = (
        Index("ix_held_counts_day", "day"),
        {"comment": "counts by device and country on their way to circumstance_counts, sealed"},
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, comment="part of the seal")
    site_id: Mapped[int] = mapped_column(RowId, comment="the site (no foreign key)")
    day: Mapped[date] = mapped_column(Date, comment="the counts may go on when it is over")
    payload: Mapped[bytes] = mapped_column(
        LargeBinary, comment="the counts, encrypted under a key of the service's secret"
    )


class ConsentSpan(Model):
    """Where the records of a day, site, action, version and language lie (statistics.spans)."""

    __tablename__ = "consent_spans"
    __table_args__ = ({"comment": "where consent records lie, by day and kind: for searches"},)

    day: Mapped[date] = mapped_column(
        Date, primary_key=True, comment="calendar day of the decisions"
    )
    site_id: Mapped[int] = mapped_column(
        RowId, primary_key=True, autoincrement=False, comment="the site (no foreign key)"
    )
    action: Mapped[str] = mapped_column(
        String(12), primary_key=True, comment="what the visitors did"
    )
    policy_version: Mapped[int] = mapped_column(
        Integer, primary_key=True, autoincrement=False, comment="number of the notice shown"
    )
    language: Mapped[str] = mapped_column(
        String(12), primary_key=True, comment="language it was shown in"
    )
    first_id: Mapped[int] = mapped_column(BigInteger, comment="lowest row number")
    last_id: Mapped[int] = mapped_column(BigInteger, comment="highest row number")
    first_at: Mapped[datetime] = mapped_column(
        UtcDateTime, comment="full hour at or before the earliest record"
    )
    last_at: Mapped[datetime] = mapped_column(
        UtcDateTime, comment="full hour after the latest record"
    )
    records: Mapped[int] = mapped_column(BigInteger, comment="consent records")


class DecisionProgress(Model):
    """Up to which consent record decisions are counted: a single row."""

    __tablename__ = "decision_progress"
    __table_args__ = ({"comment": "up to which consent record decisions are counted"},)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, comment="always 1")
    counted_id: Mapped[int] = mapped_column(
        BigInteger, comment="row number of the last record that is counted"
    )
    counted_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="when it was counted")
    seen_id: Mapped[int] = mapped_column(
        BigInteger, comment="highest row number at the last look (PostgreSQL)"
    )
    seen_open: Mapped[int] = mapped_column(
        BigInteger, comment="first transaction that had not begun at that look (PostgreSQL)"
    )
