"""What a visit keeps of an address in each mode; no written form of one gets round its mode."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from consent_server.errors import CommandError
from consent_server.sites.rules import ADDRESS_MODES
from consent_server.sites.services import NewSite, change_site, find_site
from consent_server.storage.database import db
from consent_server.visits.modes import truncated
from consent_server.visits.services import VisitFilter, VisitView
from consent_server.web.client_address import normal_address
from support.countries import IN_KOREA, NOWHERE, write_countries
from support.shop import MakeShop, Shop

FORMS = {  # as a proxy or a socket writes an address: (the whole one, its network)
    "203.0.113.77": ("203.0.113.77", "203.0.113.0"),
    " 203.0.113.77 ": ("203.0.113.77", "203.0.113.0"),
    '"203.0.113.77"': ("203.0.113.77", "203.0.113.0"),
    "203.0.113.77:443": ("203.0.113.77", "203.0.113.0"),
    "0.0.0.1": ("0.0.0.1", "0.0.0.0"),  # noqa: S104  # a network, nothing is bound to it
    "255.255.255.255": ("255.255.255.255", "255.255.255.0"),
    "127.0.0.1": ("127.0.0.1", "127.0.0.0"),
    "10.1.2.3": ("10.1.2.3", "10.1.2.0"),
    "100.64.9.8": ("100.64.9.8", "100.64.9.0"),
    "169.254.10.20": ("169.254.10.20", "169.254.10.0"),
    "::ffff:203.0.113.77": ("203.0.113.77", "203.0.113.0"),
    "::FFFF:cb00:714d": ("203.0.113.77", "203.0.113.0"),
    "[::ffff:203.0.113.77]:8443": ("203.0.113.77", "203.0.113.0"),
    "0:0:0:0:0:ffff:203.0.113.77": ("203.0.113.77", "203.0.113.0"),
    "2001:db8:1:2:3:4:5:6": ("2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
    "2001:DB8:1:2:3:4:5:6": ("2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
    "2001:0db8:0001:0002:0003:0004:0005:0006": ("2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
    "[2001:db8:1:2:3:4:5:6]": ("2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
    "[2001:db8:1:2:3:4:5:6]:443": ("2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
    "2001:db8::1": ("2001:db8::1", "2001:db8::"),
    "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff": (
        "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
        "2001:db8:ffff::",
    ),
    "::1": ("::1", "::"),
    "::": ("::", "::"),
    "fe80::1234%eth0": ("fe80::1234", "fe80::"),
    "[fe80::1234%25eth0]:80": ("fe80::1234", "fe80::"),
    "fd12:3456:789a:1::9": ("fd12:3456:789a:1::9", "fd12:3456:789a::"),
    "2002:cb00:714d::1": ("2002:cb00:714d::1", "2002:cb00:7100::"),  # 6to4 of 203.0.113.77
    "64:ff9b::cb00:714d": ("64:ff9b::cb00:714d", "64:ff9b::"),  # NAT64 of 203.0.113.77
    "64:ff9b::203.0.113.77": ("64:ff9b::cb00:714d", "64:ff9b::"),
    "::203.0.113.77": ("::cb00:714d", "::"),
    "2001:0:4136:e378:8000:63bf:3fff:fdd2": (  # Teredo
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:0:4136::",
    ),
    "fe80::5efe:203.0.113.77": ("fe80::5efe:cb00:714d", "fe80::"),  # ISATAP
    "": ("", ""),
    "unknown": ("", ""),
    "_hidden": ("", ""),
    "203.0.113.777": ("", ""),
    "203.0.113.077": ("", ""),  # a leading zero is octal to some, so it is none
    "203.0.113.77, 198.51.100.1": ("", ""),
    "1e9": ("", ""),
}


def visits(shop: Shop) -> list[VisitView]:
    with shop.app.app_context():
        return shop.house.reader.newest(VisitFilter(site_id=shop.id), limit=100)


def use(shop: Shop, **modes: str) -> None:
    with shop.app.app_context():
        change_site(
            find_site(shop.key), NewSite(name="Shop", origins=["https://shop.example"], **modes)
        )


def send(shop: Shop, form: str) -> None:
    answer = shop.send_visit(shop.visit(), environ_base={"REMOTE_ADDR": form})
    assert answer.status_code == 204


@pytest.mark.parametrize("form", FORMS)
def test_every_written_form_of_an_address_is_truncated_to_its_network(form: str) -> None:
    whole, network = FORMS[form]

    assert normal_address(form) == whole
    assert truncated(normal_address(form)) == network


@pytest.mark.parametrize("mode", ADDRESS_MODES)
def test_no_form_of_an_address_leaves_more_than_its_mode_allows(shop: Shop, mode: str) -> None:
    use(shop, address_mode=mode)
    for form in FORMS:
        send(shop, form)

    kept = [visit.ip for visit in reversed(visits(shop))]

    wholes = [whole for whole, _ in FORMS.values()]
    if mode == "full":
        assert kept == wholes
    elif mode == "truncated":
        assert kept == [network for _, network in FORMS.values()]
    elif mode == "none":
        assert set(kept) == {""}
    else:
        assert all(re.fullmatch(r"keyed:[0-9a-f]{32}|", ip) for ip in kept)
        assert len(set(kept)) == len(set(wholes))  # alike are alike, others differ


@pytest.mark.parametrize("mode", ADDRESS_MODES)
def test_the_hash_to_search_by_is_one_of_what_is_kept(shop: Shop, mode: str) -> None:
    """Else the whole address could be found by trying all of them."""
    use(shop, address_mode=mode)
    send(shop, "203.0.113.77")
    send(shop, "203.0.113.78")

    with shop.app.app_context():
        hashes = list(db.session.scalars(text("SELECT address_hash FROM visits ORDER BY id")))

    if mode == "none":
        assert hashes == [None, None]
    else:
        assert (bytes(hashes[0]) == bytes(hashes[1])) is (mode == "truncated")


def test_the_whole_user_agent_is_kept_only_where_a_site_says_so(shop: Shop) -> None:
    shop.send_visit(shop.visit(), user_agent="Marked/1.0")
    use(shop, device_mode="user_agent")
    shop.send_visit(shop.visit(), user_agent="Marked/2.0 " + "x" * 2000)

    newest, first = visits(shop)

    assert first.user_agent == ""
    assert newest.user_agent == ("Marked/2.0 " + "x" * 2000)[:512]
    with shop.app.app_context():
        stored = db.session.execute(text("SELECT * FROM visits")).all()
    assert "Marked" not in str([[bytes(c) if isinstance(c, memoryview) else c for c in r]
                                for r in stored])  # fmt: skip


def test_a_visitor_with_a_token_has_a_hash_and_one_without_has_none(shop: Shop) -> None:
    token = shop.send_consent(shop.submission()).get_json()["token"]
    shop.send_visit(shop.visit(visitor=token))
    shop.send_visit(shop.visit(visitor=token))
    shop.send_visit(shop.visit())

    with shop.app.app_context():
        hashes = list(db.session.scalars(text("SELECT visitor_hash FROM visits ORDER BY id")))

    assert hashes[0] is not None
    assert bytes(hashes[0]) == bytes(hashes[1])
    assert hashes[2] is None


def test_an_unknown_mode_is_refused(app: Flask, shop: Shop) -> None:
    with app.app_context(), pytest.raises(CommandError, match="address mode"):
        change_site(
            find_site(shop.key),
            NewSite(name="Shop", origins=["https://shop.example"], address_mode="half"),
        )


@pytest.mark.parametrize("mode", ADDRESS_MODES)
def test_a_country_stands_only_where_the_kept_address_tells_it(
    make_shop: MakeShop, tmp_path: Path, mode: str
) -> None:
    shop = make_shop(country_database=str(write_countries(tmp_path / "countries.mmdb")))
    use(shop, address_mode=mode)

    for address in (IN_KOREA, NOWHERE):
        send(shop, address)

    told = [visit.country for visit in reversed(visits(shop))]
    assert told == (["KR", ""] if mode in ("full", "truncated") else ["", ""])
