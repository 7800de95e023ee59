"""Damage is found at the start: one line says what is wrong and what to do; nothing is served."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.cluster import Cluster
from support.load import ORIGIN, Load
from support.prepared import Prepared
from support.rings import key_files, master_file
from support.service import MakeService, Service

PAGE_BYTES = 4096


@dataclass(frozen=True)
class Kept:
    """Homes to copy: of a service that was stopped, and of one killed, with a write-ahead log."""

    stopped: Path
    killed: Path
    site_key: str


@pytest.fixture(scope="module")
def kept(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """A deployment with some records, twice."""
    folder = tmp_path_factory.mktemp("kept")
    service = Service(folder / "home", prepared.libfaketime)
    service.run_cli("init")
    service.add_site(ORIGIN)
    service.start()
    with Load(service) as load:
        load.wait_for_kept(300)
    service.kill()
    shutil.copytree(service.home, folder / "killed")
    service.run_cli("retention", "run")  # opens and closes the files, which empties the log
    shutil.copytree(service.home, folder / "stopped")
    return Kept(folder / "stopped", folder / "killed", service.site_key)


@pytest.fixture
def service_of(
    kept: Kept, prepared: Prepared, tmp_path: Path, request: pytest.FixtureRequest
) -> Callable[[Path], Service]:
    """Makes a deployment on a copy of a home."""

    def make(home: Path) -> Service:
        service = Service(tmp_path / "home", prepared.libfaketime)
        shutil.copytree(home, service.home)
        service.site_key = kept.site_key
        request.addfinalizer(service.kill)
        return service

    return make


def garble(path: Path, start: int, length: int = 200) -> None:
    with path.open("r+b") as file:
        file.seek(start)
        file.write(b"\xa5" * length)


def shorten(path: Path, by: int) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - by)


def replace_by_foreign(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE bookmarks (address TEXT)")
    other.close()


def make_newer(path: Path) -> None:
    with sqlite3.connect(path) as own:
        own.execute("UPDATE alembic_version SET version_num = '9999'")
    own.close()


DAMAGES = [
    pytest.param(lambda path: garble(path, 0), "damaged or not SQLite", id="garbled header"),
    pytest.param(
        lambda path: garble(path, path.stat().st_size // PAGE_BYTES // 2 * PAGE_BYTES),
        "is damaged (",
        id="a garbled page",
    ),
    pytest.param(lambda path: shorten(path, 5 * PAGE_BYTES), "is damaged (", id="cut off"),
    pytest.param(lambda path: path.write_bytes(b""), "is empty, though", id="no bytes"),
    pytest.param(replace_by_foreign, "belongs to another program", id="another program's"),
    pytest.param(make_newer, "newer version of this program (revision 9999)", id="newer"),
]


def expect_refused(service: Service, words: str) -> str:
    """Sees that `serve` ends with 1 and one line that says so; returns the line."""
    ended = service.run_cli("serve", "--port", str(service.port), check=False)
    [line] = ended.stderr.splitlines()
    assert ended.returncode == 1
    assert words in line
    return line


@pytest.mark.parametrize(("damage", "words"), DAMAGES)
@pytest.mark.parametrize("name", ["consent.db", "archive.db"])
def test_a_damaged_or_foreign_file_is_not_served(
    kept: Kept,
    service_of: Callable[[Path], Service],
    name: str,
    damage: Callable[[Path], None],
    words: str,
) -> None:
    service = service_of(kept.stopped)
    damage(service.home / name)

    line = expect_refused(service, words)

    assert ("main" if name == "consent.db" else "archive") in line
    assert "db backup" in line or "Correct CONSENT_" in line


def test_a_log_with_a_garbled_header_is_not_passed_over_in_silence(
    kept: Kept, service_of: Callable[[Path], Service]
) -> None:
    service = service_of(kept.killed)
    log = service.home / "consent.db-wal"
    garble(log, 0, 8)

    expect_refused(service, "the newest records with it")
    log.unlink()  # as the line says for those who go on without
    service.start()

    assert service.get("/readyz")[0] == 200


def test_a_log_with_a_garbled_page_is_served_with_a_warning(
    kept: Kept, service_of: Callable[[Path], Service]
) -> None:
    service = service_of(kept.killed)
    log = service.home / "consent.db-wal"
    garble(log, log.stat().st_size // 2)

    service.start()

    assert "has a damaged page" in service.log.read_text()


def test_a_sound_log_is_served_without_a_warning(
    kept: Kept, service_of: Callable[[Path], Service]
) -> None:
    service = service_of(kept.killed)

    service.start()

    assert "warning" not in service.log.read_text()
    assert len(service.export("consents")) + len(service.export("visits")) >= 300


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda path: path.write_bytes(b"short"), id="truncated"),
        pytest.param(lambda path: path.write_bytes(bytes(60)), id="garbled"),
    ],
)
def test_a_damaged_day_key_costs_that_day_only_and_is_named(
    kept: Kept, service_of: Callable[[Path], Service], damage: Callable[[Path], None]
) -> None:
    service = service_of(kept.stopped)
    [key] = key_files(service.home / "keys")
    damage(key)
    visit = {
        "site": service.site_key,
        "visit_id": "6f0b0000-0000-4000-8000-000000000001",
        "path": "/",
    }

    service.start()
    refused = service.post("/v1/visits", visit, Origin=ORIGIN)[0]
    key.rename(service.home / "moved-away")  # as the line says
    accepted = service.post("/v1/visits", visit, Origin=ORIGIN)[0]

    assert f"the key of {key.stem} is damaged" in service.log.read_text()
    assert (refused, accepted) == (503, 204)
    assert [row["path"] for row in service.export("visits")] == ["/"]
    assert len(service.export("consents")) > 0


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        pytest.param(Path.unlink, "master.key is lost", id="lost"),
        pytest.param(lambda path: path.write_bytes(b"short"), "master.key is damaged", id="cut"),
    ],
)
def test_without_its_master_key_the_service_does_not_start(
    kept: Kept, service_of: Callable[[Path], Service], damage: Callable[[Path], None], words: str
) -> None:
    service = service_of(kept.stopped)
    damage(master_file(service.home / "keys"))

    expect_refused(service, words)


def test_a_database_of_postgresql_that_is_newer_or_of_another_program_is_not_served(
    make_service: MakeService, cluster: Cluster
) -> None:
    service = make_service(cluster.urls)
    cluster.postgres.ask(
        "UPDATE alembic_version SET version_num = '9999' RETURNING 1", cluster.archive
    )
    expect_refused(service, "newer version of this program (revision 9999)")

    cluster.postgres.ask("DELETE FROM alembic_version RETURNING 1", cluster.archive)
    line = expect_refused(service, "belongs to another program")

    assert "CONSENT_ARCHIVE_DATABASE_URL" in line


def test_doctor_reads_every_page(kept: Kept, service_of: Callable[[Path], Service]) -> None:
    service = service_of(kept.stopped)
    sound = service.run_cli("doctor", "--check")
    shorten(service.home / "consent.db", 5 * PAGE_BYTES)

    damaged = service.run_cli("doctor", "--check", check=False)

    assert "sound" in sound.stdout
    assert (damaged.returncode, "is damaged (" in damaged.stderr) == (1, True)
