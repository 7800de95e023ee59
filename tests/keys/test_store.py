"""What any store of keys must do; another one is added to STORES and changes nothing below."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from consent_server.errors import KeyDestroyed, OldRing
from consent_server.keys.folder import FolderStore
from consent_server.keys.names import KeyName
from consent_server.keys.store import KEY_BYTES, KeyId, KeyStore, Mark
from support.rings import lay_out_plainly

DAYS: list[KeyName] = [date(2026, 1, day) for day in (15, 16, 17)]
HOLD = "hold-3f2b8a52-6d0e-4c6f-9a55-0d1f6f1f2a3b"

Open = Callable[[], KeyStore]  # each call as another process would open it


def an_empty_folder(place: Path) -> Open:
    return lambda: FolderStore(place / "keys")


def a_folder_of_an_earlier_version(place: Path) -> Open:
    lay_out_plainly(place / "keys", {})
    return lambda: FolderStore(place / "keys")


STORES = [an_empty_folder, a_folder_of_an_earlier_version]


@pytest.fixture
def quick_switches() -> Iterator[None]:
    """Threads give way ten thousand times as often, so that each of their orders occurs."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(usual / 10_000)
    yield
    sys.setswitchinterval(usual)


@pytest.fixture(params=STORES, ids=lambda make: make.__name__)
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    opened: Open = request.param(tmp_path)
    return opened


def read(store: KeyStore, name: KeyName, *, make: bool = False) -> tuple[bytes, KeyId]:
    key = bytearray(KEY_BYTES)
    key_id = store.read_into(key, name, make=make)
    return bytes(key), key_id


def test_a_key_is_made_once_and_is_the_same_for_every_process(open_store: Open) -> None:
    made = read(open_store(), DAYS[0], make=True)

    assert len(made[0]) == KEY_BYTES
    assert read(open_store(), DAYS[0], make=True) == made
    assert read(open_store(), DAYS[0]) == made
    assert open_store().ids([DAYS[0], DAYS[1]]) == {DAYS[0]: made[1]}


def test_no_two_keys_are_alike(open_store: Open) -> None:
    keys = {read(open_store(), name, make=True)[0] for name in [*DAYS, HOLD]}

    assert len(keys) == 4
    assert bytes(KEY_BYTES) not in keys


def test_a_key_that_nobody_made_is_not_made_by_reading(open_store: Open) -> None:
    with pytest.raises(KeyDestroyed):
        read(open_store(), DAYS[0])

    assert open_store().names() == []


def test_names_are_days_from_the_oldest_then_the_others(open_store: Open) -> None:
    for name in [HOLD, DAYS[2], DAYS[0], "hold-1"]:
        read(open_store(), name, make=True)

    assert open_store().names() == [DAYS[0], DAYS[2], "hold-1", HOLD]


INSTANT = datetime(2026, 1, 15, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "name", [INSTANT, "", "2026-01-15", "../master", "hold", "hold-/", "Hold-1", "-1"]
)
def test_a_name_that_could_be_mistaken_is_refused(open_store: Open, name: KeyName) -> None:
    with pytest.raises(ValueError, match="cannot be called"):
        read(open_store(), name, make=True)


def test_destroyed_keys_are_gone_and_all_others_stay_what_they_were(open_store: Open) -> None:
    kept = {name: read(open_store(), name, make=True)[0] for name in [*DAYS, HOLD]}

    open_store().destroy_all([DAYS[0], DAYS[2]])

    for name in (DAYS[0], DAYS[2]):
        with pytest.raises(KeyDestroyed):
            read(open_store(), name)
    assert open_store().names() == [DAYS[1], HOLD]
    assert read(open_store(), DAYS[1])[0] == kept[DAYS[1]]
    assert read(open_store(), HOLD)[0] == kept[HOLD]
    assert not open_store().is_roll_due()


def test_one_run_is_one_generation_however_much_it_destroys(open_store: Open) -> None:
    for name in DAYS:
        read(open_store(), name, make=True)
    before = open_store().mark()

    open_store().destroy_all(DAYS[:2])
    open_store().destroy_all(DAYS[:2])
    open_store().destroy_all([])

    after = open_store().mark()
    assert before is not None
    assert after == Mark(before.ring, before.generation + 1)


def test_a_key_that_was_wrapped_anew_is_told_from_what_it_was(open_store: Open) -> None:
    """So every process lets go of what it holds, and wipes it, at each roll."""
    store = open_store()
    _, before = read(store, DAYS[1], make=True)
    read(store, DAYS[0], make=True)

    open_store().destroy_all([DAYS[0]])

    assert store.ids([DAYS[1]])[DAYS[1]] != before
    assert read(store, DAYS[1])[1] == store.ids([DAYS[1]])[DAYS[1]]


def test_a_key_made_again_under_a_name_is_another(open_store: Open) -> None:
    first = read(open_store(), DAYS[0], make=True)
    open_store().destroy_all([DAYS[0]])

    second = read(open_store(), DAYS[0], make=True)

    assert second[0] != first[0]
    assert second[1] != first[1]


def test_destroying_in_a_ring_that_was_never_made_is_nothing(open_store: Open) -> None:
    open_store().destroy_all([DAYS[0]])

    assert open_store().names() == []
    assert not open_store().is_roll_due()


def test_a_store_that_is_behind_what_was_seen_is_refused_by_every_verb(open_store: Open) -> None:
    read(open_store(), DAYS[0], make=True)
    mark = open_store().mark()
    assert mark is not None
    store = open_store()

    with pytest.raises(OldRing):
        store.expect(Mark(mark.ring, mark.generation + 1))

    verbs: list[Callable[[], object]] = [
        store.mark,
        store.names,
        store.damaged,
        store.check,
        store.is_roll_due,
        lambda: store.ids(DAYS),
        lambda: read(store, DAYS[0]),
        lambda: read(store, DAYS[1], make=True),
        lambda: store.destroy_all(DAYS),
        lambda: store.expect(mark),
    ]
    for verb in verbs:
        with pytest.raises(OldRing):
            verb()
    assert open_store().names() == [DAYS[0]]


def test_another_ring_is_refused_however_far_it_has_come(open_store: Open) -> None:
    read(open_store(), DAYS[0], make=True)

    with pytest.raises(OldRing):
        open_store().expect(Mark("0" * 32, 1))


def test_a_ring_that_vanished_is_refused_and_not_begun_anew(open_store: Open) -> None:
    with pytest.raises(OldRing):
        open_store().expect(Mark("0" * 32, 1))

    assert open_store().mark() is None


def test_what_is_as_far_or_further_than_was_seen_is_taken(open_store: Open) -> None:
    read(open_store(), DAYS[0], make=True)
    seen = open_store().mark()
    assert seen is not None
    open_store().destroy_all(DAYS)

    store = open_store()
    store.expect(seen)

    assert store.mark() == Mark(seen.ring, seen.generation + 1)


def test_many_who_make_and_one_who_rolls_do_not_get_in_each_others_way(open_store: Open) -> None:
    read(open_store(), HOLD, make=True)
    made: dict[str, bytes] = {}
    failed: list[Exception] = []

    def make(maker: int) -> None:
        try:
            for number in range(8):
                name = f"made-{maker}-{number}"
                made[name] = read(open_store(), name, make=True)[0]
        except Exception as error:  # noqa: BLE001 - shown below
            failed.append(error)

    makers = [threading.Thread(target=make, args=(maker,)) for maker in range(2)]
    for thread in makers:
        thread.start()
    for day in DAYS:
        read(open_store(), day, make=True)
        open_store().destroy_all([day])
    for thread in makers:
        thread.join()

    assert failed == []
    assert open_store().names() == sorted([HOLD, *made])
    for name, key in made.items():
        assert read(open_store(), name)[0] == key


def test_who_asks_while_the_first_key_is_made_is_not_told_that_the_ring_was_lost(
    tmp_path: Path, quick_switches: None
) -> None:
    failed: list[OldRing] = []

    def ask(store: KeyStore, is_made: threading.Event) -> None:
        try:
            while not is_made.is_set():
                store.mark()
        except OldRing as error:
            failed.append(error)

    for number in range(20):
        store, is_made = FolderStore(tmp_path / str(number)), threading.Event()
        askers = [threading.Thread(target=ask, args=(store, is_made)) for _ in range(8)]
        for thread in askers:
            thread.start()
        read(store, HOLD, make=True)
        store.destroy_all([HOLD])
        is_made.set()
        for thread in askers:
            thread.join()

    assert failed == []


def test_a_sound_store_has_nothing_to_complain_of(open_store: Open) -> None:
    read(open_store(), DAYS[0], make=True)

    open_store().check()

    assert open_store().damaged() == []
