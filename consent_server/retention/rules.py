"""The schedule: each record class, how long it is kept and why; printed as it is enforced."""

from __future__ import annotations

from dataclasses import dataclass

from consent_server.config import Settings


@dataclass(frozen=True, slots=True)
class RecordClass:
    """One line of the retention table.

    months: whole calendar months from the day after the record; None = while it proves a choice.
    """

    name: str
    months: int | None
    basis: str


def record_classes(settings: Settings) -> tuple[RecordClass, ...]:
    """Returns the retention table of this deployment."""
    return (
        RecordClass(
            "visit", settings.visit_months, "Protection of Communications Secrets Act decree 41(2)"
        ),
        RecordClass("legal hold", None, "a named case, until its end: PIPA art. 21(1) proviso"),
        RecordClass("consent", None, "proof of consent: PIPA art. 22, GDPR art. 7(1)"),
        RecordClass("access log", None, "safety standard for personal data, art. 8"),
    )
