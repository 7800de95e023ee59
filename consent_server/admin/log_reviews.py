"""Monthly reviews of the access log: what is in a month, what stands out, signing it off.

Whoever may read the log sees the pages; officers and owners sign, after they confirmed who they
are. What was written survives that question: it comes back in the form.
"""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from consent_server.admin.choices import read_line, read_row_number
from consent_server.admin.guard import (
    is_fresh,
    may_everywhere,
    operator_name,
    operator_page,
    to_confirm,
)
from consent_server.admin.said import said
from consent_server.errors import CommandError
from consent_server.reviews.months import Month
from consent_server.reviews.rules import DETAILS, marks_of, summary_of
from consent_server.reviews.services import FINDING_CHARACTERS, Reviewer
from consent_server.reviews.statement import is_destroyed, is_genuine, still_fits
from consent_server.sites.services import all_sites


def add_pages(routes: Blueprint, reviewer: Reviewer) -> None:
    """Adds the pages."""

    @routes.get("/access-log/reviews")
    @operator_page("log.read")
    def list_reviews() -> str:
        return render_template(
            "admin/log_reviews.html", months=reviewer.months(), days=reviewer.due_days
        )

    @routes.get("/access-log/reviews/<month>")
    @operator_page("log.read")
    def show_review(month: str) -> str:
        return _page(reviewer, _known(month))

    @routes.get("/access-log/reviews/<month>/sign")
    @operator_page("log.review")
    def confirm_before_review(month: str) -> ResponseReturnValue:
        """Asks who it is, if that was not asked lately, and leads to the form."""
        address = url_for("admin.show_review", month=str(_known(month)), _anchor="sign")
        return redirect(address) if is_fresh() else to_confirm()

    @routes.post("/access-log/reviews/<month>")
    @operator_page("log.review")
    def sign_review(month: str) -> ResponseReturnValue:
        known, finding = _known(month), read_text(request.form.get("finding", ""))
        if not finding or len(finding) > FINDING_CHARACTERS:
            error = _("Write 1 to %(limit)s characters.", limit=FINDING_CHARACTERS)
            return _page(reviewer, known, error), 400
        if not is_fresh():
            error = _("Nothing is signed yet: confirm in another tab that it is you, then sign.")
            return _page(reviewer, known, error), 400
        try:
            number = read_row_number(request.form.get("number", "")) or 0
            reviewer.sign(known, operator_name(), finding, number=number)
        except CommandError as error:
            return _page(reviewer, known, said(error)), 400
        return redirect(url_for("admin.show_review", month=month))


def read_text(text: str) -> str:
    """Returns what was typed, lines kept, as any database stores it and any page shows it."""
    lines = [read_line(line) for line in text.replace("\r\n", "\n").split("\n")]
    return "\n".join(lines).strip()


def _known(text: str) -> Month:
    try:
        return Month.named(text)
    except ValueError:
        abort(404)


def _page(reviewer: Reviewer, month: Month, error: str = "") -> str:
    stands = next((each for each in reviewer.months() if each.month == month), None)
    if stands is None:
        abort(404)
    seen, copies = reviewer.look(month), reviewer.copies(month)
    newest = stands.reviews[-1] if stands.reviews else None
    is_gone = newest is not None and is_destroyed(newest, seen)
    return render_template(
        "admin/log_review.html",
        stands=stands,
        seen=seen,
        copies=copies,
        summary=newest.summary if newest and is_gone else summary_of(seen, marks_of(seen, copies)),
        is_gone=is_gone,
        is_as_signed=all(is_genuine(review) for review in stands.reviews),
        still_fits=newest is None or still_fits(newest, seen),
        accesses=sorted(seen.accesses.items(), key=lambda each: -each[1][1])[:DETAILS],
        failed_from=seen.failed_from.most_common(DETAILS),
        new_sources=sorted(seen.new_sources.items(), key=lambda each: each[1])[:DETAILS],
        names={site.id: site.name for site in all_sites()},
        may_sign=may_everywhere("log.review") and stands.state != "running",
        is_fresh=is_fresh(),
        own_acts=seen.by[operator_name()],
        error=error,
        finding=request.form.get("finding", ""),
        limit=FINDING_CHARACTERS,
    )
