"""The console's pages of the access log: filtered, handed out, reviewed month by month."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from consent_server import clock
from consent_server.audit.services import Act, record_act
from consent_server.storage.append_only import trigger_name
from consent_server.storage.database import db
from support.console import Console, new_console
from support.shop import Shop

SEOUL = ZoneInfo("Asia/Seoul")
REVIEWS = "/admin/access-log/reviews"
MONTH = f"{REVIEWS}/2026-10"
TurnClock = Callable[[datetime], None]
pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)


@pytest.fixture
def turn_clock(monkeypatch: pytest.MonkeyPatch) -> TurnClock:
    return lambda instant: monkeypatch.setattr(clock, "now", lambda: instant)


@pytest.fixture
def officer(app: Flask, shop: Shop, turn_clock: TurnClock) -> Console:
    """In November; October has entries of two people."""
    turn_clock(datetime(2026, 10, 14, 12, tzinfo=SEOUL))
    with app.app_context():
        for operator, act, reason in (
            ("kim@shop.example", "visits.view", "=cmd|' /C calc'!A0"),
            ("lee@shop.example", "consents.exported", "audit"),
        ):
            record_act(
                Act(operator=operator, act=act, reason=reason, site_id=shop.id, source="10.1.1.1")
            )
    turn_clock(datetime(2026, 11, 12, 12, tzinfo=SEOUL))
    return new_console(app, "officer")


def rows_of(page: str) -> int:
    return page.split("<tbody>")[1].count("<tr>") if "<tbody>" in page else 0


def test_the_log_shows_what_is_asked_for(officer: Console) -> None:
    asked = {
        "operator=kim@shop.example": 1,
        "group=export": 1,
        "group=view&source=10.1.1.1": 1,
        "source=10.1.1.2": 0,
        "since=2026-10-14&until=2026-10-14": 2,
        "since=2026-10-15&until=2026-10-31": 0,
        "since=2026-10-14&until=2026-10-14&group=none&site=none": 2,
        "operator=%00": 0,
    }

    shown = {query: rows_of(officer.get(f"/admin/access-log?{query}").text) for query in asked}

    assert shown | {"operator=%00": 0} == asked


def test_a_copy_of_the_log_is_harmless_in_a_spreadsheet_and_stands_in_the_log(
    officer: Console, shop: Shop
) -> None:
    without = officer.send("/admin/access-log", form="/admin/access-log", reason=" ")
    answer = officer.send(
        "/admin/access-log", form="/admin/access-log", reason="audit", group="view"
    )

    assert without.status_code == 400
    assert answer.data.startswith(b"\xef\xbb\xbf")
    [row] = csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert row["reason"] == "'=cmd|' /C calc'!A0"
    assert (row["operator"], row["act"], row["site"]) == (
        "kim@shop.example", "visits.view", shop.key,
    )  # fmt: skip
    assert (officer.acts()[-1].act, officer.acts()[-1].reason) == ("log.export", "audit")


def sign(console: Console, **fields: str) -> TestResponse:
    return console.send(
        MONTH, form="/admin/account", **{"finding": "All asked for.", "number": "1"} | fields
    )


def test_a_month_is_overdue_on_the_overview_until_it_is_signed(officer: Console) -> None:
    overview, listed = officer.get("/admin/").text, officer.get(REVIEWS).text
    page = officer.get(MONTH).text
    signed = sign(officer)
    again = sign(officer)

    assert "should be reviewed by now" in overview
    assert "overdue" in listed
    for told in ("kim@shop.example", "lee@shop.example", "audit"):
        assert told in page
    assert signed.status_code == 302
    assert "All asked for." in officer.get(MONTH).text
    assert again.status_code == 400
    assert "should be reviewed by now" not in officer.get("/admin/").text


def test_metrics_count_the_months_that_nobody_reviewed(officer: Console) -> None:
    found = re.search(r"^consent_log_reviews_overdue (\S+)", officer.get("/metrics").text, re.M)

    assert found
    assert float(found[1]) == 1


def test_signing_asks_who_it_is_and_keeps_what_was_written(officer: Console) -> None:
    with officer.client.session_transaction(path="/admin/") as session:
        session["fs_paa"] -= 15 * 60 + 1

    hidden = officer.get(MONTH).text
    late = sign(officer, finding="Long thought about.")

    assert "<textarea" not in hidden
    assert late.status_code == 400
    assert "Long thought about." in late.text
    assert [act.act for act in officer.acts()].count("log.review") == 0


def test_an_auditor_reads_reviews_and_signs_none(app: Flask, officer: Console) -> None:
    auditor = new_console(app, "auditor")

    assert auditor.get(MONTH).status_code == 200
    assert "<textarea" not in auditor.get(MONTH).text
    assert sign(auditor).status_code == 403


def test_a_month_that_was_changed_after_its_review_says_so(app: Flask, officer: Console) -> None:
    sign(officer)
    with app.app_context():
        on = "" if db.engine.dialect.name == "sqlite" else " ON access_log"
        db.session.execute(text(f"DROP TRIGGER {trigger_name('access_log', 'update')}{on}"))
        db.session.execute(text("UPDATE access_log SET reason = 'x' WHERE act = 'visits.view'"))
        db.session.commit()

    assert "not those that were reviewed" in officer.get(MONTH).text


def test_a_month_that_is_none_is_not_found(officer: Console) -> None:
    months = ("2026-13", "2020-01", "x", "2026-10-01", "2027-05")

    assert {officer.get(f"{REVIEWS}/{month}").status_code for month in months} == {404}
