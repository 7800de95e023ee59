"""The first page: the sites with a sign of life, the newest decisions, what to do next."""

from __future__ import annotations

from flask import Blueprint, render_template

from consent_server.admin.guard import has_role, operator_page
from consent_server.admin.notices import ended_in
from consent_server.config import Settings
from consent_server.consents.services import ConsentFilter, list_consents
from consent_server.reports.ledger import count_overdue_here
from consent_server.sites.services import all_sites

_NEWEST_ROWS = 8


def add_pages(routes: Blueprint, settings: Settings) -> None:
    """Adds the page."""

    @routes.get("/")
    @operator_page("viewer")
    def overview() -> str:
        sites = all_sites()
        return render_template(
            "admin/overview.html",
            sites=sites,
            latest={site.id: _latest_of(site.id) for site in sites},
            newest=list_consents(ConsentFilter(), limit=_NEWEST_ROWS),
            names={site.id: site.name for site in sites},
            overdue_exports=count_overdue_here() if has_role("handler") else 0,
            ended={site.id: ended_in(site, settings) for site in sites},
        )


def _latest_of(site_id: int) -> object:
    """Returns the newest decision on a site, None while its tag has brought none."""
    return next(iter(list_consents(ConsentFilter(site_id=site_id), limit=1)), None)
