"""Verbs about what is to come: announce a version for a day, or call it off before that day.

The day needs no verb: a version is in force from its instant on (policies.directory).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from consent_server import clock
from consent_server.errors import N_, CommandError
from consent_server.policies.models import PolicyCancellation, PolicyVersion
from consent_server.policies.notice_period import NoticePeriod
from consent_server.policies.rules import check_notice
from consent_server.policies.schemas import Notice
from consent_server.policies.services import (
    REASON_CHARACTERS,
    Terms,
    begin_change,
    freeze,
    refuse_while_one_waits,
    waiting_version,
)
from consent_server.storage.database import db
from consent_server.storage.revision import raise_revision

_LAST_MOMENT: Final = timedelta(minutes=1)  # a node hears of a change within five seconds


@dataclass(frozen=True, slots=True)
class Announcement:
    """What an operator announces. announced_on: None for today."""

    effective_on: date
    announced_on: date | None = None
    reason: str = ""


def announce(
    site_id: int, notice: Notice, wanted: Announcement, period: NoticePeriod
) -> PolicyVersion:
    """Freezes a notice as the next version, in force from 00:00 of its day on; returns it.

    Raises CommandError when a text is missing, another announced version waits, the day of the
    announcement is past, or the days between are fewer than promised; then nothing is frozen.
    """
    check_notice(notice)
    begin_change(site_id)
    try:
        refuse_while_one_waits(site_id)
        version = freeze(site_id, notice, _terms(wanted, period))
    except CommandError:
        db.session.rollback()
        raise
    db.session.commit()
    return version


def cancel(site_id: int, reason: str) -> PolicyVersion:
    """Calls off the announced version; returns it. Its number is not used again.

    Raises CommandError when none waits, no reason is given, or its day has all but come: another
    node might show it already.
    """
    if not reason.strip():
        raise CommandError(N_("Say why; everyone who read the announcement can read it."))
    begin_change(site_id)
    version, now = waiting_version(site_id), clock.now()
    if version is None or version.published_at - now < _LAST_MOMENT:
        db.session.rollback()
        raise CommandError(N_("No announced version waits for its day; nothing to call off."))
    version.cancellation = PolicyCancellation(
        cancelled_at=now, reason=reason.strip()[:REASON_CHARACTERS]
    )
    raise_revision(db.session())
    db.session.commit()
    return version


def _terms(wanted: Announcement, period: NoticePeriod) -> Terms:
    now = clock.now()
    today = period.day_of(now)
    announced_on = wanted.announced_on or today
    if announced_on < today:
        raise CommandError(
            N_("%(day)s is past; nobody could read the announcement then."), day=announced_on
        )
    period.check(announced_on, wanted.effective_on)
    announced_at = now if announced_on == today else period.begins_at(announced_on)
    return Terms(period.begins_at(wanted.effective_on), announced_at, wanted.reason.strip())
