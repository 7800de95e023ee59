"""What the banner of a site was made of at an instant: its settings, and the code of the release.

With the text of the notice, which is frozen with its version, it can be shown years later as it
stood on the page. Settings are kept with each change, code when a job first sees a release.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Engine, select

from consent_server import clock
from consent_server.banner.models import BannerScript
from consent_server.banner.parts import Script
from consent_server.sites.models import BannerState
from consent_server.storage.absent import insert_absent
from consent_server.storage.database import db, table_of

_SCRIPTS: Final = table_of(BannerScript)


@dataclass(frozen=True, slots=True)
class BannerOfThen:
    """A banner as it stood at an instant.

    settings: JSON, set since `settings_since`; script: the code, in use since `script_since`. Both
    times are None when what stood there is older than the records of it: then the oldest known.
    script is None when no job has kept any code yet.
    """

    settings: str
    settings_since: datetime | None
    script: Script | None
    script_since: datetime | None


def banner_at(site_id: int, instant: datetime) -> BannerOfThen:
    """Returns what the banner of a site was made of at an instant."""
    states = select(BannerState).where(BannerState.site_id == site_id)
    state = db.session.scalars(
        states.where(BannerState.since <= instant).order_by(BannerState.id.desc()).limit(1)
    ).first()
    oldest = state or db.session.scalars(states.order_by(BannerState.id).limit(1)).first()
    newest_first = _SCRIPTS.c.since.desc(), _SCRIPTS.c.build
    known = select(_SCRIPTS)
    then = known.where(_SCRIPTS.c.since <= instant).order_by(*newest_first).limit(1)
    kept = db.session.execute(then).first()
    code = kept or db.session.execute(known.order_by(_SCRIPTS.c.since).limit(1)).first()
    return BannerOfThen(
        settings=oldest.settings if oldest else "{}",
        settings_since=state.since if state else None,
        script=_unpacked(code.code) if code else None,
        script_since=kept.since if kept else None,
    )


def keep_script(engine: Engine, script: Script) -> int:
    """Keeps the code of a release unless it is known; returns how many were new."""
    with engine.connect() as connection:
        query = select(_SCRIPTS.c.build).where(_SCRIPTS.c.build == script.build)
        if connection.execute(query).first() is not None:
            return 0
    row = {"build": script.build, "code": _packed(script), "since": clock.now()}
    with engine.execution_options(writes=True).begin() as connection:
        insert_absent(connection, _SCRIPTS, [row])
    return 1


def _packed(script: Script) -> bytes:
    return zlib.compress(msgspec.json.encode(script), 9)


def _unpacked(code: bytes) -> Script:
    return msgspec.json.decode(zlib.decompress(code), type=Script)
