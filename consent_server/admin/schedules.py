"""Scheduled exports: list, make, remove; for officers, each written into the access log."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from consent_server.admin.choices import Choices, read_choices
from consent_server.admin.exports import (
    KINDS,
    PURPOSES,
    formats_there,
    read_purpose,
    read_reason,
)
from consent_server.admin.guard import operator_name, operator_page
from consent_server.admin.prepared import problem_in_words
from consent_server.admin.said import said
from consent_server.errors import CommandError
from consent_server.reports.exports import Kind
from consent_server.reports.jobs import last_of_schedules
from consent_server.reports.rules import EVERY, PLACES, Every, Place, check_target, check_window
from consent_server.reports.schedules import (
    NewSchedule,
    Scheduling,
    all_schedules,
    find_schedule,
    remove_schedule,
)
from consent_server.reports.tables import Format
from consent_server.sites.services import all_sites


def add_pages(routes: Blueprint, scheduling: Scheduling) -> None:
    """Adds the pages."""

    @routes.get("/exports/schedules")
    @operator_page("officer")
    def list_schedules() -> str:
        return _page(_read())

    @routes.post("/exports/schedules")
    @operator_page("officer")
    def add_schedule() -> ResponseReturnValue:
        choices = _read()
        new = _new(choices, scheduling)
        if not choices.errors:
            try:
                scheduling.add(new, operator_name())
            except CommandError as error:
                choices.errors["place"] = said(error)
        if choices.errors:
            return _page(choices), 400
        return redirect(url_for("admin.list_schedules"))

    @routes.get("/exports/schedules/<int:number>")
    @operator_page("officer")
    def ask_about_schedule(number: int) -> str:
        return _question(number)

    @routes.post("/exports/schedules/<int:number>")
    @operator_page("officer")
    def end_schedule(number: int) -> ResponseReturnValue:
        if "sure" not in request.form:
            return _question(number, is_unsure=True), 400
        try:
            remove_schedule(number, operator_name())
        except CommandError:
            abort(404)
        return redirect(url_for("admin.list_schedules"))


def _read() -> Choices:
    return read_choices(request.form, "UTC", "duties.decide")


def _page(choices: Choices) -> str:
    return render_template(
        "admin/schedules.html",
        choices=choices,
        schedules=all_schedules(),
        last=last_of_schedules(),
        problem_in_words=problem_in_words,
        names=_names(),
        every=EVERY,
        formats=formats_there(),
        purposes=PURPOSES,
    )


def _question(number: int, *, is_unsure: bool = False) -> str:
    try:
        schedule = find_schedule(number)
    except CommandError:
        abort(404)
    return render_template(
        "admin/schedule.html", schedule=schedule, names=_names(), is_unsure=is_unsure
    )


def _new(choices: Choices, scheduling: Scheduling) -> NewSchedule:
    """Returns what the form says; what is wrong stands in the errors."""
    new = NewSchedule(
        kind=cast(Kind, choices.one_of("kind", KINDS) or "consents"),
        format=cast(Format, choices.one_of("format", formats_there()) or "csv"),
        every=cast(Every, choices.one_of("every", EVERY) or "day"),
        place=cast(Place, choices.one_of("place", PLACES) or "folder"),
        target=choices.values.get("target", ""),
        reason=read_reason(choices),
        purpose=read_purpose(choices),
        site_id=choices.site_id,
    )
    try:
        check_target(new.place, new.target)
    except CommandError:
        choices.errors["target"] = _(
            "A folder is written as shop/daily, a bucket as my-bucket/consents."
        )
    try:
        check_window(new.kind, new.every, scheduling.operating_days)
    except CommandError:
        choices.errors["every"] = _(
            "Visits move to the archive after %(days)s days, before such a period of them is over. "
            "Export them every day.",
            days=scheduling.operating_days,
        )
    return new


def _names() -> dict[int, str]:
    return {site.id: site.name for site in all_sites()}
