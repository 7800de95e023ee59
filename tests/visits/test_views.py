"""`POST /v1/visits`: what is kept of a page view, and how."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from consent_server import clock
from consent_server.storage.database import db
from consent_server.visits.services import VisitFilter, VisitView
from support.shop import IPHONE, Shop


def read_visits(shop: Shop) -> list[VisitView]:
    with shop.app.app_context():
        return shop.house.reader.newest(VisitFilter(site_id=shop.id))


def test_a_visit_keeps_time_site_path_address_and_device(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = datetime(2026, 1, 15, 0, 30, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: at)

    response = shop.send_visit(
        shop.visit(
            path="/pricing?email=a@b.example#top", referrer="https://search.example/?q=secret"
        ),
        environ_base={"REMOTE_ADDR": "203.0.113.77"},
    )

    assert response.status_code == 204
    assert response.data == b""
    [visit] = read_visits(shop)
    assert (visit.recorded_at, visit.site_id, visit.path) == (at, shop.id, "/pricing")
    assert (visit.ip, visit.referrer) == ("203.0.113.77", "https://search.example")
    assert (visit.browser, visit.system, visit.device) == ("Mobile Safari", "iOS", "iPhone")
    assert (visit.device_class, visit.is_bot) == ("mobile", False)
    assert visit.gone_at == datetime(2026, 4, 15, 15, tzinfo=UTC)


def test_no_column_of_the_table_shows_address_path_or_user_agent(shop: Shop) -> None:
    shop.send_visit(shop.visit(), environ_base={"REMOTE_ADDR": "203.0.113.77"})

    with shop.app.app_context():
        [row] = db.session.execute(text("SELECT * FROM visits")).all()

    stored = " ".join(str(bytes(cell) if isinstance(cell, memoryview) else cell) for cell in row)
    for secret in ("203.0.113.77", "pricing", "iPhone", "Safari"):
        assert secret not in stored


def test_a_forged_forwarded_header_is_ignored(shop: Shop) -> None:
    shop.send_visit(
        shop.visit(),
        headers={"X-Forwarded-For": "6.6.6.6", "Forwarded": "for=6.6.6.6", "X-Real-IP": "6.6.6.6"},
        environ_base={"REMOTE_ADDR": "203.0.113.77"},
    )

    assert [visit.ip for visit in read_visits(shop)] == ["203.0.113.77"]


def test_the_same_page_view_sent_again_is_one_row(shop: Shop) -> None:
    visit = shop.visit()

    statuses = [shop.send_visit(visit).status_code for _ in range(3)]

    assert statuses == [204, 204, 204]
    assert len(read_visits(shop)) == 1


def test_a_visit_of_a_known_visitor_names_him_by_pseudonym(shop: Shop) -> None:
    answer = json.loads(shop.send_consent(shop.submission()).data)

    shop.send_visit(shop.visit(visitor=answer["token"]))

    assert read_visits(shop)[0].visitor == answer["receipt"]["pii_principal_id"]


REFUSED = [
    pytest.param({"ip": "1.2.3.4"}, 400, id="the client does not say its address"),
    pytest.param({"recorded_at": "2020-01-01"}, 400, id="the client does not say the time"),
    pytest.param({"visit_id": "x"}, 400, id="no UUID"),
    pytest.param({"path": 7}, 400, id="path is no text"),
    pytest.param({"path": "/" + "a" * 3000}, 400, id="path too long"),
    pytest.param({"visitor": "forged.token.here"}, 403, id="forged token"),
    pytest.param({"site": "unknownunkno"}, 404, id="unknown site"),
]


@pytest.mark.parametrize(("change", "status"), REFUSED)
def test_a_bad_visit_is_refused_and_nothing_is_written(
    shop: Shop, change: dict[str, Any], status: int
) -> None:
    response = shop.send_visit(shop.visit(**change))

    assert response.status_code == status
    assert response.mimetype == "application/problem+json"
    assert read_visits(shop) == []


def test_a_foreign_origin_is_refused(shop: Shop) -> None:
    assert shop.send_visit(shop.visit(), origin="https://evil.example").status_code == 403
    assert read_visits(shop) == []


def test_a_user_agent_of_100_kilobytes_is_cut(shop: Shop) -> None:
    hostile = IPHONE + " Mozilla/5.0 (" * 7500 + " Googlebot/2.1"

    response = shop.send_visit(shop.visit(), user_agent=hostile)

    assert response.status_code == 204
    [visit] = read_visits(shop)
    assert (visit.system, visit.is_bot) == ("iOS", False)


FROZEN = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0.0.0 Safari/537.36"
)


def test_hints_of_the_report_and_of_the_headers_name_the_device(shop: Shop) -> None:
    shop.send_visit(
        shop.visit(hints={"platformVersion": "14.0.0", "model": "SM-S918N"}),
        user_agent=FROZEN,
        headers={"Sec-CH-UA-Mobile": "?1", "Sec-CH-UA-Platform": '"Android"'},
    )

    [visit] = read_visits(shop)
    assert (visit.system, visit.system_version) == ("Android", "14")
    assert (visit.device, visit.device_class) == ("Samsung SM-S918N", "mobile")


@pytest.mark.parametrize("name", ["platform", "platformVersion", "model"])
def test_a_hint_of_500_characters_is_refused(shop: Shop, name: str) -> None:
    assert shop.send_visit(shop.visit(hints={name: "x" * 500})).status_code == 400
    assert read_visits(shop) == []


def test_a_site_that_keeps_no_visit_log_stores_none(shop: Shop) -> None:
    from consent_server.sites.services import NewSite, change_site, find_site

    with shop.app.app_context():
        change_site(
            find_site(shop.key),
            NewSite(name="Shop", origins=["https://shop.example"], visit_basis="off"),
        )

    assert shop.send_visit(shop.visit()).status_code == 204
    assert read_visits(shop) == []


def test_a_path_with_control_characters_is_kept_as_an_address_would_write_it(shop: Shop) -> None:
    shop.send_visit(shop.visit(path="/a\0b\r\n\x1bc/한글"))

    assert read_visits(shop)[0].path == "/a%00b%0D%0A%1Bc/한글"


def test_a_key_ring_that_cannot_be_used_is_a_503_and_nothing_is_stored(shop: Shop) -> None:
    keys = shop.house.settings.keys_dir
    keys.mkdir()
    (keys / "generations").write_text("a file is in the way, as a full or lost disk would be")

    response = shop.send_visit(shop.visit())

    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    assert read_visits(shop) == []
