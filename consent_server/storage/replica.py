"""Which database lists and exports are read from: a replica if there is one, else the main one.

A replica that is away must not close the console, so the main database answers instead, with a line
in the log; for half a minute nobody asks the replica again. A replica is behind by what its
replication takes, so nothing is decided by what it says: writes, retention, tokens and a record
that was just made are read from the main database.
"""

from __future__ import annotations

import logging
import time
from typing import Final
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

from consent_server.storage.database import REPLICA, db
from consent_server.storage.revision import OUTAGES

_log = logging.getLogger(__name__)
_AWAY_SECONDS: Final = 30.0
_failed_at: WeakKeyDictionary[Engine, float] = WeakKeyDictionary()


def reading_engine() -> Engine:
    """Returns the engine for reading many records; call inside an application context."""
    replica = db.engines.get(REPLICA)
    if replica is None or time.monotonic() - _failed_at.get(replica, float("-inf")) < _AWAY_SECONDS:
        return db.engine
    try:
        replica.connect().close()
    except OUTAGES as error:
        _failed_at[replica] = time.monotonic()
        _log.warning("the replica is away, the main database answers instead: %s", _cause(error))
        return db.engine
    return replica


def _cause(error: Exception) -> str:
    return next(iter(str(getattr(error, "orig", None) or error).splitlines()), "no reason given")
