"""The disclosure ledger: what was handed to which authority, on which permit, by whom."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from consent_server.admin.choices import PAGE_ROWS, read_row_number
from consent_server.admin.guard import operator_name, operator_page
from consent_server.audit.services import Act, record_act
from consent_server.disclosures.services import ledger
from consent_server.reports.tables import csv_file
from consent_server.sites.services import all_sites

_COLUMNS = (
    "reference", "at", "basis", "authority", "permit_number", "items", "since", "until",
    "is_by_address", "record_count", "officer", "approver", "sha256",
)  # fmt: skip


def add_pages(routes: Blueprint) -> None:
    """Adds the pages."""

    @routes.get("/disclosures")
    @operator_page("officer")
    def list_disclosures() -> str:
        before_id = read_row_number(request.args.get("before", ""))
        found = ledger(before_id=before_id, limit=PAGE_ROWS + 1)
        return render_template(
            "admin/disclosures.html",
            disclosures=found[:PAGE_ROWS],
            has_older=len(found) > PAGE_ROWS,
            names={site.id: site.name for site in all_sites()},
        )

    @routes.get("/disclosures.csv")
    @operator_page("officer")
    def download_disclosures() -> Response:
        rows = [[getattr(entry, name) for name in _COLUMNS] for entry in ledger(limit=None)]
        record_act(Act(operator=operator_name(), act="disclosures.export", record_count=len(rows)))
        response = Response(csv_file(_COLUMNS, rows), content_type="text/csv; charset=utf-8")
        response.headers.set("Content-Disposition", "attachment", filename="disclosures.csv")
        return response
