"""A lease in the database: of all processes of a deployment, one does a thing at a time.

A process that dies keeps its lease only until it expires; clocks of nodes may differ by less than
the lease lasts. A lease that ends much later than any should was taken under a wrong clock and
binds nobody. Whatever runs under a lease may be repeated, so a rare overlap does no harm.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine, String, delete, insert, or_, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from consent_server import clock
from consent_server.errors import Busy
from consent_server.storage.columns import UtcDateTime
from consent_server.storage.database import Model

TURN_SECONDS: Final = 60.0  # a killed process holds others up for so long at most
_RENEWALS: Final = 3  # in that time


class Lease(Model):
    """A job and the process that holds it until `expires_at`."""

    __tablename__ = "leases"
    __table_args__ = ({"comment": "which process runs which job, and until when"},)

    name: Mapped[str] = mapped_column(String(40), primary_key=True, comment="the job")
    holder: Mapped[str] = mapped_column(String(80), comment="random name of the process")
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="free again after this")


@contextmanager
def turn(engine: Engine, name: str) -> Iterator[Callable[[], None]]:
    """Holds the lease of a piece of work while it goes on, and gives it back.

    Gives a verb that keeps the lease; call it every few seconds, it costs nothing most of the time.
    Raises Busy when another process, or another thread of this one, is at it.
    """
    holder = secrets.token_hex(8)
    if not take_lease(engine, name, holder, TURN_SECONDS):
        raise Busy(f"Another process is at it ({name}); it holds its turn for a minute at most.")
    renewed_at = time.monotonic()

    def keep() -> None:
        nonlocal renewed_at
        if time.monotonic() - renewed_at > TURN_SECONDS / _RENEWALS:
            take_lease(engine, name, holder, TURN_SECONDS)
            renewed_at = time.monotonic()

    try:
        yield keep
    finally:
        release_lease(engine, name, holder)


def take_lease(engine: Engine, name: str, holder: str, seconds: float) -> bool:
    """Takes or renews the lease of a job; returns whether `holder` has it for `seconds`."""
    now = clock.now()
    until = now + timedelta(seconds=seconds)
    with engine.execution_options(writes=True).begin() as connection:
        renewed = connection.execute(
            update(Lease)
            .where(
                Lease.name == name,
                or_(
                    Lease.holder == holder,
                    Lease.expires_at <= now,
                    Lease.expires_at > until + timedelta(seconds=seconds),
                ),
            )
            .values(holder=holder, expires_at=until)
        )
        if renewed.rowcount:
            return True
    return _first_holder(engine, name, holder, until)


def release_lease(engine: Engine, name: str, holder: str) -> None:
    """Gives a lease back, so that another process need not wait for its end."""
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(delete(Lease).where(Lease.name == name, Lease.holder == holder))


def _first_holder(engine: Engine, name: str, holder: str, until: object) -> bool:
    try:
        with engine.execution_options(writes=True).begin() as connection:
            connection.execute(insert(Lease).values(name=name, holder=holder, expires_at=until))
    except IntegrityError:
        return False  # another process holds it
    return True
