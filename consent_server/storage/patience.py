"""A PostgreSQL server that hangs is left, not waited for.

`statement_timeout` is kept by the server, so one that hangs (a frozen machine, a disk that answers
nothing, a lost network) keeps no time-out at all, and TCP still confirms what is sent to it: every
thread would wait for ever. So the driver itself ends a wait, and closes the connection, as nobody
knows what became of the statement. Where it was written all the same, the sender's repetition
meets its own id and makes no second row.
"""

from __future__ import annotations

from typing import Any, Final

import psycopg
from psycopg.errors import (
    _WaitTimeout,  # not public: pyproject.toml keeps to the versions that have it
)
from sqlalchemy import Engine, event

_TIMEOUTS: Final = 3.0  # of `database_timeout_seconds`: more than any wait that the server ends


def limit_waits(engine: Engine, timeout_seconds: float) -> None:
    """Makes every statement on the engine an OperationalError when it takes far too long."""
    longest = timeout_seconds * _TIMEOUTS

    class Impatient(psycopg.Connection[Any]):
        def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
            try:
                return super().wait(gen, interval, longest if timeout is None else timeout)
            except _WaitTimeout as error:
                self.pgconn.finish()
                raise psycopg.OperationalError(
                    f"the server gave no answer within {longest:g} seconds"
                ) from error

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: object, _record: object, words: Any, options: Any) -> Any:
        return Impatient.connect(*words, **options)
