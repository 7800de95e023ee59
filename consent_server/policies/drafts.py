"""Verbs about drafts: one per site, changed freely, shown to nobody.

A draft may be incomplete: its parts have to fit together only when it is announced or published.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import delete

from consent_server import clock
from consent_server.errors import N_, CommandError
from consent_server.policies.models import PolicyDraft
from consent_server.policies.rules import check_notice
from consent_server.policies.schemas import Notice
from consent_server.policies.services import begin_change, find_version, notice_of
from consent_server.storage.database import begin_write, db


@dataclass(frozen=True, slots=True)
class Draft:
    """What operators are working on. edits: 0 while it is only the version in force."""

    notice: Notice
    edits: int = 0
    edited_at: datetime | None = None
    editor: str = ""

    @property
    def problem(self) -> str:
        """Why it cannot be announced yet, in words; "" when it can."""
        try:
            check_notice(self.notice)
        except CommandError as error:
            return str(error)
        return ""


def draft_of(site_id: int) -> Draft:
    """Returns the draft of a site; where there is none, the notice in force to begin with."""
    stored = db.session.get(PolicyDraft, site_id)
    if stored is None:
        return Draft(notice_of(find_version(site_id)))
    notice = msgspec.json.decode(stored.source, type=Notice)
    return Draft(notice, stored.edits, stored.edited_at, stored.editor)


def save_draft(site_id: int, notice: Notice, editor: str, *, seen: int | None = None) -> Draft:
    """Replaces the draft of a site; returns it.

    seen: `edits` of the draft that the editor began with, None to replace whatever is there.
    Raises CommandError when somebody else has saved since; then nothing is changed.
    """
    begin_change(site_id)
    stored = db.session.get(PolicyDraft, site_id)
    edits = stored.edits if stored else 0
    if seen not in (None, edits):
        by = stored.editor if stored else ""
        db.session.rollback()
        if not by:
            raise CommandError(N_("The draft was published or discarded in the meantime."))
        raise CommandError(N_("The draft was changed by %(by)s in the meantime."), by=by)
    draft = Draft(notice, edits + 1, clock.now(), editor)
    db.session.merge(
        PolicyDraft(
            site_id=site_id,
            source=msgspec.json.encode(notice, order="sorted"),
            edits=draft.edits,
            edited_at=draft.edited_at,
            editor=editor,
        )
    )
    db.session.commit()
    return draft


def discard_draft(site_id: int) -> None:
    """Removes the draft of a site, if there is one."""
    begin_write()
    db.session.execute(delete(PolicyDraft).where(PolicyDraft.site_id == site_id))
    db.session.commit()
