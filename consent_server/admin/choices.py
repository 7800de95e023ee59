"""What an operator asked for: the site of a page, the filter above a table, a reason for looking.

Dates are whole days in the zone of the law: from 00:00 of the first to the end of the last. What
cannot be read is shown beside its field and filters nothing; it is never an error page.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from flask import abort
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from consent_server.admin.guard import granted_sites, may_everywhere
from consent_server.errors import CommandError
from consent_server.sites.services import find_site

if TYPE_CHECKING:
    from consent_server.sites.models import Site

PAGE_ROWS: Final = 50
_NO_SITE: Final = 0  # row numbers begin at 1
_NUMBER_DIGITS: Final = 6
REASON_CHARACTERS: Final = 500  # as wide as the column of the access log


@dataclass(frozen=True, slots=True)
class Choices:
    """A filter form as filled in, and what it means.

    sites: those that the operator may choose from. is_for_all: he may also choose none of them.
    """

    sites: list[Site]
    values: MultiDict[str, str]
    is_for_all: bool = True
    site_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    before_id: int | None = None
    after_id: int | None = None
    errors: dict[str, str] = field(default_factory=dict)

    def one_of(self, name: str, allowed: tuple[str, ...]) -> str | None:
        """Returns the value of a field if it is one of the allowed ones."""
        value = self.values.get(name, "")
        return value if value in allowed else None

    def number(self, name: str) -> int | None:
        """Returns a field as a number of six digits at most, None if it is empty or none."""
        text = self.values.get(name, "").strip()
        if not text:
            return None
        if text.isdecimal() and len(text) <= _NUMBER_DIGITS:
            return int(text)
        self.errors[name] = _("Write a number.")
        return None


def read_choices(values: MultiDict[str, str], zone: str, needed: str = "records.read") -> Choices:
    """Returns what a filter form says. zone: IANA name. needed: the right to what is filtered.

    Whoever has that right on some sites only looks at one of them at a time, at first the first.
    """
    sites, errors = granted_sites(needed), dict[str, str]()
    is_for_all = may_everywhere(needed)
    first = _day(values, "since", errors)
    last = _day(values, "until", errors)
    if first and last and last < first:
        errors["until"] = _("The last day is before the first.")
        last = None
    key = values.get("site", "")
    chosen = next((site.id for site in sites if site.key == key), None)
    if key and chosen is None:
        errors["site"] = _("Not found")
    if chosen is None and not is_for_all:
        chosen = sites[0].id if sites else _NO_SITE
    return Choices(
        sites=sites,
        values=values,
        is_for_all=is_for_all,
        site_id=chosen,
        since=_midnight(first, zone),
        until=_midnight(last + timedelta(days=1), zone) if last else None,
        before_id=read_row_number(values.get("before", "")),
        after_id=read_row_number(values.get("after", "")),
        errors=errors,
    )


def end_of_day(values: MultiDict[str, str], name: str, zone: str) -> datetime | None:
    """Returns the instant at which the day in a field is over, None if it is none."""
    day = _day(values, name, {})
    return None if day is None else _midnight(day + timedelta(days=1), zone)


def known_site(key: str) -> Site:
    """Returns the site that an address names, or answers with 404."""
    if not key.isalnum():  # no key of ours, and PostgreSQL refuses to look for a NUL
        abort(404)
    try:
        return find_site(key)
    except CommandError:
        abort(404)


def read_row_number(text: str) -> int | None:
    """Returns a row number from the address line, None if it is none that a database can hold."""
    return int(text) if text.isdecimal() and len(text) < 19 else None


def read_line(text: str) -> str:
    """Returns what was typed as one line that any database stores and any page shows."""
    visible = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(visible.split())


def _day(values: MultiDict[str, str], name: str, errors: dict[str, str]) -> date | None:
    text = values.get(name, "").strip()
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        errors[name] = _("Write the day as 2026-01-31.")
        return None
    if not 1970 <= day.year <= 9000:
        errors[name] = _("This year cannot be meant.")
        return None
    return day


def _midnight(day: date | None, zone: str) -> datetime | None:
    return None if day is None else datetime.combine(day, time.min, ZoneInfo(zone))
