"""A ring whose process is killed at any step: the next one finishes, or does it anew.

No key that lives is lost, none that was destroyed comes back, and nothing of either is left lying.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from consent_server.errors import KeyDestroyed
from consent_server.keys.folder import FolderStore
from consent_server.keys.names import KeyName
from consent_server.keys.ring import KeyRing
from consent_server.keys.store import KEY_BYTES
from support.killed_ring import DOOMED, NEW, ROW, die_over
from support.rings import lay_out_plainly, master_file

LIVING: list[KeyName] = [date(2026, 1, 16), "hold-1"]


@dataclass(frozen=True)
class Sealed:
    """A ring at rest, what it sealed, and the secrets that must not outlive the destruction."""

    folder: Path
    payloads: dict[KeyName, bytes]
    secrets: list[bytes]

    def assert_living_are_read(self, folder: Path) -> None:
        ring = KeyRing(folder)
        for name in LIVING:
            assert ring.decrypt("visit", name, ROW, self.payloads[name]) == str(name).encode()

    def assert_destroyed_for_good(self, folder: Path) -> None:
        with pytest.raises(KeyDestroyed):
            KeyRing(folder).decrypt("visit", DOOMED, ROW, self.payloads[DOOMED])
        assert DOOMED not in KeyRing(folder).names()
        assert not KeyRing(folder).is_roll_due()
        assert left_of(self.secrets, folder) == []


def left_of(secrets: list[bytes], folder: Path) -> list[bytes]:
    """Returns the secrets that stand in any file of a folder."""
    everything = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    return [secret for secret in secrets if secret in everything]


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    """A ring of some keys, one of which is about to be destroyed."""
    folder = tmp_path_factory.mktemp("sealed") / "ring"
    ring = KeyRing(folder)
    payloads = {
        name: ring.encrypt("visit", name, ROW, str(name).encode()) for name in [DOOMED, *LIVING]
    }
    key = bytearray(KEY_BYTES)
    FolderStore(folder).read_into(key, DOOMED, make=False)
    [wrapped] = folder.rglob(f"{DOOMED}.key")
    secrets = [bytes(key), wrapped.read_bytes(), master_file(folder).read_bytes()]
    assert left_of(secrets, folder) == secrets[1:]
    return Sealed(folder, payloads, secrets)


@dataclass(frozen=True)
class Killed:
    """Copies of that ring over which a destruction was killed, by what it had reached."""

    before_the_key_died: list[Path]
    before_the_roll: list[Path]
    after_the_roll: list[Path]


@pytest.fixture(scope="module")
def killed(sealed: Sealed) -> Killed:
    copies = die_over(sealed.folder, "destroy", sealed.folder.parent / "copies")
    reached: dict[tuple[bool, bool], list[Path]] = {}
    for copy in copies:
        is_dead = DOOMED not in FolderStore(copy).names()
        is_rolled = (copy / "generations" / "2").is_dir()
        reached.setdefault((is_dead, is_rolled), []).append(copy)
    assert list(reached) == [(False, False), (True, False), (True, True)]
    return Killed(*reached.values())


def test_a_destruction_killed_before_the_key_died_is_done_anew(
    sealed: Sealed, killed: Killed
) -> None:
    assert len(killed.before_the_key_died) > 2
    for folder in killed.before_the_key_died:
        sealed.assert_living_are_read(folder)
        KeyRing(folder).destroy_all([DOOMED])
        sealed.assert_destroyed_for_good(folder)
        sealed.assert_living_are_read(folder)


def test_a_roll_killed_at_any_step_is_made_up_for_by_a_run_that_finds_nothing_to_destroy(
    sealed: Sealed, killed: Killed
) -> None:
    assert len(killed.before_the_roll) > 20
    for folder in killed.before_the_roll:
        sealed.assert_living_are_read(folder)
        assert FolderStore(folder).is_roll_due()
        KeyRing(folder).destroy_all([])
        sealed.assert_destroyed_for_good(folder)
        sealed.assert_living_are_read(folder)


def test_the_wiping_itself_may_be_killed_at_any_step(
    sealed: Sealed, killed: Killed, tmp_path: Path
) -> None:
    for folder in die_over(killed.after_the_roll[0], "look", tmp_path / "again"):
        sealed.assert_living_are_read(folder)
        sealed.assert_destroyed_for_good(folder)


def test_whoever_opens_the_ring_next_wipes_the_last_generation(
    sealed: Sealed, killed: Killed
) -> None:
    assert len(killed.after_the_roll) > 10
    for folder in killed.after_the_roll[1:]:
        KeyRing(folder).check()
        sealed.assert_destroyed_for_good(folder)
        sealed.assert_living_are_read(folder)


@pytest.mark.parametrize("is_first", [True, False], ids=["of a new ring", "of another day"])
def test_a_key_whose_making_was_killed_at_any_step_can_be_made(
    sealed: Sealed, tmp_path: Path, *, is_first: bool
) -> None:
    ring = tmp_path / "empty" if is_first else sealed.folder
    ring.mkdir(mode=0o700, exist_ok=True)

    for folder in die_over(ring, "make", tmp_path / "copies"):
        payload = KeyRing(folder).encrypt("visit", NEW, ROW, b"payload")
        assert KeyRing(folder).decrypt("visit", NEW, ROW, payload) == b"payload"
        assert KeyRing(folder).damaged() == []
        if not is_first:
            sealed.assert_living_are_read(folder)


def test_taking_over_an_earlier_layout_may_be_killed_at_any_step(tmp_path: Path) -> None:
    keys = {DOOMED: bytes(range(32)), NEW: bytes(range(32, 64))}
    lay_out_plainly(tmp_path / "ring", keys)
    master = (tmp_path / "ring" / "master.key").read_bytes()

    copies = die_over(tmp_path / "ring", "look", tmp_path / "copies")

    assert len(copies) > 30
    for folder in copies:
        for name, key in keys.items():
            found = bytearray(KEY_BYTES)
            FolderStore(folder).read_into(found, name, make=False)
            assert found == key
        assert left_of([master], folder) == []
