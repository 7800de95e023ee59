"""Exports: what for, how often, how far."""

from __future__ import annotations

from flask_babel import gettext as _

__all__ = ["export_purpose", "export_state", "period_name"]


def export_purpose(purpose: str) -> str:
    """Returns what records are exported for."""
    return {
        "data_subject": _("A person asks for their data"),
        "authority": _("An authority asks"),
        "audit": _("Audit"),
        "support": _("Support of a visitor"),
        "analysis": _("Analysis"),
        "other": _("Something else"),
    }.get(purpose, "–")


def export_state(state: str) -> str:
    """Returns how an export in the background stands."""
    return {
        "queued": _("waits"),
        "running": _("is being written"),
        "done": _("done"),
        "failed": _("failed"),
        "cancelled": _("cancelled"),
    }[state]


def period_name(every: str) -> str:
    """Returns how often a scheduled export is made."""
    return {
        "day": _("Every day"),
        "week": _("Every week"),
        "month": _("Every month"),
    }.get(every, every)
