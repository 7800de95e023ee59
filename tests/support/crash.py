"""A process that is killed at a chosen step of its work, as by `kill -9`.

It is a process of its own on the same databases and kills itself when a statement begins that fits
a pattern, or right before a commit; nothing of the program is replaced.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from flask import Flask
from sqlalchemy import Engine, event

from consent_server import clock
from consent_server.app import create_app
from consent_server.config import Settings
from consent_server.house import house_of
from consent_server.storage.database import ARCHIVE, db

COMMIT: Final = "COMMIT"
_PATIENCE_SECONDS = 60
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["consent_server.cli"])

Work = Callable[[Flask], object]


def killed_at(
    settings: Settings, now: datetime, work: Work, bind: str, pattern: str, times: int = 1
) -> bool:
    """Runs work; returns whether it was killed at the chosen step.

    work: a function of a module. bind: `main` or `archive`. pattern: of a statement, or COMMIT.
    times: the how-manieth fit is the last.
    """
    process = _forks.Process(target=_run, args=(settings, now, work, bind, pattern, times))
    process.start()
    process.join(_PATIENCE_SECONDS)
    assert process.exitcode in (0, -signal.SIGKILL), process.exitcode
    return process.exitcode == -signal.SIGKILL


def keep_up(app: Flask) -> None:
    """Counts and archives what is due."""
    house_of(app).upkeep.run()


def destroy(app: Flask) -> None:
    """Destroys what is due."""
    house_of(app).retention.run()


def _run(
    settings: Settings, now: datetime, work: Work, bind: str, pattern: str, times: int
) -> None:
    clock.now = lambda: now  # this process ends with it
    app = create_app(settings)
    with app.app_context():
        _arm(db.engines[ARCHIVE] if bind == "archive" else db.engine, pattern, times)
        work(app)
        house_of(app).writer.close()


def _arm(engine: Engine, pattern: str, times: int) -> None:
    left = times

    def die() -> None:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    if pattern == COMMIT:
        event.listen(engine, "commit", lambda _connection: die())
        return

    def look(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if re.search(pattern, statement):
            die()

    event.listen(engine, "before_cursor_execute", look)
