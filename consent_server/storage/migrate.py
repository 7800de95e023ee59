"""Brings both databases to the newest schema, or back, with Alembic.

One history per database: they live on different servers, perhaps, and are never changed in one
transaction.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError as AlembicError
from sqlalchemy import Engine, create_engine

from consent_server.config import Settings
from consent_server.errors import CommandError
from consent_server.storage import sqlite
from consent_server.storage.database import engine_options, tune
from consent_server.storage.partitions.keeper import PARTITIONED, PartitionKeeper

HISTORIES: Final = ("main", "archive")


def upgrade(settings: Settings) -> None:
    """Brings both databases to the newest schema; does nothing where it is there already."""
    for history in HISTORIES:
        move(settings, history, "head")
    let_files_shrink(settings)
    make_partitions(settings)


def let_files_shrink(settings: Settings) -> None:
    """Rewrites SQLite files of earlier versions, once, so that they can give disk room back."""
    for history in HISTORIES:
        engine = migration_engine(settings, history)
        try:
            if engine.dialect.name == "sqlite":
                sqlite.let_shrink(engine)
        finally:
            engine.dispose()


def make_partitions(settings: Settings) -> None:
    """Makes the partitions of the next days in both databases. Raises Unavailable."""
    for history, table in PARTITIONED.items():
        engine = migration_engine(settings, history)
        try:
            PartitionKeeper(engine, table).ensure_ahead(settings.visit_period)
        finally:
            engine.dispose()


def move(settings: Settings, history: str, revision: str) -> None:
    """Brings one database to a revision ("head", "base" or a number), up or down.

    Raises CommandError when there is no such revision.
    """
    engine = migration_engine(settings, history)
    try:
        with engine.connect() as connection:
            config = _config(history)
            config.attributes["connection"] = connection
            is_up = revision in ("head", *_heads(history))
            go = command.upgrade if is_up else command.downgrade
            go(config, revision)
            connection.commit()
    except AlembicError as error:
        raise CommandError(f"The {history} database cannot go to {revision}: {error}") from error
    finally:
        engine.dispose()


def is_current(engine: Engine, history: str) -> bool:
    """Tells whether a database has the newest schema."""
    with engine.connect() as connection:
        return set(MigrationContext.configure(connection).get_current_heads()) == _heads(history)


@cache
def known_revisions(history: str) -> set[str]:
    """Returns every revision that this version of the program knows."""
    scripts = ScriptDirectory.from_config(_config(history)).walk_revisions()
    return {script.revision for script in scripts}


@cache
def _heads(history: str) -> set[str]:
    return set(ScriptDirectory.from_config(_config(history)).get_heads())


def migration_engine(settings: Settings, history: str) -> Engine:
    """Returns an engine for the database of a history; its statements may take hours."""
    url = settings.database_url if history == "main" else settings.archive_database_url
    engine = create_engine(url, **engine_options(url, settings, unlimited=True))
    tune(engine, settings, unlimited=True)
    return engine


def _config(history: str) -> Config:
    config = Config()
    location = files("consent_server.migrations").joinpath(history)
    config.set_main_option("script_location", str(location).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
