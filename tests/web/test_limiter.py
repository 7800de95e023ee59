"""Rate limits: what one client and one site may send, whatever a client says it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text
from werkzeug.test import TestResponse

from consent_server import clock
from consent_server.errors import TooManyRequests
from consent_server.house import house_of
from consent_server.rates import parse_rates
from consent_server.storage.counts import Counts
from consent_server.storage.database import db
from consent_server.web.limiter import RateLimiter
from support.shop import MakeShop, Shop

NOON = datetime(2026, 3, 2, 12, 0, 10, tzinfo=UTC)
THREE = {"rate_limits": "address 3/minute"}
HERE = {"REMOTE_ADDR": "203.0.113.77"}


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """All happens ten seconds into a minute, so that no span ends by itself."""
    monkeypatch.setattr(clock, "now", lambda: NOON)


def statuses(send: Callable[[], TestResponse], times: int) -> list[int]:
    return [send().status_code for _ in range(times)]


def visits_from(shop: Shop, address: str, times: int, **headers: str) -> list[int]:
    return statuses(
        lambda: shop.send_visit(
            shop.visit(), environ_base={"REMOTE_ADDR": address}, headers=headers
        ),
        times,
    )


def test_an_address_is_refused_beyond_its_rate_and_told_when_to_come_back(
    make_shop: MakeShop,
) -> None:
    shop = make_shop(**THREE)
    assert visits_from(shop, "203.0.113.77", 3) == [204, 204, 204]

    refused = shop.send_visit(shop.visit(), environ_base=HERE)

    assert (refused.status_code, refused.mimetype) == (429, "application/problem+json")
    assert refused.json is not None
    assert refused.json["type"] == "/problems/too-many-requests"
    assert refused.json["limit"] == 3
    assert refused.headers["Retry-After"] == "50"
    assert refused.headers["RateLimit-Policy"] == '"address";q=3;w=60'
    assert refused.headers["RateLimit"] == '"address";r=0;t=50'
    assert "Retry-After" in refused.headers["Access-Control-Expose-Headers"]


def test_another_address_is_not_held_up(make_shop: MakeShop) -> None:
    shop = make_shop(**THREE)
    visits_from(shop, "203.0.113.77", 4)

    assert visits_from(shop, "203.0.113.78", 1) == [204]


def test_the_end_of_the_span_frees(make_shop: MakeShop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = make_shop(**THREE)
    visits_from(shop, "203.0.113.77", 4)

    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(seconds=49.9))
    before = visits_from(shop, "203.0.113.77", 1)
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(seconds=50))
    after = visits_from(shop, "203.0.113.77", 1)

    assert (before, after) == ([429], [204])


def test_submissions_visits_and_forms_of_an_address_count_together(make_shop: MakeShop) -> None:
    shop = make_shop(**THREE)
    client = shop.app.test_client()
    shop.send_visit(shop.visit(), environ_base=HERE)
    shop.send_consent(shop.submission(), environ_base=HERE)
    client.post(f"/preferences/{shop.key}", data={}, environ_base=HERE)

    late = [
        shop.send_visit(shop.visit(), environ_base=HERE),
        shop.send_consent(shop.submission(), environ_base=HERE),
        client.post(f"/preferences/{shop.key}", data={}, environ_base=HERE),
    ]

    assert [answer.status_code for answer in late] == [429, 429, 429]


def test_nothing_of_a_refused_request_is_read_or_stored(make_shop: MakeShop) -> None:
    shop = make_shop(**THREE)
    visits_from(shop, "203.0.113.77", 3)

    answer = shop.send_consent(b"{ not even JSON", environ_base=HERE)

    assert answer.status_code == 429


def test_a_site_is_refused_beyond_its_rate_wherever_it_comes_from(make_shop: MakeShop) -> None:
    shop = make_shop(rate_limits="site 3/minute")

    sent = [visits_from(shop, f"203.0.113.{number}", 1)[0] for number in range(5)]

    assert sent == [204, 204, 204, 429, 429]


def test_pages_that_ask_the_database_have_a_rate_of_their_own(make_shop: MakeShop) -> None:
    shop = make_shop(rate_limits="address 1/minute, pages 4/minute")
    client = shop.app.test_client()
    visits_from(shop, "203.0.113.77", 2)
    paths = [
        f"/policies/{shop.key}",
        f"/preferences/{shop.key}",
        f"/preferences/{shop.key}/receipt",
        f"/v1/consents/current?site={shop.key}",
    ]

    def status(path: str) -> int:
        return client.get(path, environ_base=HERE).status_code

    first, second = ([status(path) for path in paths] for _ in range(2))

    assert 429 not in first
    assert set(second) == {429}
    assert status(f"/embed/{shop.key}.js") == 200


def test_a_person_who_looks_up_too_much_reads_a_page(make_shop: MakeShop) -> None:
    shop = make_shop(rate_limits="pages 1/minute")
    client = shop.app.test_client()
    client.get(f"/policies/{shop.key}", environ_base=HERE)

    page = client.get(f"/policies/{shop.key}", headers={"Accept-Language": "ko"}, environ_base=HERE)

    assert (page.status_code, page.mimetype) == (429, "text/html")
    assert page.headers["Retry-After"] == "50"
    assert "요청이 너무 많습니다" in page.text


FORGED = [
    pytest.param(0, "6.6.6.{}", id="no proxy: the header is nobody's"),
    pytest.param(1, "6.6.6.{}, 203.0.113.77", id="one proxy: only its own entry counts"),
    pytest.param(1, "6.6.6.{}, 7.7.7.{}, 203.0.113.77", id="a longer tale"),
    pytest.param(2, "6.6.6.{}", id="past the proxies: the peer counts"),
    pytest.param(1, "nonsense {}", id="unknown addresses are one client"),
]


@pytest.mark.parametrize(("proxies", "forged"), FORGED)
def test_forged_headers_do_not_help(make_shop: MakeShop, proxies: int, forged: str) -> None:
    shop = make_shop(**THREE, trusted_proxies=proxies)

    sent = [
        visits_from(shop, "203.0.113.77", 1, **{"X-Forwarded-For": forged.format(number, number)})[
            0
        ]
        for number in range(5)
    ]

    assert sent == [204, 204, 204, 429, 429]


def test_off_lets_everything_in(make_shop: MakeShop) -> None:
    shop = make_shop(rate_limits="off")

    assert set(visits_from(shop, "203.0.113.77", 50)) == {204}


CLIENTS = [
    pytest.param("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True, id="one /64 is one client"),
    pytest.param("2001:db8:1:2::1", "2001:db8:1:3::1", False, id="the next /64 is another"),
    pytest.param("203.0.113.77", "203.0.113.78", False, id="every IPv4 address is one"),
    pytest.param("", "", True, id="no address is one client"),
]


@pytest.mark.parametrize(("first", "second", "is_same"), CLIENTS)
def test_a_client_is_what_one_household_gets(first: str, second: str, is_same: bool) -> None:
    limiter = RateLimiter(parse_rates("address 1/minute"), "s" * 40, Counts())
    limiter.check("address", first)

    if not is_same:
        return limiter.check("address", second)
    with pytest.raises(TooManyRequests):
        limiter.check("address", second)
    return None


def stored_words(engine: Engine) -> str:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM rate_counts")).all()
    return " ".join(str(cell) for row in rows for cell in row)


@pytest.mark.parametrize("address", ["203.0.113.77", "2001:db8:1:2::77"])
@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_an_address_never_appears_in_the_store(make_shop: MakeShop, address: str) -> None:
    shop = make_shop(**THREE)
    visits_from(shop, address, 3)
    shop.house.limiter.settle()

    with shop.app.app_context():
        words = stored_words(db.engine)

    assert "address" in words
    assert address not in words
    assert "2001" not in words


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_names_of_one_day_say_nothing_on_the_next(
    make_shop: MakeShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = make_shop(**THREE)
    for day in range(2):
        monkeypatch.setattr(clock, "now", lambda day=day: NOON + timedelta(days=day))
        visits_from(shop, "203.0.113.77", 1)
        house_of(shop.app).limiter.settle()

    with shop.app.app_context():
        keys = [word for word in stored_words(db.engine).split() if word.startswith("LIMITER/")]

    assert len({key.split("/")[2] for key in keys}) == 2
