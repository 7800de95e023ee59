"""The retention table as operators read it: the rows by which records are destroyed."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, render_template
from flask_babel import get_locale

from consent_server.admin.guard import operator_page
from consent_server.retention.rules import RecordClass
from consent_server.retention.wording import printed


def add_pages(routes: Blueprint, classes: Sequence[RecordClass]) -> None:
    """Adds the page."""

    @routes.get("/retention")
    @operator_page("viewer")
    def show_retention() -> str:
        return render_template("admin/retention.html", lines=printed(classes, str(get_locale())))
