"""The two databases of a deployment and their sessions.

Bind `main` (default) holds sites, notices, consent records and young visits; bind `archive` is a
physically separate database for visits whose purpose is met. They are never joined and never
part of one transaction. Bind `replica`, if set, is a copy of `main` to read from (see replica).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine, MetaData, Table, event
from sqlalchemy.orm import DeclarativeBase

from consent_server.config import Settings
from consent_server.storage import postgres, sqlite
from consent_server.storage.patience import limit_waits

ARCHIVE = "archive"
REPLICA = "replica"

_NAMES = {  # predictable constraint names, so that migrations can name them on both engines
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class _Base(DeclarativeBase):
    metadata = MetaData(naming_convention=_NAMES)


db = SQLAlchemy(model_class=_Base)

if TYPE_CHECKING:

    class Model(DeclarativeBase):
        """Base of every table, as the type checker sees it."""

        def __init__(self, **columns: Any) -> None: ...

else:
    Model = db.Model


def init_app(app: Flask, settings: Settings) -> None:
    """Binds both databases to the application and tunes every connection they open."""
    app.config.update(
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.database_url, settings),
        SQLALCHEMY_BINDS={
            name: {"url": url, **engine_options(url, settings)}
            for name, url in (
                (ARCHIVE, settings.archive_database_url),
                (REPLICA, settings.replica_database_url),
            )
            if url
        },
    )
    db.init_app(app)
    with app.app_context():
        for engine in db.engines.values():
            tune(engine, settings)
            if engine.dialect.name == "postgresql":
                limit_waits(engine, settings.database_timeout_seconds)


def table_of(model: type[Model]) -> Table:
    """Returns the table of a model, for verbs that speak SQL without objects."""
    table = model.__table__
    assert isinstance(table, Table)
    return table


def begin_write() -> None:
    """Starts the session's transaction as a writing one (see sqlite.on_begin).

    Call it first in every verb that reads before it writes; what was read before is read anew.
    """
    db.session.rollback()
    db.session.connection(execution_options={"writes": True})


def engine_options(url: str, settings: Settings, *, unlimited: bool = False) -> dict[str, Any]:
    """Returns the create_engine options of a database URL. unlimited: see postgres."""
    if url.startswith("sqlite"):
        options = sqlite.engine_options(settings.database_timeout_seconds)
    else:
        options = postgres.engine_options(settings, unlimited=unlimited)
    return {
        **options,
        "json_serializer": _compact,
        "json_deserializer": msgspec.json.decode,  # a tenth of what json.loads takes
        "hide_parameters": True,  # errors that quote them would show visitors
    }


def _compact(value: Any) -> str:
    """Writes JSON without spaces, as exports show it: they need not take them out again."""
    return msgspec.json.encode(value).decode()


def tune(engine: Engine, settings: Settings, *, unlimited: bool = False) -> None:
    """Sets what each new connection of an engine needs."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", sqlite.on_connect)
        event.listen(engine, "begin", sqlite.on_begin)
    else:
        postgres.tune(engine, settings, unlimited=unlimited)
