"""A lease in the database: of all processes of a deployment, one runs a job at a time.

A process that dies keeps its lease only until it expires; clocks of nodes may differ by less than
the lease lasts. A lease that ends much later than any should was taken under a wrong clock and
binds nobody. Every job may be repeated, so a rare overlap does no harm.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine, delete, insert, or_, update
from sqlalchemy.exc import IntegrityError

from consent_server import clock
from consent_server.jobs.models import Lease


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
