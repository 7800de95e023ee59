"""The first page: the sites, and what to do next."""

from __future__ import annotations

from flask import Blueprint, render_template

from consent_server.admin.guard import operator_page
from consent_server.consents.services import ConsentFilter, list_consents
from consent_server.sites.services import all_sites


def add_pages(routes: Blueprint) -> None:
    """Adds the page."""

    @routes.get("/")
    @operator_page("viewer")
    def overview() -> str:
        sites = all_sites()
        newest = list_consents(ConsentFilter(), limit=8)
        names = {site.id: site.name for site in sites}
        return render_template("admin/overview.html", sites=sites, newest=newest, names=names)
