"""The first page, at a glance: what waits, what was decided, what goes next, how the service is."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from flask import Blueprint, render_template

from consent_server.admin.duties import Desk
from consent_server.admin.guard import granted_sites, may_everywhere, operator_page
from consent_server.config import Settings
from consent_server.consents.services import ConsentFilter, ConsentRow, list_consents
from consent_server.keys.ring import KeyRing
from consent_server.statistics.decisions import DecisionReader
from consent_server.statistics.services import Statistics
from consent_server.web.checks import Checks

if TYPE_CHECKING:
    from consent_server.sites.models import Site

_NEWEST_ROWS: Final = 8
_DAYS: Final = 30
_NEXT_TO_GO: Final = 3  # days


def add_pages(
    routes: Blueprint,
    settings: Settings,
    desk: Desk,
    decisions: DecisionReader,
    statistics: Statistics,
    ring: KeyRing,
    checks: Checks,
) -> None:
    """Adds the page."""

    @routes.get("/")
    @operator_page("records.read", of_granted_sites=True)
    def overview() -> str:
        sites, report = granted_sites(), checks.report_for_a_page()
        last = decisions.newest_day()
        first = last - timedelta(days=_DAYS - 1)
        return render_template(
            "admin/overview.html",
            sites=sites,
            duties=desk.duties(sites, report),
            numbers=decisions.of([site.id for site in sites], first, last),
            least=settings.least_visitors,
            going=statistics.next_to_go([site.id for site in sites], ring.days()[:_NEXT_TO_GO]),
            report=report,
            latest={site.id: _latest_of(site.id) for site in sites},
            newest=_newest(sites),
            names={site.id: site.name for site in sites},
        )


def _newest(sites: list[Site]) -> list[ConsentRow]:
    """Returns the newest decisions on these sites."""
    if may_everywhere("records.read"):
        return list(list_consents(ConsentFilter(), limit=_NEWEST_ROWS))
    rows = [
        row
        for site in sites
        for row in list_consents(ConsentFilter(site_id=site.id), limit=_NEWEST_ROWS)
    ]
    return sorted(rows, key=lambda row: row.recorded_at, reverse=True)[:_NEWEST_ROWS]


def _latest_of(site_id: int) -> object:
    """Returns the newest decision on a site, None while its tag has brought none."""
    return next(iter(list_consents(ConsentFilter(site_id=site_id), limit=1)), None)
