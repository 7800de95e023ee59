"""What the pages of the console show: a year of it, and one of each thing that has a page.

Written as it lies in the database where that is the same as by the door: consent records, counts
of visits, certificates, the access log. Everything else comes by the console's own forms.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert

from consent_server.certificates.rules import DestroyedRecords
from consent_server.certificates.services import issue_certificate
from consent_server.house import house_of
from consent_server.statistics.models import CircumstanceCount, VisitCount
from consent_server.statistics.rules import MOST_VALUES
from consent_server.storage.database import db
from consent_server.visits.models import VisitDay

DAYS: Final = 365
_ACTIONS: Final = ("accept_all", "refuse_all", "customise", "ask_each", "withdraw")
_VALUES: Final = {"path": 200, "referrer": 100, "browser": 20, "system": 12}  # kept of a busy day
_COUNTRIES: Final = ("KR", "US", "JP", "DE", "FR", "GB", "VN", "TH", "CA", "AU")
_DEVICES: Final = ("pc", "mobile", "tablet", "other")
_LOGGED: Final = 20_000  # acts of a year, 55 a day


def write_consents(database: Path, sites: list[int], records: int) -> None:
    """Writes records in one transaction, oldest first."""
    with sqlite3.connect(database) as connection:
        marks = ", ".join("?" * 15)
        connection.executemany(
            "INSERT INTO consent_records (consent_id, site_id, visitor_id, action, policy_version,"
            " language, text_sha256, decisions, services, layer, trusted, gpc, recorded_at,"
            f" valid_until, digest) VALUES ({marks})",
            _consents(sites, records),
        )


def _consents(sites: list[int], records: int) -> Iterator[tuple[Any, ...]]:
    now = datetime.now(UTC)
    for number in range(records):
        at = now - timedelta(days=DAYS) * (1 - number / records)
        action = _ACTIONS[number % 7 % len(_ACTIONS)]
        granted = json.dumps({"analytics": action == "accept_all", "marketing": number % 3 == 0})
        yield (
            uuid.uuid4().hex, sites[number % 2], uuid.uuid4().hex, action, 1,
            "en" if number % 4 == 0 else "ko", "0" * 64, granted, "{}", "notice", 1, 0,
            f"{at:%Y-%m-%d %H:%M:%S.%f}", f"{at + timedelta(days=365):%Y-%m-%d %H:%M:%S.%f}",
            "0" * 64,
        )  # fmt: skip


def write_year(app: Flask, sites: list[int]) -> None:
    """Writes counts, certificates and the access log of a year; call in an app context."""
    today = house_of(app).settings.visit_period.day_of(datetime.now(UTC))
    days = [today - timedelta(days=ago) for ago in range(1, DAYS)]
    with db.engine.execution_options(writes=True).begin() as connection:
        now = datetime.now(UTC)
        connection.execute(
            insert(VisitDay), [{"day": day, "counted_at": now, "archived_at": now} for day in days]
        )
        for day in days:
            rows = [row for site in sites for row in _visit_counts(site, day)]
            connection.execute(insert(VisitCount), rows)
            rows = [row for site in sites for row in _circumstances(site, day)]
            connection.execute(insert(CircumstanceCount), rows)
    _certify(app, days[90:])
    with sqlite3.connect(str(db.engine.url.database)) as connection:
        connection.executemany(
            "INSERT INTO access_log (at, operator, act, reason, reference, source)"
            " VALUES (?, 'owner@bench.example', 'visits.view', 'complaint', '', '')",
            (
                (f"{now - timedelta(minutes=26 * ago):%Y-%m-%d %H:%M:%S.%f}",)
                for ago in reversed(range(_LOGGED))
            ),
        )


def _visit_counts(site: int, day: Any) -> Iterator[dict[str, Any]]:
    named = {name: [f"{name}-{n}" for n in range(count)] for name, count in _VALUES.items()}
    named |= {"country": list(_COUNTRIES), "device": list(_DEVICES)}
    seen = [("total", "", 40_000), ("robots", "", 900), ("asked", "", 20_000)]
    seen += [
        (name, value, 9000 // (place + 1))
        for name in MOST_VALUES
        for place, value in enumerate(named[name])
    ]
    for dimension, value, visits in seen:
        yield {
            "site_id": site, "day": day, "dimension": dimension, "is_rest": False, "value": value,
            "visits": visits, "visitors": visits // 2,
        }  # fmt: skip


def _circumstances(site: int, day: Any) -> Iterator[dict[str, Any]]:
    places = [("device", value) for value in _DEVICES] + [("country", c) for c in _COUNTRIES]
    kinds = [("action", action) for action in _ACTIONS[:4]]
    kinds += [(what, p) for what in ("granted", "refused") for p in ("analytics", "marketing")]
    for dimension, value in places:
        for what, decided in kinds:
            yield {
                "site_id": site, "day": day, "dimension": dimension, "value": value, "what": what,
                "decided": decided, "records": 50,
            }  # fmt: skip


def _certify(app: Flask, days: list[Any]) -> None:
    house, now = house_of(app), datetime.now(UTC)
    for day in reversed(days):
        destroyed = DestroyedRecords(
            record_class="visit", day=day, records=40_000, sites={"1": 40_000},
            reason="period_over", method="key_and_rows", started_at=now, ended_at=now,
            executor="scheduler on node-1", reference=f"visit {day}",
        )  # fmt: skip
        house.writer.run(
            lambda connection, one=destroyed: issue_certificate(  # type: ignore[misc]
                connection, house.certificate_key, one
            )
        )


def things_of(client: FlaskClient, site: str) -> dict[str, str]:
    """Makes one of each thing that has a page of its own; returns what the addresses name."""
    today = datetime.now(UTC).date()

    def send(form: str, **fields: Any) -> str:
        token = token_of(client.get(form).text)
        answer = client.post(form, data={"csrf_token": token, **fields})
        assert answer.status_code < 400, (form, answer.status_code)
        return urlsplit(answer.location or "").path.rsplit("/", 1)[-1]

    hold = send(
        "/admin/holds/new", name="Case 7", basis="court", officer="J. Kim", site=site,
        reference="2026Ka-hap 1234", narrowed_by="site", confirmed="on",
        ends=(today + timedelta(days=100)).isoformat(), reason="order of the court",
    )  # fmt: skip
    request = send(
        "/admin/archive/new", basis="communications_warrant", permit_number="2026-1234",
        reason="permit", authority="Seoul Central District Prosecutors' Office",
        since=(today - timedelta(days=40)).isoformat(), until=today.isoformat(),
        items=["recorded_at", "path"],
    )  # fmt: skip
    day = today - timedelta(days=2)
    why = {"purpose": "audit", "reason": "Yearly audit"}
    send("/admin/exports", kind="consents", since=day.isoformat(), until=day.isoformat(), **why)
    prepared = send("/admin/exports", kind="visits", how="background", **why)
    daily = {"kind": "visits", "every": "day", "place": "folder", "target": "shop/daily"}
    send("/admin/exports/schedules", **daily, **why)
    send("/admin/operators/tokens", name="backup", scopes="consents.export", days="30")
    send("/admin/visits", reason="complaint 41")
    listed = client.get("/admin/exports/copies").text
    consents = client.get("/admin/consents").text
    return {
        "site": site,
        "hold": hold,
        "archive_request": request,
        "copy": listed.split('href="/admin/exports/copies/')[1].split('"')[0],
        "consent": consents.split('href="/admin/consents/')[1].split('"')[0],
        "prepared": prepared,
        "last_month": f"{today.replace(day=1) - timedelta(days=1):%Y-%m}",
        "year_ago": (today - timedelta(days=DAYS)).isoformat(),
        "month_ago": (today - timedelta(days=30)).isoformat(),
    }


def token_of(page: str) -> str:
    """Returns the token of the forms of a page."""
    return page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
