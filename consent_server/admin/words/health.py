"""The service: what was looked at, and how it is."""

from __future__ import annotations

from flask_babel import gettext as _

from consent_server.admin.remembered import once_per_language

__all__ = ["check_name", "check_state"]


@once_per_language
def check_name(check: str) -> str:
    """Returns what of the service was looked at."""
    return {
        "main_database": _("Main database"),
        "keys": _("Key ring"),
        "queue": _("Queue of records to be written"),
        "disk": _("Room on the disks"),
        "destruction": _("Destruction in time"),
        "counting": _("Counting of visits"),
        "archiving": _("Moving to the archive"),
        "schedules": _("Scheduled exports"),
    }.get(check, check)


def check_state(status: str) -> str:
    """Returns how a part of the service is."""
    return {"ok": _("well"), "degraded": _("needs a look"), "failed": _("does not work")}[status]
