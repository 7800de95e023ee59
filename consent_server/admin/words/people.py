"""Operators and machines: roles, what they are for, tokens."""

from __future__ import annotations

from flask_babel import gettext as _

from consent_server.admin.remembered import once_per_language

__all__ = ["role_name", "role_words", "scope_name", "token_state"]


@once_per_language
def role_name(role: str) -> str:
    """Returns a role."""
    return {
        "viewer": _("Viewer"),
        "handler": _("Handler"),
        "editor": _("Editor"),
        "officer": _("Officer"),
        "auditor": _("Auditor"),
        "owner": _("Owner"),
    }.get(role, role)


@once_per_language
def role_words(role: str) -> str:
    """Returns what a role is for."""
    return {
        "viewer": _("sees sites and consent records"),
        "handler": _("also sees and exports personal data"),
        "editor": _("also changes notices and the banner"),
        "officer": _("also approves, certifies and reviews"),
        "auditor": _("reads everything, changes nothing"),
        "owner": _("everything"),
    }.get(role, "")


def token_state(state: str) -> str:
    """Returns whether a token of a machine is of use."""
    return {"valid": _("valid"), "expired": _("expired"), "revoked": _("revoked")}[state]


def scope_name(scope: str) -> str:
    """Returns what a token of a machine opens."""
    return {
        "consents.export": _("export consent records"),
        "metrics.read": _("read the metrics"),
    }.get(scope, scope)
