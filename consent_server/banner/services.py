"""Verbs about frozen scripts: exact bytes under an address of their own, with their hash.

A tag with `integrity` (https://www.w3.org/TR/SRI/) runs these bytes or none. So they must answer
for as long as a page may carry the tag: they are never changed and never removed.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from consent_server import clock
from consent_server.banner.models import PinnedScript
from consent_server.errors import NotFound
from consent_server.storage.database import begin_write, db

if TYPE_CHECKING:
    from consent_server.banner.document import WholeScript


def pin_script(site_id: int, whole: WholeScript) -> PinnedScript:
    """Keeps a script for good and returns it; the same bytes again are the same one."""
    begin_write()
    wanted = PinnedScript(
        site_id=site_id,
        name=hashlib.sha256(whole.code).hexdigest()[:16],
        integrity=f"sha384-{base64.b64encode(hashlib.sha384(whole.code).digest()).decode()}",
        language=whole.language,
        policy_version=whole.policy_version,
        script=whole.code,
        created_at=clock.now(),
    )
    name = wanted.name
    db.session.add(wanted)
    try:
        db.session.commit()
    except IntegrityError:  # it is there already
        db.session.rollback()
        return find_pinned(site_id, name)
    return wanted


def pinned_scripts(site_id: int) -> list[PinnedScript]:
    """Returns the frozen scripts of a site, newest first, without their bytes."""
    query = select(PinnedScript).where(PinnedScript.site_id == site_id)
    return list(db.session.scalars(query.order_by(PinnedScript.id.desc())))


def find_pinned(site_id: int, name: str) -> PinnedScript:
    """Returns one frozen script. Raises NotFound when there is none of this name."""
    query = select(PinnedScript).where(PinnedScript.site_id == site_id, PinnedScript.name == name)
    # no name of ours has other characters, and PostgreSQL refuses to look for a NUL
    pinned = db.session.scalars(query).one_or_none() if name.isalnum() else None
    if pinned is None:
        raise NotFound("No script was frozen under this address.")
    return pinned


def pinned_url(public_url: str, site_key: str, pinned: PinnedScript) -> str:
    """Returns the address of a frozen script; `embed/` stands in it once (banner/src/core)."""
    return f"{public_url}/embed/{site_key}/pinned/{pinned.name}.js"


def pinned_tag(public_url: str, site_key: str, pinned: PinnedScript) -> str:
    """Returns the one line of HTML for a page that runs these very bytes or none."""
    source = pinned_url(public_url, site_key, pinned)
    return (
        f'<script async src="{source}" integrity="{pinned.integrity}" '
        'crossorigin="anonymous"></script>'
    )
