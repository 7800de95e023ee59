"""The table of leases: who may run a job now."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from consent_server.storage.columns import UtcDateTime
from consent_server.storage.database import Model


class Lease(Model):
    """A job and the process that holds it until `expires_at`."""

    __tablename__ = "leases"
    __table_args__ = ({"comment": "which process runs which job, and until when"},)

    name: Mapped[str] = mapped_column(String(40), primary_key=True, comment="the job")
    holder: Mapped[str] = mapped_column(String(80), comment="random name of the process")
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="free again after this")
