"""A console with something on every page, and the addresses of all its pages.

An address belongs to an endpoint, so that a new page without one is found missing.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from flask import Flask
from sqlalchemy import insert

from consent_server import clock
from consent_server.app import house_of
from consent_server.certificates.rules import DestroyedRecords
from consent_server.certificates.services import issue_certificate
from consent_server.consents.models import ConsentRecord
from consent_server.statistics.models import VisitCount
from consent_server.storage.database import db
from consent_server.visits.models import VisitDay
from support.console import Console
from support.shop import Shop

_DAYS = 30
_ON_THE_WAY = {  # to be seen only on the way in, or with a link or a passkey (tests/operators)
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
    _destroy(shop, today)
    shop.send_consent(shop.submission())
    shop.send_visit(shop.visit(path="/" + "p" * 500, referrer=f"https://{'r' * 60}.example/"))
    hold = owner.send(
        "/admin/holds/new", "/admin/holds/new", name="Case 7", basis="court", officer="J. Kim",
        reference="2026Ka-hap 1234", site=shop.key, narrowed_by="site", confirmed="on",
        ends=(today + timedelta(days=100)).isoformat(), reason="order of the court",
    )  # fmt: skip
    owner.send("/admin/exports", form="/admin/exports", kind="consents", reason="Yearly audit")
    listed = owner.get("/admin/exports/copies").text
    copy = listed.split('href="/admin/exports/copies/')[1].split('"')[0]
    consent = owner.get("/admin/consents").text.split('href="/admin/consents/')[1].split('"')[0]
    return _addresses(shop) | {
        "admin.show_archive_request": _ask_for_archive(owner, today),
        "admin.show_consent_record": f"/admin/consents/{consent}",
        "admin.ask_about_copy": f"/admin/exports/copies/{copy}",
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
        "admin.access_log": "/admin/access-log",
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
        seen = [("total", "", 400 + ago * 9 % 70), ("robots", "", 30)]
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


def _destroy(shop: Shop, today: date) -> None:
    house, day = house_of(shop.app), today - timedelta(days=100)
    destroyed = DestroyedRecords(
        record_class="visit", day=day, records=412, sites={str(shop.id): 412},
        reason="period_over", method="key_and_rows", started_at=clock.now(), ended_at=clock.now(),
        executor="scheduler on node-1", reference=f"visit {day}",
    )  # fmt: skip
    house.writer.run(
        lambda connection: issue_certificate(connection, house.certificate_key, destroyed)
    )


def _ask_for_archive(owner: Console, today: date) -> str:
    form = "/admin/archive/new"
    answer = owner.client.post(form, data={
        "basis": "communications_warrant", "permit_number": "2026-1234", "reason": "permit",
        "authority": "Seoul Central District Prosecutors' Office",
        "since": (today - timedelta(days=40)).isoformat(), "until": today.isoformat(),
        "items": ["recorded_at", "path"], "csrf_token": owner.token(form),
    })  # fmt: skip
    return urlsplit(answer.location).path
