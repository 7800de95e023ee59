"""Keys in a folder: its modes, what is lost or damaged in it, and the layout it had before."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from consent_server.errors import ConfigError, KeyDestroyed, OldRing
from consent_server.keys.folder import FolderStore
from consent_server.keys.ring import KeyRing
from consent_server.keys.store import KEY_BYTES
from support.disks import SmallDisk, bound_by_permissions, can_mount
from support.prepared import Prepared
from support.rings import key_files, lay_out_plainly, master_file

DAY, NEXT = date(2026, 1, 15), date(2026, 1, 16)
ROW = uuid.UUID("3f2b8a52-6d0e-4c6f-9a55-0d1f6f1f2a3b")

FullDisk = tuple[Path, Callable[[], AbstractContextManager[None]]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


def test_only_its_owner_may_read_anything_below_it(folder: Path) -> None:
    KeyRing(folder).encrypt("visit", DAY, ROW, b"payload")
    KeyRing(folder).destroy(DAY)
    KeyRing(folder).encrypt("visit", DAY, ROW, b"payload")

    for path in [folder, *folder.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_damaged_key_stays_known_as_damaged_through_a_roll(folder: Path) -> None:
    ring = KeyRing(folder)
    for day in (DAY, NEXT):
        ring.encrypt("visit", day, ROW, b"payload")
    key_files(folder)[1].write_bytes(b"short")

    ring.destroy(DAY)

    assert ring.damaged() == [NEXT]
    with pytest.raises(KeyDestroyed):
        ring.encrypt("visit", NEXT, ROW, b"payload")


def test_without_its_name_a_ring_is_not_used(folder: Path) -> None:
    KeyRing(folder).encrypt("visit", DAY, ROW, b"payload")
    (folder / "ring.id").unlink()

    with pytest.raises(ConfigError, match="put it back"):
        KeyRing(folder).check()


def test_the_master_key_is_another_after_each_roll(folder: Path) -> None:
    ring = KeyRing(folder)
    masters = set()
    for day in (DAY, NEXT):
        ring.encrypt("visit", day, ROW, b"payload")
        masters.add(master_file(folder).read_bytes())
        ring.destroy(day)

    assert len(masters | {master_file(folder).read_bytes()}) == 3


def test_a_stray_copy_of_a_wrapped_key_opens_nothing_after_the_roll(folder: Path) -> None:
    ring = KeyRing(folder)
    sealed = ring.encrypt("visit", DAY, ROW, b"payload")
    ring.encrypt("visit", NEXT, ROW, b"next")
    stray = key_files(folder)[0].read_bytes()

    ring.destroy(DAY)
    key_files(folder)[0].with_name(f"{DAY}.key").write_bytes(stray)

    with pytest.raises(KeyDestroyed):
        KeyRing(folder).decrypt("visit", DAY, ROW, sealed)
    assert KeyRing(folder).damaged() == [DAY]


def test_a_process_that_saw_a_later_generation_refuses_a_restored_copy(folder: Path) -> None:
    ring = KeyRing(folder)
    sealed = ring.encrypt("visit", DAY, ROW, b"payload")
    shutil.copytree(folder, folder.with_name("copy"))
    ring.destroy(DAY)
    ring.encrypt("visit", NEXT, ROW, b"next")

    shutil.rmtree(folder)
    folder.with_name("copy").rename(folder)

    with pytest.raises(OldRing, match="old copy of the key ring") as refused:
        ring.decrypt("visit", DAY, ROW, sealed)
    with pytest.raises(OldRing):
        ring.encrypt("visit", DAY, ROW, b"payload")
    assert "\n" not in str(refused.value)


def test_a_ring_that_is_unmounted_is_not_begun_anew_below_the_mount_point(folder: Path) -> None:
    ring = KeyRing(folder, trust_seconds=0)
    sealed = ring.encrypt("visit", DAY, ROW, b"payload")
    folder.rename(folder.with_name("elsewhere"))
    folder.mkdir(mode=0o700)

    with pytest.raises(OldRing, match="mount it"):
        ring.encrypt("visit", DAY, ROW, b"payload")
    shutil.rmtree(folder)
    folder.with_name("elsewhere").rename(folder)

    assert ring.decrypt("visit", DAY, ROW, sealed) == b"payload"


def test_an_earlier_layout_is_taken_over_with_every_key(folder: Path) -> None:
    keys = {DAY: bytes(range(32)), NEXT: bytes(range(32, 64))}
    lay_out_plainly(folder, keys)

    for day, key in keys.items():
        found = bytearray(KEY_BYTES)
        FolderStore(folder).read_into(found, day, make=False)
        assert found == key
    assert [path.stem for path in key_files(folder)] == ["2026-01-15", "2026-01-16"]
    assert not (folder / "days").exists()


def test_a_process_of_an_earlier_version_finds_no_master_key_and_may_make_none(
    folder: Path,
) -> None:
    """It takes a file of another size for a damaged one, and none at all for a new ring."""
    lay_out_plainly(folder, {DAY: bytes(range(32))})
    KeyRing(folder).check()

    assert (folder / "master.key").stat().st_size > KEY_BYTES
    assert (folder / "master.key").read_bytes().startswith(b"moved to generations/")


def test_an_earlier_layout_whose_master_key_is_lost_is_left_as_it_is(folder: Path) -> None:
    lay_out_plainly(folder, {DAY: bytes(range(32))})
    (folder / "master.key").unlink()

    with pytest.raises(ConfigError, match=r"master\.key is lost"):
        KeyRing(folder).check()
    assert [path.name for path in (folder / "days").iterdir()] == ["2026-01-15.key"]
    assert list((folder / "generations").iterdir()) == []


def test_an_old_copy_of_the_earlier_layout_is_refused_once_a_ring_was_seen(folder: Path) -> None:
    lay_out_plainly(folder, {DAY: bytes(range(32))})
    shutil.copytree(folder, folder.with_name("copy"))
    ring = KeyRing(folder)
    ring.check()
    shutil.rmtree(folder)
    folder.with_name("copy").rename(folder)

    with pytest.raises(OldRing, match="old copy"):
        ring.check()
    assert (folder / "days" / "2026-01-15.key").exists()


@pytest.fixture(params=["no file may grow", *(["no room on the disk"] if can_mount() else [])])
def full_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FullDisk]:
    """A folder, and a context in which nothing new can be written to it."""
    if request.param == "no file may grow":
        yield tmp_path / "keys", no_file_may_grow
        return
    disk = SmallDisk(tmp_path / "disk")
    yield disk.outside / "keys", partial(filled, disk)
    disk.close()


def test_a_full_disk_delays_the_roll_and_what_is_due_is_finished_with_room(
    full_disk: FullDisk,
) -> None:
    folder, full = full_disk
    ring = KeyRing(folder)
    sealed = ring.encrypt("visit", DAY, ROW, b"payload")
    kept = ring.encrypt("visit", NEXT, ROW, b"next")
    secrets = [key_files(folder)[0].read_bytes(), master_file(folder).read_bytes()]

    with full(), pytest.raises(OSError, match=r"large|space"):
        ring.destroy(DAY)
    is_dead, is_due = DAY not in ring.names(), ring.is_roll_due()
    left = sorted(path.name for path in (folder / "generations").iterdir())
    assert ring.decrypt("visit", NEXT, ROW, kept) == b"next"
    ring.destroy_all([DAY])

    assert is_dead == is_due == (full != no_file_may_grow)  # a place may be overwritten when full
    assert left == ["1"]
    with pytest.raises(KeyDestroyed):
        ring.decrypt("visit", DAY, ROW, sealed)
    assert not ring.is_roll_due()
    assert ring.decrypt("visit", NEXT, ROW, kept) == b"next"
    everything = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert not [secret for secret in secrets if secret in everything]


_WAITS_FOR_A_LOCK = """
import sys
from pathlib import Path
from consent_server.keys import files

files._TRIES = 3
with files.locked(Path(sys.argv[1])):
    try:
        with files.locked(Path(sys.argv[1])):
            print("had twice")
    except OSError as error:
        print(error.strerror)
with files.locked(Path(sys.argv[1])):
    print("had again")
"""


@pytest.mark.parametrize("is_monotonic_real", ["0", "1"])
def test_a_lock_is_waited_for_in_bounded_time_though_the_clock_is_turned(
    prepared: Prepared, tmp_path: Path, is_monotonic_real: str
) -> None:
    turned = {
        "LD_PRELOAD": prepared.libfaketime,
        "FAKETIME": "+100d",
        "FAKETIME_DONT_FAKE_MONOTONIC": is_monotonic_real,
    }

    done = subprocess.run(
        [sys.executable, "-c", _WAITS_FOR_A_LOCK, str(tmp_path / "lock")],
        env=os.environ | turned,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert done.stdout.splitlines() == ["held by another process for too long", "had again"]


_READS_ONLY = """
import sys, uuid
from datetime import date
from pathlib import Path
from consent_server.errors import ConfigError
from consent_server.keys.ring import KeyRing

ring, day, row = KeyRing(Path(sys.argv[1])), date.fromisoformat(sys.argv[2]), uuid.UUID(sys.argv[3])
print(ring.decrypt("visit", day, row, bytes.fromhex(sys.argv[4])).decode())
print(ring.decrypt("visit", day, row, ring.encrypt("visit", day, row, b"sealed")).decode())
for refused in (
    lambda: ring.encrypt("visit", date(2027, 1, 1), row, b"x"),
    lambda: ring.destroy(day),
    ring.check,
):
    try:
        refused()
    except (OSError, ConfigError) as error:
        print(type(error).__name__)
"""


def test_a_read_only_ring_is_read_and_refuses_to_make_and_to_destroy(folder: Path) -> None:
    sealed = KeyRing(folder).encrypt("visit", DAY, ROW, b"payload")
    closed = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    for path in closed:
        path.chmod(0o500)
    for path in folder.rglob("*.key"):
        path.chmod(0o400)

    program = [sys.executable, "-c", _READS_ONLY, str(folder), str(DAY), str(ROW), sealed.hex()]
    done = subprocess.run(
        [*bound_by_permissions(), *program], capture_output=True, text=True, check=True, timeout=60
    )
    for path in closed:
        path.chmod(0o700)

    said = done.stdout.split()
    assert said == ["payload", "sealed", "PermissionError", "PermissionError", "ConfigError"]
    assert KeyRing(folder).decrypt("visit", DAY, ROW, sealed) == b"payload"


@contextmanager
def no_file_may_grow() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def filled(disk: SmallDisk) -> Iterator[None]:
    disk.fill()
    try:
        yield
    finally:
        disk.empty()


def test_what_somebody_else_put_among_the_keys_does_not_disturb(folder: Path) -> None:
    ring = KeyRing(folder)
    sealed = ring.encrypt("visit", DAY, ROW, b"payload")
    ring.encrypt("visit", NEXT, ROW, b"next")
    [key, _] = key_files(folder)
    shutil.copy(key, key.with_name("2026-01-15 (copy).key"))
    (folder / "generations" / ".nfs0001").touch()
    (folder / "lost+found").mkdir()

    assert ring.days() == [DAY, NEXT]
    assert ring.decrypt("visit", DAY, ROW, sealed) == b"payload"
    ring.destroy(DAY)

    assert ring.days() == [NEXT]
    assert not list(folder.rglob("*2026-01-15*"))
