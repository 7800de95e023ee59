"""The schedule: each record class, how long it is kept and why, and which rows of which tables.

One list for what is enforced and for what is printed: the retention run destroys by these rows, and
the console, `retention classes` and the policy page of every site print them. A table that belongs
to no class fails tests/house, so adding a table is adding a row here; its words stand in `texts`.
Sources of the periods: each class names its own in the words of `basis`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from consent_server.config import Settings

Keeps = Literal["months", "in_force", "no_end", "own_end"]
Engine = Literal["rows", "day", "own"]

RIGHTS_MONTHS: Final = 36  # complaints and disputes: e-commerce decree art. 6(1)
GRANT_MONTHS: Final = 36  # grants, changes and revocations: safety standard art. 5
DISCLOSURE_MONTHS: Final = 84  # ledger of what was handed over: PCSA art. 13(7), seven years


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows of one table.

    counted_from: column of the instant that the months count from; while it is empty, no end comes.
    made: column of the instant when a row was written (default: counted_from); ids go with it.
    next_of: columns that name whose later row also ends this one (the months count from that).
    starts, but_not: only rows whose column (the first word) begins with the second, or does not.
    engine: rows = by their months, one by one (main database only); day = with the key of their
    day; own = the room that has them removes them itself, at an end of their own.
    by_month: the months count from the end of the calendar month, and all of it goes at once, with
    a certificate (the access log only).
    """

    table: str
    bind: Literal["main", "archive"] = "main"
    engine: Engine = "rows"
    counted_from: str = ""
    made: str = ""
    next_of: tuple[str, ...] = ()
    starts: tuple[str, str] | None = None
    but_not: tuple[str, str] | None = None
    by_month: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordClass:
    """One line of the retention table. name: stable key, also of its words.

    keeps: months = so many whole calendar months; in_force = while it is needed as it is;
    no_end = for good; own_end = until an instant that each record names itself.
    is_printed: whether the policy page has it: not what is about no person at all.
    of_visits: whether only sites that log visits have it.
    """

    name: str
    keeps: Keeps
    months: int | None = None
    rows: tuple[Rows, ...] = ()
    is_printed: bool = True
    of_visits: bool = False


def record_classes(settings: Settings) -> tuple[RecordClass, ...]:
    """Returns the retention table of this deployment, in the order in which it is printed."""
    log_months = settings.access_log_months
    return (
        RecordClass(
            name="visit",
            keeps="months",
            months=settings.visit_months,
            rows=(
                Rows(table="visits", engine="day"),
                Rows(table="recent_visits", engine="own"),
                Rows(table="archived_visits", bind="archive", engine="day"),
            ),
            of_visits=True,
        ),
        RecordClass(name="legal_hold", keeps="own_end", rows=_HELD, of_visits=True),
        RecordClass(name="statistics", keeps="no_end", rows=_COUNTS, of_visits=True),
        RecordClass(
            name="decision_statistics",
            keeps="no_end",
            rows=(
                Rows(table="decision_counts"),
                Rows(table="circumstance_counts"),
                Rows(table="consent_spans"),
            ),
        ),
        _consent(settings.consent_months),
        RecordClass(name="rights_request", keeps="months", months=RIGHTS_MONTHS),
        RecordClass(
            name="disclosure",
            keeps="months",
            months=DISCLOSURE_MONTHS,
            rows=(
                Rows(table="archive_decisions", counted_from="decided_at"),
                Rows(table="archive_requests", counted_from="asked_at"),
                Rows(table="disclosures", counted_from="at"),
            ),
            of_visits=True,
        ),
        RecordClass(
            name="access_log",
            keeps="months",
            months=log_months,
            rows=(Rows(table="access_log", counted_from="at", but_not=_GRANTS, by_month=True),),
        ),
        RecordClass(
            name="grant_history",
            keeps="months",
            months=GRANT_MONTHS,
            rows=(Rows(table="access_log", counted_from="at", starts=_GRANTS, by_month=True),),
        ),
        RecordClass(  # never gone before what was looked at
            name="log_review",
            keeps="months",
            months=max(GRANT_MONTHS, log_months),
            rows=(Rows(table="log_reviews", counted_from="at"),),
            is_printed=False,
        ),
        RecordClass(
            name="account",
            keeps="in_force",
            rows=(
                Rows(table="operators"),
                Rows(table="operator_passwords"),
                Rows(table="operator_passkeys"),
                Rows(table="api_tokens"),
                *(
                    Rows(table=name, engine="own")  # a job forgets them (operators)
                    for name in ("operator_grants", "operator_invitations", "operator_sessions")
                ),
            ),
        ),
        RecordClass(
            name="export",
            keeps="months",
            months=log_months,
            rows=(Rows(table="exports", counted_from="shredded_at", made="made_at"),),
        ),
        RecordClass(
            name="destruction_certificate",
            keeps="no_end",
            rows=(Rows(table="destruction_certificates"), Rows(table="certificate_confirmations")),
        ),
        RecordClass(
            name="request_count", keeps="own_end", rows=(Rows(table="rate_counts", engine="own"),)
        ),
        RecordClass(name="notice", keeps="no_end", rows=_NOTICES, is_printed=False),
        RecordClass(name="working_state", keeps="own_end", rows=_WORKING, is_printed=False),
    )


def published_classes(
    classes: tuple[RecordClass, ...], *, logs_visits: bool
) -> tuple[RecordClass, ...]:
    """Returns what the policy page of a site prints."""
    return tuple(c for c in classes if c.is_printed and (logs_visits or not c.of_visits))


def destroyed_by_rows(classes: tuple[RecordClass, ...]) -> Iterator[tuple[RecordClass, Rows]]:
    """Yields what goes row by row when its months are over."""
    for record_class in classes:
        if record_class.keeps == "months":
            for rows in record_class.rows:
                if rows.engine == "rows":
                    yield record_class, rows


def _consent(months: int) -> RecordClass:
    """Returns the class of consent records: for good, unless the policy names an end."""
    return RecordClass(
        name="consent",
        keeps="months" if months else "in_force",
        months=months or None,
        rows=(
            Rows(
                table="consent_records",
                counted_from="valid_until",
                made="recorded_at",
                next_of=("site_id", "visitor_id"),
            ),
        ),
    )


_GRANTS: Final = ("act", "operator.")
_NOTICES: Final = tuple(
    Rows(table=name)
    for name in (
        "sites",
        "site_origins",
        "policy_versions",
        "policy_texts",
        "policy_drafts",
        "policy_cancellations",
        "pinned_scripts",
        "banner_states",
        "banner_scripts",
    )
)
_HELD: Final = tuple(
    Rows(table=name, bind="archive", engine="own")
    for name in ("legal_holds", "hold_days", "held_visits")
)
_COUNTS: Final = tuple(
    Rows(table=name) for name in ("visit_counts", "archived_counts", "visit_days")
)
_WORKING: Final = (
    *(
        Rows(table=name, engine="own")
        for name in (
            "leases",
            "revision",
            "destruction_limits",
            "open_destructions",
            "ring_state",
            "erasures",
            "decision_progress",
            "held_counts",
            "export_jobs",
            "export_schedules",
        )
    ),
    Rows(table="archived_erasures", bind="archive", engine="own"),
)
