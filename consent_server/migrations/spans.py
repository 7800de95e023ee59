"""Where consent records lie that are counted already, in one statement (statistics.spans)."""

from __future__ import annotations

from typing import Final

_OF_SQLITE: Final = (
    "substr(recorded_at, 1, 10)",
    "substr(min(recorded_at), 1, 13) || ':00:00.000000'",
    "datetime(substr(max(recorded_at), 1, 13) || ':00:00', '+1 hour') || '.000000'",
)
_OF_POSTGRES: Final = (
    "(recorded_at AT TIME ZONE 'UTC')::date",
    "date_trunc('hour', min(recorded_at))",
    "date_trunc('hour', max(recorded_at)) + interval '1 hour'",
)


def filling_spans(engine: str) -> str:
    """Returns the statement that fills an empty table of spans, by calendar day in UTC.

    engine: the dialect's name. The job goes on from there, by day in the zone of the law.
    """
    day, first_at, last_at = _OF_SQLITE if engine == "sqlite" else _OF_POSTGRES
    return (
        "INSERT INTO consent_spans (day, site_id, action, policy_version, language,"  # noqa: S608
        " first_id, last_id, first_at, last_at, records)"
        f" SELECT {day}, site_id, action, policy_version, language,"
        f" min(id), max(id), {first_at}, {last_at}, count(*) FROM consent_records"
        " WHERE id <= (SELECT coalesce(max(counted_id), 0) FROM decision_progress)"
        f" GROUP BY {day}, site_id, action, policy_version, language"
    )
