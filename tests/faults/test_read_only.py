"""Folders that may not be written: refused at the start, in one line that names them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.disks import bound_by_permissions
from support.load import ORIGIN
from support.service import MakeService, Service


@pytest.fixture
def closed(make_service: MakeService) -> Iterator[Service]:
    """A deployment that obeys permissions, root or not; its home may be read only."""
    service = make_service()
    service.add_site(ORIGIN)
    service.inside = bound_by_permissions()
    yield service
    for folder in (service.home, service.home / "keys"):
        if folder.exists():
            folder.chmod(0o700)


def refused_line(service: Service) -> str:
    done = service.run_cli("serve", "--port", str(service.port), check=False)
    [line] = done.stderr.splitlines()
    assert done.returncode == 1
    return line


def test_a_home_that_may_not_be_written_is_named(closed: Service) -> None:
    closed.home.chmod(0o500)

    line = refused_line(closed)

    assert str(closed.home) in line
    assert "cannot be written" in line


def test_a_database_file_that_may_not_be_written_is_named(closed: Service) -> None:
    file = closed.home / "consent.db"
    file.chmod(0o400)

    line = refused_line(closed)

    assert str(file) in line
    assert "cannot be written" in line


def test_a_key_ring_that_may_not_be_written_is_named(closed: Service) -> None:
    keys: Path = closed.home / "keys"
    keys.mkdir(mode=0o500)

    assert "CONSENT_KEYS_DIR" in refused_line(closed)
