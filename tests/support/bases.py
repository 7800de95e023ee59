"""Sites whose visits have another basis than a legal duty, and visitors who are known there."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import text

from consent_server.sites.services import set_visit_basis
from consent_server.storage.database import ARCHIVE, db
from support.shop import Shop


def on_basis(shop: Shop, basis: str, purpose: str = "analytics") -> Shop:
    """Changes why a site records visits; seen at once by the application under test."""
    with shop.app.app_context():
        set_visit_basis(shop.key, basis, purpose)
        shop.house.sites._entries.fresh()
    return shop


def known_visitor(shop: Shop, **changes: Any) -> str:
    """Returns the token of a visitor who has decided something (all is allowed if not said)."""
    token: str = json.loads(shop.send_consent(shop.submission(**changes)).data)["token"]
    return token


def rows(shop: Shop, table: str = "visits") -> int:
    """Returns how many rows a table of either database has."""
    with shop.app.app_context():
        in_archive = table in ("archived_visits", "held_visits", "legal_holds")
        engine = db.engines[ARCHIVE] if in_archive else db.engine
        with engine.connect() as connection:
            return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())
