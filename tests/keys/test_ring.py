"""The key ring: one key per day, and nothing readable after its destruction."""

from __future__ import annotations

import subprocess
import sys
import threading
import uuid
from datetime import date
from pathlib import Path

import pytest

from consent_server.errors import ConfigError, KeyDestroyed
from consent_server.keys.folder import FolderStore
from consent_server.keys.ring import KeyRing
from consent_server.keys.store import KEY_BYTES

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


def test_a_key_made_anew_by_another_process_is_not_taken_for_the_old_one(
    ring: KeyRing, tmp_path: Path
) -> None:
    old = ring.encrypt("visit", DAY, ROW, b"old")
    other = KeyRing(tmp_path / "keys")

    other.destroy(DAY)
    new = other.encrypt("visit", DAY, ROW, b"new")

    assert ring.decrypt("visit", DAY, ROW, new) == b"new"
    with pytest.raises(KeyDestroyed):
        ring.decrypt("visit", DAY, ROW, old)


def test_what_a_destroyed_key_still_seals_in_its_last_second_opens_nowhere(
    tmp_path: Path,
) -> None:
    trusting = KeyRing(tmp_path / "keys", trust_seconds=3600)
    trusting.encrypt("visit", DAY, ROW, b"before")
    other = KeyRing(tmp_path / "keys")

    other.destroy(DAY)
    sealed = trusting.encrypt("visit", DAY, ROW, b"after")

    for each in (trusting, other):
        with pytest.raises(KeyDestroyed):
            each.decrypt("visit", DAY, ROW, sealed)


def test_a_ring_seals_with_the_new_key_once_it_has_looked(tmp_path: Path) -> None:
    looking = KeyRing(tmp_path / "keys", trust_seconds=0)
    looking.encrypt("visit", DAY, ROW, b"old")
    other = KeyRing(tmp_path / "keys")
    other.destroy(DAY)
    other.encrypt("visit", DAY, ROW, b"makes the key anew")

    sealed = looking.encrypt("visit", DAY, ROW, b"new")

    assert other.decrypt("visit", DAY, ROW, sealed) == b"new"


def test_a_page_opens_like_its_rows_and_leaves_out_what_is_destroyed(
    ring: KeyRing, tmp_path: Path
) -> None:
    days = [date(2026, 1, day) for day in (15, 16, 17)]
    page = [(day, ROW, ring.encrypt("visit", day, ROW, str(day).encode())) for day in days]
    forged = (days[0], uuid.uuid4(), page[0][2])
    all_there = ring.decrypt_page("visit", [*page, forged])

    KeyRing(tmp_path / "keys").destroy(days[1])

    assert all_there == [b"2026-01-15", b"2026-01-16", b"2026-01-17", None]
    assert ring.decrypt_page("visit", page) == [b"2026-01-15", None, b"2026-01-17"]


def test_a_keyed_hash_finds_equal_values_of_one_day_and_purpose_only(
    ring: KeyRing, tmp_path: Path
) -> None:
    made = ring.keyed_hash(DAY, "address", b"203.0.113.77")

    assert len(made) == 16
    assert ring.keyed_hash(DAY, "address", b"203.0.113.77") == made
    assert KeyRing(tmp_path / "keys").keyed_hash_or_none(DAY, "address", b"203.0.113.77") == made
    for other in [
        ring.keyed_hash(DAY, "address", b"203.0.113.78"),
        ring.keyed_hash(DAY, "visitor", b"203.0.113.77"),
        ring.keyed_hash(date(2026, 1, 16), "address", b"203.0.113.77"),
    ]:
        assert other != made


def test_a_keyed_hash_dies_with_the_key_of_its_day(ring: KeyRing, tmp_path: Path) -> None:
    made = ring.keyed_hash(DAY, "address", b"203.0.113.77")

    KeyRing(tmp_path / "keys").destroy(DAY)

    assert ring.keyed_hash_or_none(DAY, "address", b"203.0.113.77") is None
    assert ring.days() == []
    assert KeyRing(tmp_path / "keys").keyed_hash(DAY, "address", b"203.0.113.77") != made


def test_a_new_purpose_does_not_disturb_what_the_key_sealed(ring: KeyRing) -> None:
    sealed = ring.encrypt("visit", DAY, ROW, b"payload")
    first = ring.keyed_hash(DAY, "address", b"value")

    ring.keyed_hash(DAY, "visitor", b"value")

    assert ring.decrypt("visit", DAY, ROW, sealed) == b"payload"
    assert ring.keyed_hash(DAY, "address", b"value") == first


_SEALS_ON_DEMAND = """
import sys, uuid
from datetime import date
from pathlib import Path
from consent_server.keys.ring import KeyRing

ring = KeyRing(Path(sys.argv[1]), trust_seconds=0)
for line in sys.stdin:
    ring.encrypt("visit", date.fromisoformat(line.strip()), uuid.uuid4(), b"payload")
    print("sealed", flush=True)
"""


def test_a_key_destroyed_by_another_process_is_nowhere_in_memory_once_it_has_looked(
    ring: KeyRing, tmp_path: Path
) -> None:
    ring.encrypt("visit", DAY, ROW, b"makes the key")
    with subprocess.Popen(
        [sys.executable, "-c", _SEALS_ON_DEMAND, tmp_path / "keys"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        seal(child, DAY)
        key = bytearray(KEY_BYTES)
        FolderStore(tmp_path / "keys").read_into(key, DAY, make=False)
        held = count_in_memory(child.pid, key)

        ring.destroy(DAY)
        seal(child, date(2026, 1, 16))

        left = count_in_memory(child.pid, key)
        child.communicate()
    assert held > 0
    assert left == 0


def seal(child: subprocess.Popen[str], day: date) -> None:
    assert child.stdin is not None
    assert child.stdout is not None
    print(day, file=child.stdin, flush=True)
    assert child.stdout.readline() == "sealed\n"


def count_in_memory(pid: int, wanted: bytes | bytearray) -> int:
    """Returns how often some bytes stand in the memory that a process has written."""
    found = 0
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, mode, *_ = line.split()
            if mode.startswith("rw"):
                start, end = (int(place, 16) for place in span.split("-"))
                memory.seek(start)
                found += memory.read(end - start).count(wanted)
    return found


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
    [wrapped] = (tmp_path / "keys").rglob("2026-01-15.key")
    assert len(wrapped.read_bytes()) == 12 + 32 + 16


def test_a_folder_that_others_may_enter_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keys" / "generations").mkdir(parents=True, mode=0o755)
    (tmp_path / "keys" / "generations").chmod(0o755)

    with pytest.raises(ConfigError, match="chmod 700"):
        KeyRing(tmp_path / "keys").encrypt("visit", DAY, ROW, b"payload")
