"""Visit records: personal data, shown only to handlers, for a reason, and written down.

An address is nothing to search by here: it would stand in the address line and in logs. Whoever
must find one asks for it under Archive (disclosures.search), or holds it (holds).
The reason is asked once and holds for half an hour, for the operator who gave it; every page that
is shown makes an entry in the access log with the number of records on it.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Final

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from consent_server import clock
from consent_server.admin.choices import (
    REASON_CHARACTERS,
    Choices,
    end_of_day,
    read_choices,
    read_line,
)
from consent_server.admin.guard import operator_name, operator_page
from consent_server.admin.language import address_with
from consent_server.audit.services import Act, record_act
from consent_server.config import Settings
from consent_server.visits.days import VisitDays
from consent_server.visits.device import DEVICE_CLASSES
from consent_server.visits.services import VisitFilter, VisitReader

_REASON: Final = "visits_reason"  # the session's own name for it
_REASON_HOLDS: Final = timedelta(minutes=30)
_EXPORTED: Final = ("site", "since", "until", "device_class", "country")
_CODE: Final = re.compile(r"[A-Z]{2}")
NO_COUNTRY: Final = "-"  # in the address: visits of which no country is known
_NOT_OF_ISO: Final = frozenset({"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"})  # of CLDR, not of ISO


def add_pages(routes: Blueprint, settings: Settings, reader: VisitReader, days: VisitDays) -> None:
    """Adds the pages."""

    @routes.get("/visits")
    @operator_page("personal.read", of_granted_sites=True)
    def list_visit_records() -> ResponseReturnValue:
        reason = _reason()
        if not reason:
            return render_template("admin/reason.html", is_missing=False)
        if (instant := end_of_day(request.args, "at", settings.zone)) is not None:
            before = reader.number_at(instant)
            return redirect(address_with(at=None, after=None, before=before))
        choices = read_choices(request.args, settings.zone, "personal.read")
        chosen = _filter(choices)
        page, rows = reader.page(chosen, below=choices.before_id, above=choices.after_id)
        if choices.after_id is not None and page.newer is None:
            page, rows = reader.page(chosen)  # whoever leafs to the newest sees a whole page
        _write_down(choices, len(rows), reason)
        is_whole = page.older is None and page.newer is None
        return render_template(
            "admin/visits.html",
            choices=choices,
            rows=rows,
            page=page,
            about=len(rows) if is_whole else _about(reader, chosen),
            device_classes=DEVICE_CLASSES,
            countries=_countries(),
            exported={name: request.args[name] for name in _EXPORTED if request.args.get(name)},
            names={site.id: site.name for site in choices.sites},
            reason=reason,
            archived=days.archived(choices.site_id, choices.since, choices.until),
        )

    @routes.post("/visits")
    @operator_page("personal.read", of_granted_sites=True)
    def give_reason() -> ResponseReturnValue:
        reason = read_line(request.form.get("reason", ""))[:REASON_CHARACTERS]
        if not reason:
            return render_template("admin/reason.html", is_missing=True), 400
        until = clock.now() + _REASON_HOLDS
        session[_REASON] = {"operator": operator_name(), "text": reason, "until": until.isoformat()}
        return redirect(request.full_path.rstrip("?"))  # the filter in the address stays

    @routes.post("/visits/done")
    @operator_page("personal.read", of_granted_sites=True)
    def end_reason() -> ResponseReturnValue:
        session.pop(_REASON, None)
        return redirect(url_for("admin.overview"))


def _reason() -> str:
    """Returns the reason that holds now, "" if none: whoever signs in next gives his own."""
    given = session.get(_REASON)
    if given is None:
        return ""
    holds = datetime.fromisoformat(given["until"]) > clock.now()
    if not holds or given["operator"] != operator_name():
        session.pop(_REASON)
        return ""
    return str(given["text"])


def _filter(choices: Choices) -> VisitFilter:
    return VisitFilter(
        site_id=choices.site_id,
        since=choices.since,
        until=choices.until,
        device_class=choices.one_of("device_class", DEVICE_CLASSES),
        country=_country(choices),
    )


def _country(choices: Choices) -> str | None:
    """Returns the country that is looked for: a code, "" for visits without one; None: any."""
    text = choices.values.get("country", "").strip().upper()
    if text == NO_COUNTRY:
        return ""
    return text if _CODE.fullmatch(text) else None


def _countries() -> list[tuple[str, str]]:
    """Returns codes and names of the world's countries in the operator's language, by name."""
    locale = get_locale()
    names = {} if locale is None else locale.territories
    codes = (code for code in names if _CODE.fullmatch(code) and code not in _NOT_OF_ISO)
    return sorted(((code, names[code]) for code in codes), key=itemgetter(1))


def _about(reader: VisitReader, chosen: VisitFilter) -> int | None:
    """Returns how many visits there are, None where that is not known without reading them."""
    return reader.about_how_many() if chosen == VisitFilter() else None


def _write_down(choices: Choices, count: int, reason: str) -> None:
    record_act(
        Act(
            operator=operator_name(),
            act="visits.view",
            site_id=choices.site_id,
            record_count=count,
            reason=reason,
        )
    )
