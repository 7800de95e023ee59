"""A deployment to destroy: marked visits of several days, sent as real requests.

The clock of this process is turned, and of the one that is killed; that is why a drill runs in a
process of its own and on databases of its own, never beside real ones.
"""

from __future__ import annotations

import multiprocessing
import os
import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

from flask import Flask
from sqlalchemy import delete, insert, select

from consent_server import clock
from consent_server.app import create_app
from consent_server.config import Settings
from consent_server.house import House, house_of
from consent_server.keys.folder import FolderStore
from consent_server.keys.store import KEY_BYTES
from consent_server.policies.services import open_site
from consent_server.sites.models import Site
from consent_server.sites.services import NewSite
from consent_server.storage.database import ARCHIVE, db, table_of
from consent_server.visits.models import ArchivedVisit, Visit

_ORIGIN: Final = "https://drill.example"
_AGENT: Final = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
_VISITS_A_DAY: Final = 4  # one of them goes to the archive
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["consent_server.app"])


@dataclass(slots=True)
class MarkedDay:
    """Visits of one day, and what must not be found once it is over."""

    day: date
    gone_at: datetime
    plain: list[bytes] = field(default_factory=list)  # in each path and referrer; each address
    key: bytes = b""
    wrapped: bytes = b""  # the key file as it lies in the ring
    sealed: list[bytes] = field(default_factory=list)  # payloads in the databases
    ids: list[UUID] = field(default_factory=list)


class Turned:
    """The clock of this process, stopped at an instant until it is turned on."""

    def __init__(self) -> None:
        self._real = clock.now

    def to(self, instant: datetime) -> None:
        """Turns the clock."""
        clock.now = lambda: instant

    def back(self) -> None:
        """Gives this process the real time again."""
        clock.now = self._real


@contextmanager
def turned_clock() -> Iterator[Turned]:
    """Lends the clock of this process, and sets it right again."""
    turned = Turned()
    try:
        yield turned
    finally:
        turned.back()


@contextmanager
def opened(settings: Settings) -> Iterator[House]:
    """An application on some databases, inside its context; closed in the end."""
    app = create_app(settings)
    house = house_of(app)
    with app.app_context():
        try:
            yield house
        finally:
            house.writer.close()
            house.limiter.close()
            db.session.remove()
            for engine in db.engines.values():
                engine.dispose()


def add_site() -> Site:
    """Adds the site whose visits are recorded."""
    return open_site(NewSite(name="Drill", origins=[_ORIGIN]))


def record_day(app: Flask, house: House, site_key: str, now: datetime) -> MarkedDay:
    """Records marked visits at an instant (the clock is turned to it); one goes to the archive."""
    period = house.settings.visit_period
    marked = MarkedDay(period.day_of(now), period.gone_at(now))
    token = secrets.token_hex(6)
    address = ":".join(["2001:db8", *(f"f{token[at : at + 3]}" for at in range(0, 12, 3))])
    marked.plain += [token.encode(), address.encode()]
    for number in range(1, _VISITS_A_DAY + 1):
        _send(app, site_key, token, f"{address}:1:{number}")
    _move_one(house, marked)
    for engine, table in ((db.engine, _VISITS), (db.engines[ARCHIVE], _ARCHIVED)):
        with engine.connect() as connection:
            query = select(table.c.visit_id, table.c.payload).where(table.c.day == marked.day)
            for row in connection.execute(query):
                marked.ids.append(row.visit_id)
                marked.sealed.append(row.payload)
    key = bytearray(KEY_BYTES)
    FolderStore(house.settings.keys_dir).read_into(key, marked.day, make=False)
    marked.key = bytes(key)
    marked.wrapped = _key_file(house.settings.keys_dir, marked.day).read_bytes()
    return marked


def _key_file(folder: Path, day: date) -> Path:
    [path] = folder.glob(f"generations/*/days/{day}.key")
    return path


def _send(app: Flask, site_key: str, token: str, address: str) -> None:
    answer = app.test_client().post(
        "/v1/visits",
        json={
            "site": site_key,
            "visit_id": str(uuid4()),
            "path": f"/p-{token}",
            "referrer": f"https://r-{token}.example",
        },
        headers={"Origin": _ORIGIN, "User-Agent": _AGENT},
        environ_base={"REMOTE_ADDR": address},
    )
    assert answer.status_code == 204, answer.text


def _move_one(house: House, marked: MarkedDay) -> None:
    """Moves a visit as the archive would, so that both databases have something to destroy."""
    house.partitions[1].ensure(marked.gone_at)
    with db.engine.execution_options(writes=True).begin() as main:
        chosen = select(_VISITS).where(_VISITS.c.day == marked.day).limit(1)
        row: dict[str, Any] = dict(main.execute(chosen).mappings().one())
        main.execute(delete(_VISITS).where(_VISITS.c.id == row.pop("id")))
        kept = {name: value for name, value in row.items() if name in _ARCHIVED.c}
        with db.engines[ARCHIVE].execution_options(writes=True).begin() as archive:
            archive.execute(insert(_ARCHIVED), [kept])


def die_after(settings: Settings, instant: datetime, step: str) -> bool:
    """Runs destruction in a process that is killed when a step is done; returns whether it was."""
    process = _forks.Process(target=_run_and_die, args=(settings, instant, step))
    process.start()
    process.join()
    return process.exitcode == -signal.SIGKILL


def _run_and_die(settings: Settings, instant: datetime, step: str) -> None:
    def die(done: str) -> None:
        if done == step:
            os.kill(os.getpid(), signal.SIGKILL)

    clock.now = lambda: instant
    with opened(settings) as house:
        house.retention.run(on_step=die)


_VISITS = table_of(Visit)
_ARCHIVED = table_of(ArchivedVisit)
