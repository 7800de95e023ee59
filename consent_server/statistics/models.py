"""The table of counts. Kept without end: it holds no person, and no value of fewer than five."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, Boolean, Date, String
from sqlalchemy.orm import Mapped, mapped_column

from consent_server.statistics.rules import VALUE_CHARACTERS
from consent_server.storage.columns import RowId
from consent_server.storage.database import Model


class VisitCount(Model):
    """How many visits and visitors of a site and day shared a value of one dimension."""

    __tablename__ = "visit_counts"
    __table_args__ = (
        {"comment": "statistics of a day's visits, kept without end: counts, nobody's record"},
    )

    site_id: Mapped[int] = mapped_column(
        RowId, primary_key=True, autoincrement=False, comment="the site (no foreign key)"
    )
    day: Mapped[date] = mapped_column(Date, primary_key=True, comment="calendar day of the visits")
    dimension: Mapped[str] = mapped_column(
        String(12),
        primary_key=True,
        comment="total robots unreadable path device browser system country referrer",
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
