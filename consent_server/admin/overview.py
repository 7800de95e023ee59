"""The first page: the sites with a sign of life, the newest decisions, what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, render_template

from consent_server.admin.guard import granted_sites, may_everywhere, operator_page
from consent_server.consents.services import ConsentFilter, ConsentRow, list_consents

if TYPE_CHECKING:
    from consent_server.sites.models import Site

_NEWEST_ROWS = 8


def add_pages(routes: Blueprint) -> None:
    """Adds the page."""

    @routes.get("/")
    @operator_page("records.read", of_granted_sites=True)
    def overview() -> str:
        sites = granted_sites()
        return render_template(
            "admin/overview.html",
            sites=sites,
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
