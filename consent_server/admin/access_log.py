"""The access log, as owners read it: newest first, never changed."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from consent_server.admin.choices import PAGE_ROWS, read_row_number
from consent_server.admin.guard import operator_page
from consent_server.audit.services import recent_acts
from consent_server.sites.services import all_sites


def add_pages(routes: Blueprint) -> None:
    """Adds the page."""

    @routes.get("/access-log")
    @operator_page("log.read")
    def access_log() -> str:
        before_id = read_row_number(request.args.get("before", ""))
        acts = recent_acts(before_id=before_id, limit=PAGE_ROWS + 1)
        return render_template(
            "admin/access_log.html",
            acts=acts[:PAGE_ROWS],
            has_older=len(acts) > PAGE_ROWS,
            names={site.id: site.name for site in all_sites()},
        )
