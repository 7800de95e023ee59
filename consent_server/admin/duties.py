"""What waits for an operator: each with its page, the urgent ones first. One short count each.

Notices and contracts come from memory, the rest from what /readyz looks at anyway.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from consent_server import clock
from consent_server.admin.guard import has_role, may_everywhere
from consent_server.certificates.services import count_unconfirmed
from consent_server.errors import SiteUnknown
from consent_server.periods import RetentionPeriod
from consent_server.policies.directory import PolicyDirectory
from consent_server.policies.registry import ended_contracts
from consent_server.reports.ledger import count_overdue_here
from consent_server.reviews.services import Reviewer
from consent_server.web.checks import Report

if TYPE_CHECKING:
    from consent_server.sites.models import Site

_LATE_SECONDS: Final = 3600.0  # jobs that are later than this will not catch up by themselves


@dataclass(frozen=True, slots=True)
class Duty:
    """One thing to do, or to know. address: where."""

    words: str
    address: str
    is_urgent: bool = True


@dataclass(frozen=True, slots=True)
class Desk:
    """Knows what waits. period: tells the calendar day."""

    policies: PolicyDirectory
    period: RetentionPeriod
    reviewer: Reviewer

    def duties(self, sites: Sequence[Site], report: Report) -> list[Duty]:
        """Returns all that waits for the operator who is signed in."""
        found = [
            *_late_jobs(report),
            *_exports(),
            *(duty for site in sites for duty in self._notices(site)),
            *self._reviews(),
            *_certificates(),
        ]
        return sorted(found, key=lambda duty: not duty.is_urgent)

    def _reviews(self) -> Iterator[Duty]:
        count = self.reviewer.count_overdue() if may_everywhere("log.review") else 0
        if count:
            yield Duty(
                ngettext(
                    "%(num)s month of the access log should be reviewed by now.",
                    "%(num)s months of the access log should be reviewed by now.",
                    count,
                ),
                url_for("admin.list_reviews"),
            )

    def _notices(self, site: Site) -> Iterator[Duty]:
        try:
            present = self.policies.present(site.id)
        except SiteUnknown:
            return
        address = url_for("admin.show_notice", key=site.key)
        today = self.period.day_of(clock.now())
        names = [one.name for one in ended_contracts(present.version.notice, today)]
        if names:
            over = _(
                "The contract with %(names)s is over. Make sure that they have destroyed the data, "
                "then take them out of the notice.",
                names=", ".join(names),
            )
            yield Duty(f"{site.name}: {over}", address)
        if present.coming is not None:
            yield Duty(
                _(
                    "%(site)s: notice %(number)s is announced and comes into force on %(day)s.",
                    site=site.name,
                    number=present.coming.number,
                    day=self._day(present.coming.published_at),
                ),
                address,
                is_urgent=False,
            )

    def _day(self, instant: datetime) -> str:
        return self.period.day_of(instant).isoformat()


def _late_jobs(report: Report) -> Iterator[Duty]:
    address = url_for("admin.overview", _anchor="health")
    if report.status != "ok":
        yield Duty(_("Something is wrong with the service: see its health below."), address)
    if any(seconds > _LATE_SECONDS for seconds in report.delays_seconds.values()):
        yield Duty(_("Jobs are more than an hour late: see the health below."), address)


def _exports() -> Iterator[Duty]:
    count = count_overdue_here() if has_role("handler") else 0
    if count:
        yield Duty(
            ngettext(
                "%(num)s exported copy should be destroyed by now.",
                "%(num)s exported copies should be destroyed by now.",
                count,
            ),
            url_for("admin.list_copies"),
        )


def _certificates() -> Iterator[Duty]:
    count = count_unconfirmed()
    if count:
        yield Duty(
            ngettext(
                "%(num)s certificate of destruction waits for somebody to confirm it.",
                "%(num)s certificates of destruction wait for somebody to confirm them.",
                count,
            ),
            url_for("admin.list_certificates"),
            is_urgent=False,
        )
