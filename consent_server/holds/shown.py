"""A hold and its copies as operators see them; never the address or visitor it is narrowed to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row

from consent_server import clock
from consent_server.visits.schemas import Payload, payload_decoder


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A hold as operators see it; never what it is narrowed to."""

    hold_id: UUID
    name: str
    basis: str
    reference: str
    officer: str
    site_id: int
    since: datetime | None
    until: datetime | None
    narrowed_by: str
    opened_at: datetime
    opened_by: str
    ends_at: datetime
    released_at: datetime | None
    destroyed_at: datetime | None
    held: int
    is_open: bool


class HeldView(msgspec.Struct, frozen=True):
    """A visit that a hold keeps, decrypted."""

    id: int
    visit_id: UUID
    recorded_at: datetime
    device_class: str
    payload: Payload


def is_over(row: Row[Any]) -> bool:
    """Tells whether a hold has ended, whatever was done about it."""
    return row.released_at is not None or row.ends_at <= clock.now() or row.held is not None


def hold_of(row: Row[Any], held: int) -> Hold:
    """Returns a hold as operators see it. held: how many copies it has now."""
    names = [name for name in Hold.__dataclass_fields__ if name not in ("held", "is_open")]
    facts = {name: getattr(row, name) for name in names}
    count = held if row.held is None else row.held
    is_open = not is_over(row) and row.scope is not None
    return Hold(**facts, held=count, is_open=is_open)


def view_of(row: Row[Any], plain: bytes) -> HeldView:
    """Returns a copy, opened."""
    payload = payload_decoder.decode(plain)
    return HeldView(row.id, row.visit_id, row.recorded_at, row.device_class, payload)
