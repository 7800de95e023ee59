"""The retention table and the ledger of destruction."""

from __future__ import annotations

from flask_babel import gettext as _

__all__ = ["destruction_method", "destruction_reason", "record_class_name"]


def record_class_name(record_class: str) -> str:
    """Returns what a class of the retention table holds."""
    return {
        "visit": _("Visit records"),
        "held visit": _("Visit records of a legal hold"),
        "access_log": _("Access log"),
        "grant_history": _("History of operators' rights"),
    }.get(record_class, record_class)


def destruction_reason(reason: str) -> str:
    """Returns why records were destroyed."""
    return {
        "period_over": _("the retention period was over"),
        "withdrawal": _("the visitor withdrew or asked for it"),
        "hold_ended": _("a legal hold ended"),
        "found_again": _("found again, such as after a restored backup"),
    }.get(reason, reason)


def destruction_method(method: str) -> str:
    """Returns how records were destroyed."""
    return {
        "key_and_rows": _(
            "encryption key overwritten and removed, rows overwritten, database log emptied"
        ),
        "key_and_partition": _(
            "encryption key overwritten and removed, table of the day truncated and dropped"
        ),
        "rows": _("rows removed"),
    }.get(method, method)
