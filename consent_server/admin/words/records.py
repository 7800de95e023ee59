"""Decisions and visits: what was done, where, with what, and how much of it is kept."""

from __future__ import annotations

from babel import Locale, UnknownLocaleError
from flask_babel import gettext as _

from consent_server.admin.remembered import once_per_language

__all__ = [
    "action_name",
    "address_mode_name",
    "device_mode_name",
    "device_name",
    "language_name",
    "layer_name",
    "purpose_name",
    "version_name",
    "visit_basis_name",
]


@once_per_language
def action_name(action: str) -> str:
    """Returns what a visitor did."""
    return {
        "accept_all": _("Allowed all"),
        "refuse_all": _("Refused all"),
        "customise": _("Chose in detail"),
        "ask_each": _("Ask each time"),
        "withdraw": _("Withdrew"),
        "gpc": _("Browser signal (GPC)"),
        "import": _("Imported"),
    }.get(action, action)


@once_per_language
def layer_name(layer: str) -> str:
    """Returns where on the page a decision was made."""
    return {
        "notice": _("Notice"),
        "preferences": _("Preferences"),
        "question": _("Question of one service"),
        "placeholder": _("Placeholder of blocked content"),
        "page": _("Page of the site"),
        "api": _("Script of the site"),
    }.get(layer, layer)


@once_per_language
def purpose_name(key: str) -> str:
    """Returns the short name of a purpose; its key when a site made its own."""
    return {
        "functional": _("Functional"),
        "analytics": _("Statistics"),
        "marketing": _("Marketing"),
    }.get(key, key)


def language_name(code: str) -> str:
    """Returns a language's own name for itself; the code when it has none here."""
    try:
        return Locale.parse(code, sep="-").language_name or code
    except (UnknownLocaleError, ValueError):
        return code


def version_name(number: str) -> str:
    """Returns a version of a notice."""
    return _("Version %(number)s", number=number)


@once_per_language
def device_name(device_class: str) -> str:
    """Returns a device class."""
    return {
        "pc": _("Computer"),
        "mobile": _("Phone"),
        "tablet": _("Tablet"),
        "bot": _("Robot"),
        "other": _("Other"),
    }.get(device_class, device_class)


def visit_basis_name(basis: str) -> str:
    """Returns why visits are recorded."""
    return {
        "legal_duty": _("Kept: the law asks for it"),
        "legitimate_interest": _("Kept: legitimate interest"),
        "consent": _("Kept if the visitor consents"),
        "off": _("Not kept"),
    }.get(basis, basis)


def address_mode_name(mode: str) -> str:
    """Returns how much a visit keeps of the address."""
    return {
        "full": _("The whole address"),
        "truncated": _("Its network only (24 bits of IPv4, 48 of IPv6)"),
        "keyed_hash": _("A hash that dies with the key of the day"),
        "none": _("Nothing"),
    }.get(mode, mode)


def device_mode_name(mode: str) -> str:
    """Returns how much a visit keeps of the device."""
    return {
        "parsed": _("Class, browser and system"),
        "user_agent": _("These and the whole user-agent header"),
    }.get(mode, mode)
