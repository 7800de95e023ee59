"""Exports in the background: written once, sealed, fetched by those who may, and destroyed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from consent_server import clock
from consent_server.errors import KeyDestroyed
from consent_server.reports.exports import Export, Order
from consent_server.reports.jobs import ask, cancel, change_job, find_job, jobs_of
from consent_server.reports.ledger import destroyed_copies, find_copy, open_copies
from support.console import Console
from support.shop import Shop

ADDRESS = "203.0.113.77"
TurnClock = Callable[[datetime], None]
NOW = datetime.fromisoformat("2026-03-01T12:00:00+09:00")


@pytest.fixture
def turn_clock(monkeypatch: pytest.MonkeyPatch) -> TurnClock:
    turn: TurnClock = lambda instant: monkeypatch.setattr(clock, "now", lambda: instant)  # noqa: E731
    turn(NOW)
    return turn


def order(shop: Shop, **chosen: Any) -> Order:
    wanted: dict[str, Any] = {"kind": "visits", "format": "csv", "site_id": shop.id} | chosen
    return Order(export=Export(**wanted), operator="kim", reason="dispute 7", purpose="authority")


def asked(shop: Shop, **chosen: Any) -> str:
    with shop.app.app_context():
        return ask(shop.house.exporter, order(shop, **chosen))


def run(shop: Shop, go_on: Callable[[], bool] = lambda: True) -> bool:
    with shop.app.app_context():
        return shop.house.export_runner.run(go_on)


def job_of(shop: Shop, reference: str) -> Any:
    with shop.app.app_context():
        return find_job(reference)


def opened(shop: Shop, reference: str) -> bytes:
    job = job_of(shop, reference)
    with shop.house.exported_files.open(reference, job.byte_count) as file:
        return b"".join(iter(lambda: file.read(10_000), b""))


def with_another_seal(link: str) -> str:
    """Changes the first letter of the signature: of the last one some bits mean nothing."""
    told, _, seal = link.rpartition(".")
    return f"{told}.{'B' if seal[0] != 'B' else 'C'}{seal[1:]}"


def places(shop: Shop) -> list[Path]:
    return [path for path in shop.house.settings.exports_dir.rglob("*") if path.is_file()]


def send_visits(shop: Shop, count: int = 1) -> None:
    for _ in range(count):
        shop.send_visit(shop.visit(), environ_base={"REMOTE_ADDR": ADDRESS})


def test_a_job_ends_with_the_very_file_and_nothing_of_it_is_on_the_disk_in_clear(
    shop: Shop, turn_clock: TurnClock
) -> None:
    send_visits(shop, 3)
    reference = asked(shop)
    queued = job_of(shop, reference)

    assert run(shop)

    done, file = job_of(shop, reference), opened(shop, reference)
    assert (queued.state, done.state, done.row_count, done.expected) == ("queued", "done", 3, 3)
    assert file.decode().count(ADDRESS) == 3
    with shop.app.app_context():
        copy = find_copy(reference)
    assert (copy.sha256, copy.byte_count) == (hashlib.sha256(file).hexdigest(), len(file))
    assert (copy.purpose, copy.owner) == ("authority", "kim")
    [sealed] = places(shop)
    assert ADDRESS.encode() not in sealed.read_bytes()
    assert b"pricing" not in sealed.read_bytes()


def test_a_file_of_many_pieces_can_be_read_from_any_place(shop: Shop) -> None:
    whole = bytes(range(256)) * 1000
    files = shop.house.exported_files

    length = files.write("export-many", iter([whole[:100], whole[100:200_000], whole[200_000:]]))

    with files.open("export-many", length) as file:
        for start, size in ((0, 1), (65_530, 20), (131_072, 10), (255_990, 100), (256_000, 1)):
            file.seek(start)
            read = b""
            while len(read) < size and (piece := file.read(size - len(read))):
                read += piece
            assert read == whole[start : start + size]


def test_a_file_is_gone_with_its_key_at_its_last_instant_whoever_looks(
    shop: Shop, turn_clock: TurnClock
) -> None:
    send_visits(shop)
    reference = asked(shop)
    run(shop)
    length = job_of(shop, reference).byte_count
    [path] = places(shop)
    kept = path.read_bytes()
    turn_clock(NOW + timedelta(hours=24))

    assert run(shop)

    assert places(shop) == []
    assert job_of(shop, reference).wiped_at is not None
    assert reference not in map(str, shop.house.ring.names())
    with shop.app.app_context():
        [copy] = destroyed_copies()  # nobody fetched it
    assert copy.shredded_by == "service"
    path.write_bytes(kept)  # somebody has a backup
    with shop.house.exported_files.open(reference, length) as file, pytest.raises(KeyDestroyed):
        file.read(1)


def test_a_file_of_visits_goes_when_the_first_of_them_does(
    shop: Shop, turn_clock: TurnClock
) -> None:
    send_visits(shop)
    end = datetime.fromisoformat("2026-06-02T00:00:00+09:00")
    turn_clock(end - timedelta(hours=2))
    reference = asked(shop)

    run(shop)

    assert job_of(shop, reference).expires_at == end


def test_a_job_whose_process_died_begins_anew_and_nothing_of_the_first_try_is_left(
    shop: Shop, turn_clock: TurnClock
) -> None:
    send_visits(shop)
    reference = asked(shop)
    with shop.app.app_context():
        change_job(reference, when="queued", state="running", attempts=1)
    shop.house.exported_files.write("export-0123456789abcdef", [b"of an earlier one"])
    with suppress(RuntimeError):
        shop.house.exported_files.write(reference, broken(b"half", RuntimeError("killed")))

    assert run(shop)

    assert job_of(shop, reference).state == "done"
    assert opened(shop, reference).startswith(b"site,id,")
    assert [path.stem for path in places(shop)] == [reference]
    assert [name for name in map(str, shop.house.ring.names()) if "export" in name] == [reference]


def test_a_process_that_ends_leaves_the_job_to_the_next(shop: Shop, turn_clock: TurnClock) -> None:
    send_visits(shop)
    reference = asked(shop)
    answers = iter([True])

    run(shop, lambda: next(answers, False))
    stopped = job_of(shop, reference).state
    left = places(shop)
    run(shop)

    assert (stopped, left) == ("queued", [])
    assert job_of(shop, reference).state == "done"


def test_what_is_cancelled_leaves_nothing(shop: Shop, turn_clock: TurnClock) -> None:
    send_visits(shop)
    first, second = asked(shop), asked(shop)
    with shop.app.app_context():
        assert cancel(first, "kim")

    calls = iter(range(10))

    def cancel_midway() -> bool:
        if next(calls) == 1:  # its first block is written
            assert places(shop) != []
            with shop.app.app_context():
                assert cancel(second, "kim")
        return True

    run(shop, cancel_midway)

    assert {job_of(shop, each).state for each in (first, second)} == {"cancelled"}
    assert places(shop) == []
    with shop.app.app_context():
        assert not cancel(first, "kim")
        assert open_copies() == []


def test_a_full_disk_is_told_in_one_line_and_leaves_no_piece(
    shop: Shop, turn_clock: TurnClock
) -> None:
    send_visits(shop)
    reference = asked(shop)
    path = shop.house.settings.exports_dir / "prepared" / f"{reference}.sealed"
    path.parent.mkdir(parents=True)
    tricks = iter([lambda: path.symlink_to("/dev/full")])

    def fill_once() -> bool:
        next(tricks, lambda: None)()
        return True

    assert not run(shop, fill_once)

    job = job_of(shop, reference)
    assert (job.state, job.attempts) == ("failed", 1)
    assert job.problem == "No room is left on the disk; nothing of the file was kept."
    assert places(shop) == []
    assert shop.house.exported_files.all() == set()
    with shop.app.app_context():
        assert open_copies() == []


def test_records_written_after_the_beginning_are_not_in_the_file(shop: Shop) -> None:
    for _ in range(3):
        shop.send_consent(shop.submission())
    with shop.app.app_context():
        exporter = shop.house.exporter
        blocks = exporter.blocks(exporter.enter(order(shop, kind="consents", format="ndjson")))
        shop.send_consent(shop.submission())
        lines = b"".join(blocks).splitlines()

    assert len(lines) == 3


def test_the_link_opens_for_those_who_may_export_and_a_download_goes_on(
    shop: Shop, handler: Console, viewer: Console
) -> None:
    send_visits(shop, 40)
    why = {"form": "/admin/exports", "purpose": "authority", "reason": "dispute 7"}
    page = handler.send("/admin/exports", kind="visits", how="background", **why).location
    waiting = handler.get(page).text
    run(shop)
    link = handler.get(page).text.split('href="/admin/exports/files/')[1].split('"')[0]

    whole = handler.get(f"/admin/exports/files/{link}")
    tag = {"If-Range": whole.headers["ETag"]}
    rest = handler.client.get(
        f"/admin/exports/files/{link}", headers={"Range": "bytes=1000-", **tag}
    )
    changed = handler.client.get(
        f"/admin/exports/files/{link}", headers={"Range": "bytes=1000-", "If-Range": '"other"'}
    )

    assert "Cancel the export" in waiting
    assert (whole.status_code, whole.headers["Accept-Ranges"]) == (200, "bytes")
    assert (rest.status_code, rest.data) == (206, whole.data[1000:])
    assert rest.headers["Content-Range"] == f"bytes 1000-{len(whole.data) - 1}/{len(whole.data)}"
    assert (changed.status_code, changed.data) == (200, whole.data)
    assert ADDRESS not in whole.text
    assert viewer.get(f"/admin/exports/files/{link}").status_code == 403
    assert handler.get(f"/admin/exports/files/{with_another_seal(link)}").status_code == 404
    assert [act.act for act in handler.acts()].count("export.download") == 3
    with shop.app.app_context():
        assert jobs_of([shop.id]) == []  # it was of all sites
        assert jobs_of(None)[0].downloads == 3


def test_a_link_ends_with_its_file_and_a_fetched_copy_stays_open(
    shop: Shop, handler: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    why = {"form": "/admin/exports", "purpose": "audit", "reason": "audit"}
    page = handler.send("/admin/exports", kind="consents", how="background", **why).location
    run(shop)
    link = handler.get(page).text.split('href="/admin/exports/files/')[1].split('"')[0]
    fetched = handler.get(f"/admin/exports/files/{link}").status_code
    later = clock.now() + timedelta(hours=24)
    monkeypatch.setattr(clock, "now", lambda: later)
    handler.sign_in()

    refused = handler.get(f"/admin/exports/files/{link}").status_code
    run(shop)

    assert (fetched, refused) == (200, 404)
    with shop.app.app_context():
        assert len(open_copies()) == 1


def broken(block: bytes, error: Exception) -> Iterator[bytes]:
    yield block
    raise error
