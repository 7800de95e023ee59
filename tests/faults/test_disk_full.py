"""A full disk: who cannot be kept is told so, readers go on, and room is all that it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.disks import LimitedFiles, SmallDisk, can_mount
from support.ledger import assert_nothing_is_lost_or_doubled, assert_tables_are_sound
from support.load import ORIGIN, Load
from support.prepared import Prepared
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
    service = make_service()
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
            for path in (f"/embed/{service.site_key}.js", f"/policies/{service.site_key}", "/healthz")
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
