"""A full disk: who cannot be kept is told so, readers go on, and room is all that it takes."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.cluster import Cluster
from support.disks import NO_BYTECODE, LimitedFiles, SmallDisk, can_mount, short_of_room
from support.ledger import assert_nothing_is_lost_or_doubled, assert_tables_are_sound
from support.load import ORIGIN, Load
from support.prepared import Prepared
from support.rings import key_files
from support.service import MakeService, Service

Full = tuple[Service, SmallDisk | LimitedFiles]
WAYS = ["no file may grow", *(["no room on the disk"] if can_mount() else [])]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    disk = SmallDisk(tmp_path / "disk")
    yield disk
    disk.close()


@pytest.fixture
def make_on_disk(prepared: Prepared, tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Makes serving deployments with everything on a small disk."""
    made: list[Service] = []

    def make(disk: SmallDisk, **environ: str) -> Service:
        service = Service(disk.path / "home", prepared.libfaketime, environ)
        service.log, service.inside = tmp_path / "log", disk.inside
        made.append(service)
        service.run_cli("init")
        service.add_site(ORIGIN)
        service.start()
        return service

    yield make
    for service in made:
        service.kill()


@pytest.fixture(params=WAYS)
def full(
    request: pytest.FixtureRequest, make_service: MakeService, make_on_disk: Callable[..., Service]
) -> Full:
    """A serving deployment, and what can fill its disk."""
    if request.param == "no room on the disk":
        disk = request.getfixturevalue("small_disk")
        return make_on_disk(disk), disk
    service = make_service(NO_BYTECODE)
    service.add_site(ORIGIN)
    service.start()
    return service, LimitedFiles(service)


def test_a_full_disk_is_503_and_heals_without_repair_or_restart(full: Full) -> None:
    service, disk = full

    with Load(service) as load:
        load.wait_for_kept(50)
        disk.fill()
        load.wait_for_answers(503, 100)
        read = [
            service.get(path)[0]
            for path in (
                f"/embed/{service.site_key}.js",
                f"/policies/{service.site_key}",
                "/healthz",
            )
        ]
        disk.empty()
        load.wait_for_kept(100)

    assert read == [200, 200, 200]
    assert load.answers.keys() == {201, 204, 503}
    assert load.without_retry_after == 0
    assert_nothing_is_lost_or_doubled(service, load)
    if isinstance(disk, LimitedFiles):
        assert_tables_are_sound(f"sqlite:///{service.home / 'consent.db'}", load)
    assert "sound" in service.run_cli("doctor", "--check").stdout


def test_a_full_key_ring_refuses_visits_and_leaves_no_half_key(full: Full) -> None:
    service, disk = full
    visit = {"site": service.site_key, "visit_id": str(uuid.uuid4()), "path": "/"}
    keys = getattr(disk, "outside", service.home.parent) / "home" / "keys"
    if isinstance(disk, LimitedFiles):
        keys = service.home / "keys"

    disk.fill()
    refused = service.post("/v1/visits", visit, Origin=ORIGIN)[0]
    left = key_files(keys)
    disk.empty()
    accepted = service.post("/v1/visits", visit, Origin=ORIGIN)[0]

    assert (refused, left, accepted) == (503, [], 204)
    assert [row["visit_id"] for row in service.export("visits")] == [visit["visit_id"]]


def test_visits_are_refused_and_decisions_kept_while_only_the_key_ring_is_full(
    make_service: MakeService, tmp_path: Path
) -> None:
    """A folder that is a file stands for one that takes nothing."""
    taken = tmp_path / "taken"
    service = make_service({"CONSENT_KEYS_DIR": str(taken)})
    service.add_site(ORIGIN)
    service.start()
    shutil.rmtree(taken)
    taken.touch()
    visit = {"site": service.site_key, "visit_id": str(uuid.uuid4()), "path": "/"}

    with Load(service, paths=("/v1/consents",)) as load:
        load.wait_for_kept(5)
        refused = service.post("/v1/visits", visit, Origin=ORIGIN)[0]
    taken.unlink()
    accepted = service.post("/v1/visits", visit, Origin=ORIGIN)[0]

    assert (refused, accepted) == (503, 204)
    assert load.answers.keys() == {201}


def ends_with_one_line(done: subprocess.CompletedProcess[str], words: str) -> bool:
    [line] = done.stderr.splitlines()
    return done.returncode == 1 and words in line


def test_a_backup_to_a_full_disk_says_so_and_leaves_nothing(
    service: Service, tmp_path: Path
) -> None:
    service.inside = short_of_room(20_000)

    done = service.run_cli("db", "backup", str(tmp_path / "copy"), check=False)

    assert ends_with_one_line(done, "copy")
    assert not (tmp_path / "copy").exists()


def test_a_dump_of_postgresql_to_a_full_disk_says_so_and_leaves_nothing(
    make_service: MakeService, cluster: Cluster, prepared: Prepared, tmp_path: Path
) -> None:
    path = f"{prepared.postgres_bin}:{os.environ['PATH']}"
    service = make_service(cluster.urls | {"PATH": path})
    service.inside = short_of_room(2_000)

    done = service.run_cli("db", "backup", str(tmp_path / "copy"), check=False)

    assert ends_with_one_line(done, "pg_dump failed")
    assert not (tmp_path / "copy").exists()


def test_an_export_to_a_full_disk_says_so_and_leaves_no_half_file(
    service: Service, tmp_path: Path
) -> None:
    service.add_site(ORIGIN)
    with Load(service) as load:
        load.wait_for_kept(400)
    service.stop()
    service.run_cli("retention", "run")  # empties SQLite's log, which would be too long already
    target = tmp_path / "out.csv"
    service.inside = short_of_room(40_000)  # SQLite's index of its log takes 32 kB

    to_file = service.run_cli("consents", "export", "-o", str(target), check=False)
    service.inside = []
    to_device = service.run_cli("consents", "export", "-o", "/dev/full", check=False)

    assert ends_with_one_line(to_file, str(target))
    assert ends_with_one_line(to_device, "/dev/full")
    assert [path.name for path in tmp_path.glob("*out.csv*")] == []
