"""The application on fresh, migrated databases: once on SQLite, once on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Literal

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from consent_server.app import create_app
from consent_server.config import Settings
from consent_server.house import house_of
from consent_server.storage.database import db
from consent_server.storage.migrate import upgrade
from support.postgres import Postgres
from support.routes import remember_routes

EngineName = Literal["sqlite", "postgresql"]
_QUICK = {
    "CONSENT_DATABASE_TIMEOUT_SECONDS": "4",  # seconds: above any hiccup of a busy machine
    "CONSENT_SECOND_FACTOR": "off",  # tests of the second factor turn it on
}


@pytest.fixture(scope="session")
def migrated_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with migrated SQLite files to copy."""
    home = tmp_path_factory.mktemp("migrated")
    upgrade(Settings.from_environ({"CONSENT_HOME": str(home)}))
    return home


@pytest.fixture(scope="session")
def migrated_databases(
    postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, str]:
    """Migrated PostgreSQL databases, main and archive, to copy."""
    names = postgres.new_database(), postgres.new_database()
    home = tmp_path_factory.mktemp("migrating")
    upgrade(Settings.from_environ({"CONSENT_HOME": str(home), **_urls(postgres, names)}))
    return names


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Repeats each test with an application on both databases, unless it says otherwise."""
    marks = metafunc.definition.iter_markers("parametrize")
    said = any("engine_name" in mark.args[0] for mark in marks)  # a name, names, or a list of them
    if "engine_name" in metafunc.fixturenames and not said:
        is_on_one = metafunc.definition.get_closest_marker("on_sqlite") is not None
        engines = ["sqlite"] if is_on_one else ["sqlite", "postgresql"]
        metafunc.parametrize("engine_name", engines, indirect=True)


@pytest.fixture
def engine_name(request: pytest.FixtureRequest) -> EngineName:
    """The database that a test runs on."""
    name: EngineName = request.param
    return name


@pytest.fixture
def settings(
    engine_name: EngineName, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Settings]:
    """Settings of a deployment of its own, with migrated empty databases."""
    home = tmp_path / "home"
    if engine_name == "sqlite":
        shutil.copytree(request.getfixturevalue("migrated_files"), home)
        yield Settings.from_environ({"CONSENT_HOME": str(home), **_QUICK})
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    templates: tuple[str, str] = request.getfixturevalue("migrated_databases")
    names = postgres.new_database(templates[0]), postgres.new_database(templates[1])
    yield Settings.from_environ({"CONSENT_HOME": str(home), **_urls(postgres, names), **_QUICK})
    for name in names:
        postgres.drop_database(name)


class _CompiledTemplates(BytecodeCache):
    """Templates as the first application of this process compiled them: 80 ms a page.

    The key holds the checksum of the source, so a changed template is another one.
    """

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fills the bucket if the template was compiled before."""
        if (code := self._code.get(bucket.key + bucket.checksum)) is not None:
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keeps what was compiled."""
        self._code[bucket.key + bucket.checksum] = bucket.bytecode_to_string()


_TEMPLATES: Final = _CompiledTemplates()
MakeApp = Callable[..., Flask]

remember_routes()


@pytest.fixture
def make_app(settings: Settings) -> Iterator[MakeApp]:
    """Makes applications on the databases of this test, as several processes would.

    changes: settings that differ from the others'.
    """
    made: list[Flask] = []

    def make(**changes: Any) -> Flask:
        made.append(create_app(replace(settings, **changes)))
        made[-1].jinja_env.bytecode_cache = _TEMPLATES
        return made[-1]

    yield make
    for app in made:
        house_of(app).writer.close()
        house_of(app).limiter.close()
        with app.app_context():
            for engine in db.engines.values():
                engine.dispose()


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    """The application on fresh databases."""
    return make_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without a network in between."""
    return app.test_client()


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    """Runs commands inside the application."""
    return app.test_cli_runner()


def _urls(postgres: Postgres, names: tuple[str, str]) -> dict[str, str]:
    return {
        "CONSENT_DATABASE_URL": postgres.url(names[0]),
        "CONSENT_ARCHIVE_DATABASE_URL": postgres.url(names[1]),
    }
