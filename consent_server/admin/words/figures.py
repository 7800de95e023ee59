"""Statistics: what they are by, their values, why a number is missing; counts and shares."""

from __future__ import annotations

from typing import Final

from babel.numbers import format_compact_decimal
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _

from consent_server.admin.remembered import once_per_language
from consent_server.admin.words.records import device_name
from consent_server.statistics.circumstance_rules import UNKNOWN_COUNTRY

__all__ = ["about_count", "count", "day_remark", "dimension_name", "percent", "value_name"]
_EXACT: Final = 1_000  # more are told as what they are about


@once_per_language
def dimension_name(dimension: str) -> str:
    """Returns what statistics are by."""
    return {
        "path": _("Page"),
        "referrer": _("Came from"),
        "browser": _("Browser"),
        "system": _("System"),
        "country": _("Country"),
        "device": _("Device"),
    }.get(dimension, dimension)


def value_name(dimension: str, value: str) -> str:
    """Returns a value of statistics; what is not known in words."""
    if not value:
        return _("Directly, or not said") if dimension == "referrer" else _("Not known")
    if dimension == "device":
        return device_name(value)
    if dimension == "country":
        if value == UNKNOWN_COUNTRY:
            return _("Not known")
        locale = get_locale()
        return (locale and locale.territories.get(value)) or value
    return value


@once_per_language
def day_remark(state: str, unreadable: int) -> str:
    """Returns why a day has no numbers, or not all."""
    return {
        "few": _("Too few visitors to show"),
        "waiting": _("Not counted yet"),
        "destroyed": _("Destroyed before it was counted"),
        "none": _("No visit"),
        "incomplete": ngettext(
            "%(num)s visit could not be read", "%(num)s visits could not be read", unreadable
        ),
    }.get(state, "")


def count(number: int) -> str:
    """Returns a count with its thousands set apart."""
    return f"{number:,}"


def about_count(number: int) -> str:
    """Returns how many records there are; of many only about how many."""
    if number < _EXACT:
        return ngettext("%(num)s record", "%(num)s records", number)
    locale = get_locale()
    words = format_compact_decimal(number, format_type="long", locale=locale, fraction_digits=1)
    return _("About %(count)s records", count=words)


def percent(share: float) -> str:
    """Returns a share, 0 to 1, in percent."""
    return f"{share:.0%}" if share in (0, 1) else f"{share:.1%}"
