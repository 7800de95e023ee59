"""Verbs about notices; each is one transaction on the main database."""

from __future__ import annotations

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from consent_server import clock
from consent_server.errors import CommandError, NotFound
from consent_server.policies.material import Standing, standings
from consent_server.policies.models import PolicyText, PolicyVersion
from consent_server.policies.rules import canonical, check_notice, fingerprint, shown_in
from consent_server.policies.schemas import Notice, Purpose
from consent_server.sites.models import Site
from consent_server.sites.services import NewSite, enter_site
from consent_server.storage.database import begin_write, db
from consent_server.storage.revision import raise_revision

DEFAULT_NOTICE = Notice(
    purposes=(Purpose(key="functional"), Purpose(key="analytics"), Purpose(key="marketing"))
)


def read_notice(source: bytes) -> Notice:
    """Returns the notice in an operator's JSON. Raises CommandError naming what does not fit."""
    try:
        notice = msgspec.json.decode(source, type=Notice)
    except msgspec.MsgspecError as error:
        raise CommandError(f"The notice cannot be read: {error}") from error
    check_notice(notice)
    return notice


def open_site(new: NewSite, notice: Notice = DEFAULT_NOTICE) -> Site:
    """Adds a site together with the first version of its notice; returns the site.

    Raises CommandError when name, origins or texts are not usable; then nothing is added.
    """
    check_notice(notice)
    begin_write()
    try:
        site = enter_site(new)
        _freeze(site.id, notice)
    except CommandError:
        db.session.rollback()
        raise
    db.session.commit()
    return site


def publish(site_id: int, notice: Notice) -> PolicyVersion:
    """Freezes a notice as the next version of a site, in force at once; returns it.

    Raises CommandError when a text is missing in one of its languages.
    """
    check_notice(notice)
    begin_write()
    version = _freeze(site_id, notice)
    db.session.commit()
    return version


def standing(site_id: int) -> Standing:
    """Returns how the version in force stands to those before: who is asked again, and why."""
    notices = {
        version.number: msgspec.json.decode(version.source, type=Notice)
        for version in versions_of(site_id)
    }
    return standings(notices)[max(notices)]


def _freeze(site_id: int, notice: Notice) -> PolicyVersion:
    number = db.session.scalar(
        select(func.coalesce(func.max(PolicyVersion.number), 0) + 1).where(
            PolicyVersion.site_id == site_id
        )
    )
    version = PolicyVersion(
        site_id=site_id,
        number=number,
        source=msgspec.json.encode(notice, order="sorted"),
        published_at=clock.now(),
        texts=[_text(notice, language) for language in notice.languages],
    )
    db.session.add(version)
    raise_revision(db.session())
    return version


def versions_of(site_id: int) -> list[PolicyVersion]:
    """Returns every published version of a site, newest first."""
    query = (
        select(PolicyVersion)
        .where(PolicyVersion.site_id == site_id)
        .options(selectinload(PolicyVersion.texts))
        .order_by(PolicyVersion.number.desc())
    )
    return list(db.session.scalars(query))


def find_version(site_id: int, number: int | None = None) -> PolicyVersion:
    """Returns one version of a site, the one in force if no number is given.

    Raises NotFound when it was never published.
    """
    for version in versions_of(site_id):
        if number in (None, version.number):
            return version
    raise NotFound("This version of the notice was never published.")


def _text(notice: Notice, language: str) -> PolicyText:
    shown = canonical(shown_in(notice, language))
    return PolicyText(language=language, canonical=shown, sha256=fingerprint(shown))
