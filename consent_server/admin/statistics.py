"""Statistics of one site: what was decided, and what its visits came to; about nobody."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from flask import Blueprint, render_template, request

from consent_server.admin.choices import Choices, read_choices
from consent_server.admin.guard import operator_page
from consent_server.config import Settings
from consent_server.statistics.circumstances import CircumstanceReader
from consent_server.statistics.decisions import DecisionReader
from consent_server.statistics.funnel import funnel
from consent_server.statistics.services import Statistics, weeks_of

_USUAL_DAYS: Final = 28
_MOST_DAYS: Final = 366
_TOP_ROWS: Final = 12


def add_pages(
    routes: Blueprint,
    settings: Settings,
    statistics: Statistics,
    decisions: DecisionReader,
    circumstances: CircumstanceReader,
) -> None:
    """Adds the page."""

    @routes.get("/statistics")
    @operator_page("viewer")
    def show_statistics() -> str:
        choices = read_choices(request.args, settings.zone)
        site = next((site for site in choices.sites if choices.site_id in (None, site.id)), None)
        first, last = _period(choices, decisions.newest_day())
        if site is None:
            return render_template("admin/statistics.html", choices=choices, site=None)
        decided = decisions.of([site.id], first, last)
        numbers = statistics.summed(site.id, first, last)
        return render_template(
            "admin/statistics.html",
            choices=choices,
            site=site,
            first=first,
            last=last,
            decided=decided,
            numbers=numbers,
            visit_days=weeks_of(numbers.days) if decided.is_by_week else numbers.days,
            by=circumstances.of([site.id], first, last),
            counts_devices=settings.count_devices,
            tells_countries=bool(settings.country_header or settings.country_database),
            funnel=funnel(decided, numbers),
            least=settings.least_visitors,
            top_rows=_TOP_ROWS,
        )


def _period(choices: Choices, today: date) -> tuple[date, date]:
    """Returns the first and the last day: as chosen, four weeks until today, a year at most."""
    last = (choices.until - timedelta(days=1)).date() if choices.until else today
    usual = last - timedelta(days=_USUAL_DAYS - 1)
    first = min(choices.since.date(), last) if choices.since else usual
    return max(first, last - timedelta(days=_MOST_DAYS - 1)), last
