"""Legal holds and readings of the archive: on what they stand, what they take in."""

from __future__ import annotations

from flask_babel import gettext as _

__all__ = ["basis_name", "hold_basis_name", "hold_scope_name", "item_name", "request_state"]


def hold_basis_name(basis: str) -> str:
    """Returns on what a legal hold stands."""
    return {
        "court": _("Order of a court"),
        "investigation": _("Request of an investigating authority"),
        "litigation": _("Lawsuit or dispute"),
        "authority": _("Order of another authority"),
    }.get(basis, basis)


def hold_scope_name(narrowed_by: str) -> str:
    """Returns which visits a legal hold keeps."""
    return {
        "site": _("All visits of the site"),
        "address": _("Those of one address"),
        "visitor": _("Those of one visitor"),
    }.get(narrowed_by, narrowed_by)


def basis_name(basis: str) -> str:
    """Returns on which legal basis the archive is read."""
    return {
        "communications_warrant": _("Permit to obtain communications records"),
        "court_order": _("Request of a court"),
        "subject_access": _("A visitor asks for his own records"),
        "breach_response": _("Response to a leak"),
    }.get(basis, basis)


def item_name(item: str) -> str:
    """Returns a fact of a visit record."""
    return {
        "recorded_at": _("Time"),
        "site": _("Site"),
        "path": _("Path"),
        "referrer": _("Came from"),
        "ip": _("Address"),
        "device": _("Device"),
        "visitor": _("Visitor number"),
    }.get(item, item)


def request_state(state: str) -> str:
    """Returns how a request stands."""
    return {
        "pending": _("waits for approval"),
        "approved": _("approved"),
        "refused": _("refused"),
        "expired": _("expired"),
    }[state]
