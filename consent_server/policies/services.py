"""Verbs about published notices; each is one transaction on the main database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from consent_server import clock
from consent_server.errors import N_, CommandError, NotFound
from consent_server.policies.frame import Frame
from consent_server.policies.material import Change, changes
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
REASON_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Terms:
    """From when a version is in force, since when it is announced (None: not at all), and why."""

    published_at: datetime
    announced_at: datetime | None = None
    reason: str = ""


def read_notice(source: bytes) -> Notice:
    """Returns the notice in an operator's JSON. Raises CommandError naming what does not fit."""
    notice = read_incomplete(source)
    check_notice(notice)
    return notice


def read_incomplete(source: bytes) -> Notice:
    """The same for a draft, whose parts need not fit together yet."""
    try:
        return msgspec.json.decode(source, type=Notice)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise CommandError(N_("The notice cannot be read: %(error)s"), error=error) from error


def notice_of(version: PolicyVersion) -> Notice:
    """Returns what an operator wrote for a version."""
    return msgspec.json.decode(version.source, type=Notice)


def open_site(new: NewSite, notice: Notice = DEFAULT_NOTICE) -> Site:
    """Adds a site together with the first version of its notice; returns the site.

    Raises CommandError when name, origins or texts are not usable; then nothing is added.
    """
    check_notice(notice)
    begin_write()
    try:
        site = enter_site(new)
        freeze(site.id, notice, Terms(clock.now()))
    except CommandError:
        db.session.rollback()
        raise
    db.session.commit()
    return site


def publish(site_id: int, notice: Notice, *, urgent: str = "") -> PolicyVersion:
    """Freezes a notice as the next version of a site, in force at once; returns it.

    Only for what asks nothing new of anyone: corrections, or less than before. urgent: why
    something new may not wait for its notice period; everyone can read it. Raises CommandError
    when a text is missing, an announced version waits, or a notice period is due.
    """
    check_notice(notice)
    begin_change(site_id)
    try:
        refuse_while_one_waits(site_id)
        present = find_version(site_id)
        material = changes(notice_of(present), notice)
        if material and not urgent:
            raise CommandError(
                N_(
                    "This asks something new of visitors (%(what)s), so it has to be "
                    "announced first: `policies announce`."
                ),
                what=words_of(material),
            )
        version = freeze(site_id, notice, Terms(clock.now(), reason=urgent))
    except (CommandError, NotFound):
        db.session.rollback()
        raise
    db.session.commit()
    return version


def begin_change(site_id: int) -> None:
    """Starts a writing transaction that no other one about the notices of a site overlaps."""
    begin_write()
    db.session.execute(select(Site.id).where(Site.id == site_id).with_for_update())


def words_of(material: tuple[Change, ...]) -> str:
    """Says to an operator what is asked again."""
    return "; ".join(change.words for change in material)


def freeze(site_id: int, notice: Notice, terms: Terms) -> PolicyVersion:
    """Makes the next version as part of the caller's transaction; returns it."""
    number = db.session.scalar(
        select(func.coalesce(func.max(PolicyVersion.number), 0) + 1).where(
            PolicyVersion.site_id == site_id
        )
    )
    version = PolicyVersion(
        site_id=site_id,
        number=number,
        source=msgspec.json.encode(notice, order="sorted"),
        published_at=terms.published_at,
        announced_at=terms.announced_at,
        reason=terms.reason[:REASON_CHARACTERS] or None,
        frame=msgspec.json.encode(_frame_of(db.session.get_one(Site, site_id))),
        texts=[_text(notice, language) for language in notice.languages],
    )
    db.session.add(version)
    raise_revision(db.session())
    return version


def refuse_while_one_waits(site_id: int) -> None:
    """Raises CommandError while an announced version is not in force yet: numbers follow time."""
    waiting = waiting_version(site_id)
    if waiting is not None:
        raise CommandError(
            N_(
                "Version %(number)s is announced and not in force yet; wait for its day or "
                "call it off first: `policies cancel`."
            ),
            number=waiting.number,
        )


def versions_of(site_id: int) -> list[PolicyVersion]:
    """Returns every frozen version of a site, newest first: also announced and cancelled ones."""
    query = (
        select(PolicyVersion)
        .where(PolicyVersion.site_id == site_id)
        .options(selectinload(PolicyVersion.texts), selectinload(PolicyVersion.cancellation))
        .order_by(PolicyVersion.number.desc())
    )
    return list(db.session.scalars(query))


def find_version(site_id: int, number: int | None = None) -> PolicyVersion:
    """Returns one version of a site, the one in force if no number is given.

    Raises NotFound when it was never frozen.
    """
    now = clock.now()
    for version in versions_of(site_id):
        is_first = version.number == 1  # in force even by a clock that goes wrong
        if number == version.number or (
            number is None and (is_first or _is_or_was_in_force(version, now))
        ):
            return version
    raise NotFound("This version of the notice was never published.")


def waiting_version(site_id: int) -> PolicyVersion | None:
    """Returns the version that is announced, or will be, and is not in force yet."""
    now = clock.now()
    for version in versions_of(site_id):
        if version.cancellation is None:
            is_waiting = version.announced_at is not None and version.published_at > now
            return version if is_waiting else None
    return None


def state_of(version: PolicyVersion, in_force: int) -> str:
    """Returns `cancelled`, `announced`, `in force` or `earlier`. in_force: the number that is."""
    if version.cancellation is not None:
        return "cancelled"
    if version.number == in_force:
        return "in force"
    return "announced" if version.number > in_force else "earlier"


def _is_or_was_in_force(version: PolicyVersion, now: datetime) -> bool:
    return version.cancellation is None and version.published_at <= now


def _text(notice: Notice, language: str) -> PolicyText:
    shown = canonical(shown_in(notice, language))
    return PolicyText(language=language, canonical=shown, sha256=fingerprint(shown))


def _frame_of(site: Site) -> Frame:
    return Frame(site.controller, site.contact, site.logs_visits)
