"""A worker is ready before its first request."""

from __future__ import annotations

import pytest

from consent_server import worker
from support.apps import MakeApp
from support.postgres import Postgres
from support.shop import Shop

pytestmark = pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)


def test_one_that_has_answered_nothing_serves_scripts_while_the_database_is_away(
    shop: Shop, make_app: MakeApp, postgres: Postgres
) -> None:
    other = make_app()
    worker.warm(other)

    postgres.stop()
    answer = other.test_client().get(f"/embed/{shop.key}.js")
    postgres.start()

    assert answer.status_code == 200


def test_one_that_starts_while_the_database_is_away_finds_it_later(
    shop: Shop, make_app: MakeApp, postgres: Postgres
) -> None:
    other = make_app()

    postgres.stop()
    worker.warm(other)
    postgres.start()

    assert other.test_client().get(f"/embed/{shop.key}.js").status_code == 200
