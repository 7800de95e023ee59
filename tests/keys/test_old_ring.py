"""An old copy of the ring, or another ring, is known by what the database has seen, and refused."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from consent_server import clock, server
from consent_server.errors import ConfigError, OldRing
from consent_server.keys.ring import KeyRing, renew
from consent_server.storage.database import db
from consent_server.storage.ring_state import RingMemory
from support.apps import MakeApp
from support.rings import lay_out_plainly
from support.shop import Shop

LONG_AGO = date(2020, 1, 1)


@pytest.fixture
def keys(shop: Shop) -> Path:
    """The ring of a shop with one visit, which the database has seen."""
    assert shop.send_visit(shop.visit()).status_code == 204
    shop.house.ring.check()
    return shop.house.settings.keys_dir


def put_old_copy_in_place(shop: Shop, keys: Path) -> None:
    """As by a restored snapshot of the volume: destroyed since then was one key."""
    shop.house.ring.keyed_hash(LONG_AGO, "purpose", b"makes a key")
    shutil.copytree(keys, keys.with_name("copy"))
    shop.house.ring.destroy(LONG_AGO)
    shutil.rmtree(keys)
    keys.with_name("copy").rename(keys)


def seen(app: Flask) -> list[tuple[str, int]]:
    with app.app_context():
        rows = db.session.execute(text("SELECT ring, generation FROM ring_state")).all()
        return [(row.ring, row.generation) for row in rows]


def count_visits(app: Flask) -> int:
    with app.app_context():
        return int(db.session.execute(text("SELECT count(*) FROM visits")).scalar_one())


def ready(app: Flask) -> int:
    return app.test_client().get("/readyz").status_code


def test_the_database_follows_the_generations_of_the_ring(shop: Shop, keys: Path) -> None:
    first = shop.house.ring.mark()
    assert first is not None
    before = seen(shop.app)

    shop.house.ring.keyed_hash(LONG_AGO, "purpose", b"makes a key")
    shop.house.ring.destroy(LONG_AGO)

    assert before == [(first.ring, 1)]
    assert seen(shop.app) == [(first.ring, 2)]


def test_a_running_node_refuses_an_old_copy(shop: Shop, keys: Path) -> None:
    put_old_copy_in_place(shop, keys)

    refused = shop.send_visit(shop.visit())

    assert refused.status_code == 503
    assert ready(shop.app) == 503
    assert count_visits(shop.app) == 1


def test_a_node_that_starts_with_an_old_copy_takes_no_visit_and_is_not_ready(
    shop: Shop, keys: Path, make_app: MakeApp
) -> None:
    put_old_copy_in_place(shop, keys)

    later = Shop(make_app(), shop.key, shop.id)
    refused = later.send_visit(later.visit())
    answer = later.app.test_client().get("/readyz")

    assert refused.status_code == 503
    assert answer.status_code == 503
    assert "old copy" in answer.get_json()["checks"]["keys"]["detail"]
    assert count_visits(shop.app) == 1


def test_serving_with_an_old_copy_is_refused_in_one_line_that_says_what_to_do(
    shop: Shop, keys: Path
) -> None:
    put_old_copy_in_place(shop, keys)

    with pytest.raises(OldRing) as refused:
        server.check(shop.house.settings)

    line = str(refused.value)
    assert "\n" not in line
    assert str(keys) in line
    assert "put the present ring in its place" in line
    assert "consent-server keys renew" in line


def test_decisions_are_kept_while_the_ring_is_refused(shop: Shop, keys: Path) -> None:
    put_old_copy_in_place(shop, keys)

    assert shop.send_consent(shop.submission()).status_code == 201


def test_a_node_with_a_ring_of_its_own_is_refused_beside_the_others(
    shop: Shop, keys: Path, make_app: MakeApp, tmp_path: Path
) -> None:
    KeyRing(tmp_path / "own").keyed_hash(LONG_AGO, "purpose", b"makes a key")

    alone = Shop(make_app(keys_dir=tmp_path / "own"), shop.key, shop.id)

    assert alone.send_visit(alone.visit()).status_code == 503
    assert ready(alone.app) == 503
    assert ready(shop.app) == 200


@pytest.mark.parametrize("what", ["nothing", "an earlier layout"])
def test_a_node_that_finds_no_ring_begins_none(
    shop: Shop, keys: Path, make_app: MakeApp, tmp_path: Path, what: str
) -> None:
    if what == "an earlier layout":
        lay_out_plainly(tmp_path / "other", {LONG_AGO: bytes(32)})

    alone = Shop(make_app(keys_dir=tmp_path / "other"), shop.key, shop.id)

    assert alone.send_visit(alone.visit()).status_code == 503
    assert ready(alone.app) == 503
    assert not (tmp_path / "other" / "generations" / "1").exists()


def test_a_database_restored_from_before_a_roll_stands_beside_the_present_ring(
    shop: Shop, keys: Path, make_app: MakeApp
) -> None:
    shop.house.ring.keyed_hash(LONG_AGO, "purpose", b"makes a key")
    shop.house.ring.destroy(LONG_AGO)
    [(ring, _)] = seen(shop.app)
    with shop.app.app_context(), db.engine.execution_options(writes=True).begin() as connection:
        connection.execute(text("UPDATE ring_state SET generation = 1"))

    later = Shop(make_app(), shop.key, shop.id)

    assert ready(later.app) == 200
    assert later.send_visit(later.visit()).status_code == 204
    assert seen(shop.app) == [(ring, 2)]


def test_a_lost_ring_is_replaced_on_command_and_no_copy_of_it_is_taken_afterwards(
    shop: Shop, keys: Path, make_app: MakeApp
) -> None:
    keys.rename(keys.with_name("lost"))
    with shop.app.app_context():
        renew(keys, RingMemory(db.engine))

    later = Shop(make_app(), shop.key, shop.id)
    taken = later.send_visit(later.visit())
    old_copy = Shop(make_app(keys_dir=keys.with_name("lost")), shop.key, shop.id)

    assert taken.status_code == 204
    assert ready(later.app) == 200
    assert old_copy.send_visit(old_copy.visit()).status_code == 503


def test_a_ring_that_is_there_is_not_replaced(shop: Shop, keys: Path) -> None:
    before = seen(shop.app)

    with shop.app.app_context(), pytest.raises(ConfigError, match="move it away"):
        renew(keys, RingMemory(db.engine))

    assert seen(shop.app) == before
    assert shop.send_visit(shop.visit()).status_code == 204


def test_what_is_due_is_removed_though_the_ring_is_refused(
    shop: Shop, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_old_copy_in_place(shop, keys)
    later = clock.now() + timedelta(days=100)
    monkeypatch.setattr(clock, "now", lambda: later)

    with shop.app.app_context():
        done = shop.house.retention.run()

    assert done.visits == 1
    assert count_visits(shop.app) == 0
    assert ready(shop.app) == 503
