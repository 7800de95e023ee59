"""The parts of the script: joined when the settings say so, else fetched when first needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from consent_server.sites.services import keep_banner_settings
from support.countries import IN_KOREA, IN_THE_US, NOWHERE, write_countries
from support.script import config_in
from support.shop import MakeShop, Shop

pytestmark = pytest.mark.on_sqlite


def get(shop: Shop, path: str, **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return shop.app.test_client().get(f"/embed/{shop.key}{path}", headers=named)


def config(shop: Shop, **headers: str) -> dict[str, Any]:
    return config_in(get(shop, ".js", **headers).data)


def change(shop: Shop, settings: str) -> None:
    with shop.app.app_context():
        keep_banner_settings(shop.key, settings)


def test_a_part_under_the_address_that_names_it_may_be_kept_for_good(shop: Shop) -> None:
    build = config(shop)["build"]

    named = get(shop, f"/preferences.js?lang=en&v={build}")
    guessed = get(shop, "/preferences.js?lang=en&v=0000000000")

    assert "immutable" in named.headers["Cache-Control"]
    assert "immutable" not in guessed.headers["Cache-Control"]
    assert named.data == guessed.data
    assert named.data.startswith(b"ConsentBanner.join(function(require){")


def test_the_name_of_the_parts_changes_with_the_settings(shop: Shop) -> None:
    before = config(shop)["build"]

    change(shop, '{"reload": true}')

    assert config(shop)["build"] != before


@pytest.mark.parametrize("part", ["google", "cleanup", "door", "..", "nothing"])
def test_only_parts_that_a_page_may_need_later_are_served_alone(shop: Shop, part: str) -> None:
    assert get(shop, f"/{part}.js").status_code == 404


def test_a_part_brings_the_words_that_the_start_left_out(shop: Shop) -> None:
    start = config(shop, Accept_Language="en")
    part = get(shop, "/preferences.js?lang=en").get_data(as_text=True)

    assert "labels" not in start
    assert "preferences_title" not in start["texts"]
    assert '"preferences_title":' in part
    assert '"labels":' in part


REGIONS = [
    pytest.param("US", True, id="a country with a rule of its own"),
    pytest.param("us", True, id="in small letters"),
    pytest.param("KR", False, id="any other country"),
    pytest.param("", False, id="no country"),
]


@pytest.mark.parametrize(("country", "is_open"), REGIONS)
def test_the_country_of_the_header_decides_the_mode(
    make_shop: MakeShop, country: str, is_open: bool
) -> None:
    shop = make_shop(country_header="CF-IPCountry")
    change(shop, '{"modes": {"default": "opt_in", "regions": {"US": "opt_out"}}}')

    response = get(shop, ".js", CF_IPCountry=country)

    assert ("open" in config(shop, CF_IPCountry=country)) is is_open
    assert response.headers["Cache-Control"].startswith("private")


def test_an_unknown_country_gets_the_strictest_mode(make_shop: MakeShop) -> None:
    shop = make_shop(country_header="CF-IPCountry")
    change(shop, '{"modes": {"default": "opt_out", "regions": {"DE": "opt_in"}}}')

    assert "open" not in config(shop)
    assert "open" in config(shop, CF_IPCountry="US")


def test_without_a_trusted_header_nobody_can_claim_a_country(shop: Shop) -> None:
    change(shop, '{"modes": {"default": "opt_in", "regions": {"US": "opt_out"}}}')

    assert "open" not in config(shop, CF_IPCountry="US")


@pytest.mark.parametrize(
    ("address", "is_open"), [(IN_THE_US, True), (IN_KOREA, False), (NOWHERE, False)]
)
def test_a_database_of_this_machine_decides_the_mode(
    make_shop: MakeShop, tmp_path: Path, address: str, is_open: bool
) -> None:
    shop = make_shop(country_database=str(write_countries(tmp_path / "countries.mmdb")))
    change(shop, '{"modes": {"default": "opt_in", "regions": {"US": "opt_out"}}}')
    peer = {"REMOTE_ADDR": address}

    answer = shop.app.test_client().get(f"/embed/{shop.key}.js", environ_base=peer)

    assert ("open" in config_in(answer.data)) is is_open
    assert answer.headers["Cache-Control"].startswith("private")


def test_an_answer_that_no_region_changes_may_be_shared(
    make_shop: MakeShop, tmp_path: Path
) -> None:
    shop = make_shop(country_database=str(write_countries(tmp_path / "countries.mmdb")))

    assert get(shop, ".js").headers["Cache-Control"].startswith("public")


def test_do_not_track_counts_only_where_the_site_says_so(shop: Shop) -> None:
    ignored = get(shop, ".js", DNT="1")
    change(shop, '{"dnt": true}')
    heeded = get(shop, ".js", DNT="1")

    assert "signal" not in config_in(ignored.data)
    assert "DNT" not in ignored.headers["Vary"]
    assert config_in(heeded.data)["signal"] is True
    assert "DNT" in heeded.headers["Vary"]
    assert "signal" not in config(shop, DNT="0")


def test_the_signal_header_has_its_own_answer(shop: Shop) -> None:
    change(shop, "{}")

    response = get(shop, ".js", Sec_GPC="1")

    assert "Sec-GPC" in response.headers["Vary"]
    assert config(shop, Sec_GPC="1").get("signal") is ("gpc" in config(shop) or None)


def test_a_site_that_does_not_mirror_cc_has_nothing_of_it(shop: Shop) -> None:
    before = get(shop, ".js").data

    change(shop, '{"mirror_cc": true}')

    assert b"cc:" not in before
    assert b"cc:" in get(shop, ".js").data
