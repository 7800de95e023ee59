"""The table of destructions that have begun and are not certified yet."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, Date, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from consent_server.storage.columns import UtcDateTime
from consent_server.storage.database import Model


class OpenDestruction(Model):
    """What was found before the first step, of one class, day and last instant.

    It says nothing of how far a run came: that is seen in the ring, the tables and the files. It is
    removed in the transaction that issues the certificate.
    """

    __tablename__ = "open_destructions"
    __table_args__ = (
        {"comment": "destructions that have begun and are not certified yet; no personal data"},
    )

    record_class: Mapped[str] = mapped_column(
        String(40), primary_key=True, comment="class of the records"
    )
    day: Mapped[date] = mapped_column(Date, primary_key=True, comment="calendar day of the records")
    gone_at: Mapped[datetime] = mapped_column(
        UtcDateTime, primary_key=True, comment="instant at which they must be gone"
    )
    started_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="before the first step")
    records: Mapped[int] = mapped_column(Integer, comment="how many rows were found then")
    sites: Mapped[dict[str, int]] = mapped_column(JSON, comment="how many of each site, by its id")
    has_key: Mapped[bool] = mapped_column(comment="whether the key of the day was due as well")
    executor: Mapped[str] = mapped_column(String(320), comment="who began")
