"""A console with something on every page, and the addresses of all its pages.

An address belongs to an endpoint, so that a new page without one is found missing.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from functools import partial
from unittest.mock import patch
from urllib.parse import urlsplit

from flask import Flask
from sqlalchemy import insert

from consent_server import clock
from consent_server.audit.services import Act, record_act
from consent_server.certificates.rules import DestroyedRecords
from consent_server.certificates.services import issue_certificate
from consent_server.consents.models import ConsentRecord
from consent_server.house import house_of
from consent_server.reviews.months import Month
from consent_server.statistics.models import CircumstanceCount, VisitCount
from consent_server.storage.database import db
from consent_server.visits.models import VisitDay
from support.console import Console
from support.shop import Shop

_DAYS = 30
_ON_THE_WAY = {  # to be seen only on the way in, or with a link or a passkey (tests/operators)
    "admin.fetch_exported_file",  # a file (tests/reports)
    "admin.show_passkey",
    "passkeys.show_first",
    "passkeys.show_second",
    "passkeys.show_sign_in",
    "security.logout",
    "security.mf_recovery",
    "security.tf_select",
    "security.two_factor_rescue",
    "security.two_factor_token_validation",
    "invitations.show",
    "admin.confirm_before_review",
}
_GRANTS = {
    "accept_all": {"functional": True, "analytics": True, "marketing": True},
    "customise": {"functional": True, "analytics": True, "marketing": False},
    "ask_each": {"functional": False, "analytics": False, "marketing": False},
    "refuse_all": {"functional": False, "analytics": False, "marketing": False},
}
_VALUES = {
    "path": ["/", "/pricing", "/a-page-with-a-rather-long-name/and-another-part-of-it"],
    "referrer": ["", "https://search.example", "https://news.example"],
    "browser": ["Chrome", "Safari", "Samsung Internet"],
    "system": ["Android", "iOS", "Windows"],
    "country": ["KR", "US", ""],
    "device": ["mobile", "pc", "tablet"],
}


def furnish(shop: Shop, owner: Console) -> dict[str, str]:
    """Fills a deployment by its own forms where it can; returns page addresses by endpoint."""
    today = shop.house.settings.visit_period.day_of(clock.now())
    _decide(shop, today)
    _count_visits(shop, today)
    _count_devices(shop, today)
    destroy_a_day(shop, today)
    shop.send_consent(shop.submission())
    shop.send_visit(shop.visit(path="/" + "p" * 500, referrer=f"https://{'r' * 60}.example/"))
    hold = owner.send(
        "/admin/holds/new", "/admin/holds/new", name="Case 7", basis="court", officer="J. Kim",
        reference="2026Ka-hap 1234", site=shop.key, narrowed_by="site", confirmed="on",
        ends=(today + timedelta(days=100)).isoformat(), reason="order of the court",
    )  # fmt: skip
    why = {"form": "/admin/exports", "purpose": "audit", "reason": "Yearly audit"}
    owner.send("/admin/exports", kind="consents", **why)
    waiting = owner.send("/admin/exports", kind="visits", how="background", **why)
    daily = {"kind": "visits", "every": "day", "place": "folder", "target": "shop/daily"}
    owner.send("/admin/exports/schedules", **daily, **why)
    listed = owner.get("/admin/exports/copies").text
    copy = listed.split('href="/admin/exports/copies/')[1].split('"')[0]
    consent = owner.get("/admin/consents").text.split('href="/admin/consents/')[1].split('"')[0]
    form = "/admin/operators/tokens"
    owner.send(form, form=form, name="backup", scopes="consents.export", days="30")
    return _addresses(shop) | {
        "admin.show_review": f"/admin/access-log/reviews/{_review_last_month(shop, today)}",
        "admin.show_token": f"{form}/1",
        "admin.show_archive_request": _ask_for_archive(owner, today),
        "admin.show_consent_record": f"/admin/consents/{consent}",
        "admin.ask_about_copy": f"/admin/exports/copies/{copy}",
        "admin.show_prepared_export": urlsplit(waiting.location).path,
        "admin.show_hold": urlsplit(hold.location).path,
    }


def endpoints_of_pages(app: Flask) -> set[str]:
    """Returns every endpoint of the console that shows a page."""
    return {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/admin")
        and "GET" in (rule.methods or ())
        and "." not in rule.rule.rsplit("/", 1)[-1]  # files to download
        and rule.endpoint not in _ON_THE_WAY
    }


def _addresses(shop: Shop) -> dict[str, str]:
    site = f"/admin/sites/{shop.key}"
    return {
        "admin.overview": "/admin/",
        "admin.show_statistics": "/admin/statistics",
        "admin.list_sites": "/admin/sites",
        "admin.new_site": "/admin/sites/new",
        "admin.show_site": site,
        "admin.edit_site": f"{site}/change",
        "admin.show_studio": f"{site}/banner",
        "admin.show_preview": f"{site}/banner/preview",
        "admin.show_notice": f"{site}/notice",
        "admin.edit_draft": f"{site}/notice/draft",
        "admin.list_consent_records": "/admin/consents",
        "admin.list_visit_records": "/admin/visits",
        "admin.list_archive_requests": "/admin/archive",
        "admin.archive_form": "/admin/archive/new",
        "admin.list_disclosures": "/admin/disclosures",
        "admin.list_certificates": "/admin/certificates",
        "admin.show_certificate": "/admin/certificates/1",
        "admin.list_holds": "/admin/holds",
        "admin.new_hold": "/admin/holds/new",
        "admin.show_retention": "/admin/retention",
        "admin.export_form": "/admin/exports",
        "admin.list_copies": "/admin/exports/copies",
        "admin.list_prepared_exports": "/admin/exports/prepared",
        "admin.list_schedules": "/admin/exports/schedules",
        "admin.ask_about_schedule": "/admin/exports/schedules/1",
        "admin.access_log": "/admin/access-log",
        "admin.list_reviews": "/admin/access-log/reviews",
        "admin.list_tokens": "/admin/operators/tokens",
        "admin.list_operators": "/admin/operators",
        "admin.show_operator": "/admin/operators/1",
        "admin.own_account": "/admin/account",
        "admin.new_passkey": "/admin/account/passkeys/new",
        "security.change_password": "/admin/password",
        "security.mf_recovery_codes": "/admin/recovery-codes",
        "security.two_factor_setup": "/admin/second-factor",
        "security.verify": "/admin/confirm",
        "security.login": "/admin/sign-in",
    }


def _decide(shop: Shop, today: date) -> None:
    zone = shop.house.settings.visit_period.zone
    rows = [
        {
            "consent_id": uuid.uuid4(), "site_id": shop.id, "visitor_id": uuid.uuid4(),
            "action": action, "policy_version": 1, "language": language, "text_sha256": "0" * 64,
            "decisions": granted, "services": {}, "layer": "notice", "trusted": True, "gpc": False,
            "recorded_at": at, "valid_until": at + timedelta(days=365), "digest": "0" * 64,
        }
        for ago in reversed(range(1, _DAYS))
        for at in [datetime.combine(today - timedelta(days=ago), datetime.min.time(), zone)]
        for place, (action, granted) in enumerate(_GRANTS.items())
        for language in ("ko", "ko", "en")
        for _ in range(3 + (ago * 7 + place * 5) % 9)
    ]  # fmt: skip
    with shop.app.app_context(), db.engine.execution_options(writes=True).begin() as connection:
        connection.execute(insert(ConsentRecord), rows)


def _count_visits(shop: Shop, today: date) -> None:
    counts, days = [], []
    for ago in range(1, _DAYS):
        day = today - timedelta(days=ago)
        days.append({"day": day, "counted_at": clock.now(), "archived_at": clock.now()})
        seen = [("total", "", 400 + ago * 9 % 70), ("robots", "", 30), ("asked", "", 280)]
        seen += [
            (name, value, 200 - place * 60)
            for name, values in _VALUES.items()
            for place, value in enumerate(values)
        ]
        counts += [
            {"site_id": shop.id, "day": day, "dimension": name, "is_rest": False, "value": value,
             "visits": visits, "visitors": visits // 2}
            for name, value, visits in seen
        ]  # fmt: skip
    with shop.app.app_context(), db.engine.execution_options(writes=True).begin() as connection:
        connection.execute(insert(VisitCount), counts)
        connection.execute(insert(VisitDay), days)


def _count_devices(shop: Shop, today: date) -> None:
    places = [("device", "mobile", 40), ("device", "pc", 25), ("device", "bot", 10)]
    places += [("country", "KR", 45), ("country", "US", 15), ("country", "ZZ", 5)]
    rows = [
        {"site_id": shop.id, "day": today - timedelta(days=1), "dimension": dimension,
         "value": value, "what": what, "decided": decided, "records": records * times}
        for dimension, value, records in places
        for what, decided, times in (
            ("action", "accept_all", 2), ("action", "refuse_all", 1), ("granted", "analytics", 2),
            ("refused", "analytics", 1), ("granted", "marketing", 1), ("refused", "marketing", 2),
        )
        if value != "bot" or what == "action"
    ]  # fmt: skip
    with shop.app.app_context(), db.engine.execution_options(writes=True).begin() as connection:
        connection.execute(insert(CircumstanceCount), rows)


def destroy_a_day(shop: Shop, today: date) -> None:
    """Adds the certificate of a day that is over."""
    house, day = house_of(shop.app), today - timedelta(days=100)
    destroyed = DestroyedRecords(
        record_class="visit", day=day, records=412, sites={str(shop.id): 412},
        reason="period_over", method="key_and_rows", started_at=clock.now(), ended_at=clock.now(),
        executor="scheduler on node-1", reference=f"visit {day}",
    )  # fmt: skip
    house.writer.run(
        lambda connection: issue_certificate(connection, house.certificate_key, destroyed)
    )


def _review_last_month(shop: Shop, today: date) -> str:
    """Fills last month's access log with what stands out, and signs it."""
    month = Month((today.replace(day=1) - timedelta(days=1)).replace(day=1))
    zone = shop.house.settings.visit_period.zone
    night = month.begins_at(zone) + timedelta(days=9, hours=3)
    kim, lee = "kim.minseo@shop.example", "lee@shop.example"
    done = (
        (kim, "sign-in", None, "", "192.0.2.10"),
        (kim, "visits.view", 50, "Complaint 41 of a customer: what do we hold?", "192.0.2.10"),
        (kim, "visits.exported", 12_041, "Request of the privacy team", "192.0.2.10"),
        *[(lee, "sign-in.failed", None, "", "2001:db8:1234:5678:90ab:cdef:1234:5678")] * 5,
        ("command line", "operator.add", None, "handler", ""),
    )
    with shop.app.app_context():
        for minute, (operator, act, count, reason, source) in enumerate(done):
            reference = lee if act == "operator.add" else ""
            told = Act(
                operator=operator,
                act=act,
                record_count=count,
                reason=reason,
                source=source,
                reference=reference,
            )
            with patch.object(clock, "now", partial(_at, night + timedelta(minutes=minute))):
                record_act(told)
        finding = "Kim worked at night on complaint 41, as agreed.\nLee had forgotten a password."
        shop.house.reviewer.sign(month, "officer@shop.example", finding, number=1)
    return str(month)


def _at(instant: datetime) -> datetime:
    return instant


def _ask_for_archive(owner: Console, today: date) -> str:
    form = "/admin/archive/new"
    answer = owner.client.post(form, data={
        "basis": "communications_warrant", "permit_number": "2026-1234", "reason": "permit",
        "authority": "Seoul Central District Prosecutors' Office",
        "since": (today - timedelta(days=40)).isoformat(), "until": today.isoformat(),
        "items": ["recorded_at", "path"], "csrf_token": owner.token(form),
    })  # fmt: skip
    return urlsplit(answer.location).path
