"""The key ring: one key per day, and nothing readable after its destruction."""

from __future__ import annotations

import threading
import uuid
from datetime import date
from pathlib import Path

import pytest

from consent_server.errors import ConfigError, KeyDestroyed
from consent_server.keys.ring import KeyRing

DAY = date(2026, 1, 15)
ROW = uuid.UUID("3f2b8a52-6d0e-4c6f-9a55-0d1f6f1f2a3b")


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return KeyRing(tmp_path / "keys")


def test_a_payload_comes_back_as_it_was(ring: KeyRing) -> None:
    sealed = ring.encrypt("visit", DAY, ROW, b"203.0.113.77")

    assert b"203.0.113.77" not in sealed
    assert ring.decrypt("visit", DAY, ROW, sealed) == b"203.0.113.77"


def test_another_process_with_the_same_folder_reads_it(ring: KeyRing, tmp_path: Path) -> None:
    sealed = ring.encrypt("visit", DAY, ROW, b"payload")

    assert KeyRing(tmp_path / "keys").decrypt("visit", DAY, ROW, sealed) == b"payload"


def test_a_payload_moved_to_another_row_day_or_class_does_not_open(ring: KeyRing) -> None:
    sealed = ring.encrypt("visit", DAY, ROW, b"payload")
    ring.encrypt("visit", date(2026, 1, 16), ROW, b"makes the other day's key")

    for place in [
        ("visit", DAY, uuid.uuid4()),
        ("visit", date(2026, 1, 16), ROW),
        ("hold", DAY, ROW),
    ]:
        with pytest.raises(KeyDestroyed):
            ring.decrypt(*place, sealed)


def test_after_destruction_nothing_of_the_day_can_be_read_and_the_file_is_gone(
    ring: KeyRing, tmp_path: Path
) -> None:
    sealed = ring.encrypt("visit", DAY, ROW, b"payload")
    other = ring.encrypt("visit", date(2026, 1, 16), ROW, b"next day")

    ring.destroy(DAY)
    ring.destroy(DAY)

    with pytest.raises(KeyDestroyed):
        ring.decrypt("visit", DAY, ROW, sealed)
    assert ring.decrypt("visit", date(2026, 1, 16), ROW, other) == b"next day"
    assert ring.days() == [date(2026, 1, 16)]
    assert not list((tmp_path / "keys").rglob("*2026-01-15*"))


def test_a_destruction_by_another_process_is_noticed_at_once(ring: KeyRing, tmp_path: Path) -> None:
    sealed = ring.encrypt("visit", DAY, ROW, b"payload")

    KeyRing(tmp_path / "keys").destroy(DAY)

    with pytest.raises(KeyDestroyed):
        ring.decrypt("visit", DAY, ROW, sealed)


def test_many_threads_and_rings_make_one_key_for_a_day(tmp_path: Path) -> None:
    sealed: list[bytes] = []

    def encrypt() -> None:
        sealed.append(KeyRing(tmp_path / "keys").encrypt("visit", DAY, ROW, b"payload"))

    threads = [threading.Thread(target=encrypt) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    reader = KeyRing(tmp_path / "keys")
    assert [reader.decrypt("visit", DAY, ROW, one) for one in sealed] == [b"payload"] * 20


def test_key_files_are_private_and_wrapped(ring: KeyRing, tmp_path: Path) -> None:
    ring.encrypt("visit", DAY, ROW, b"payload")

    for path in (tmp_path / "keys").rglob("*.key"):
        assert path.stat().st_mode & 0o077 == 0
    assert len((tmp_path / "keys" / "days" / "2026-01-15.key").read_bytes()) == 12 + 32 + 16


def test_a_folder_that_others_may_enter_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keys" / "days").mkdir(parents=True, mode=0o755)
    (tmp_path / "keys" / "days").chmod(0o755)

    with pytest.raises(ConfigError, match="chmod 700"):
        KeyRing(tmp_path / "keys").encrypt("visit", DAY, ROW, b"payload")
