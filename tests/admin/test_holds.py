"""Legal holds in the console: opened with a tick, read with a reason, released by their name."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from consent_server import clock
from support.bases import rows
from support.console import Console
from support.shop import Shop

pytestmark = pytest.mark.on_sqlite

NEW = "/admin/holds/new"
ADDRESS = "203.0.113.77"


def filled_in(shop: Shop, **changes: str) -> dict[str, str]:
    end = (clock.now() + timedelta(days=100)).date().isoformat()
    fields = {
        "name": "Case 7",
        "basis": "court",
        "reference": "2026Ka-hap 1234",
        "officer": "J. Kim",
        "site": shop.key,
        "narrowed_by": "site",
        "ends": end,
        "reason": "order of the court",
        "confirmed": "on",
    }
    return fields | changes


def opened(owner: Console, shop: Shop, **changes: str) -> str:
    """Opens a hold and returns the address of its page."""
    shop.send_visit(shop.visit(), environ_base={"REMOTE_ADDR": ADDRESS})
    answer = owner.send(NEW, NEW, **filled_in(shop, **changes))
    assert answer.status_code == 302, answer.text
    return urlsplit(answer.location).path


def test_an_empty_list_says_what_a_hold_is_for(owner: Console, shop: Shop) -> None:
    page = owner.get("/admin/holds").text

    assert "No hold." in page
    assert NEW in page


def test_a_hold_is_opened_and_listed(owner: Console, shop: Shop) -> None:
    page = opened(owner, shop)

    listed, shown = owner.get("/admin/holds").text, owner.get(page).text

    for text in ("Case 7", "J. Kim", "Order of a court", "2026Ka-hap 1234"):
        assert text in listed
        assert text in shown
    assert [act.act for act in owner.acts()][-1] == "hold.open"


WRONG = [
    pytest.param({"name": ""}, "1 to 200", id="no name"),
    pytest.param({"site": "nosuchsite22"}, "Not found", id="no such site"),
    pytest.param({"ends": ""}, "2026-01-31", id="no end"),
    pytest.param({"ends": "2001-01-01"}, "in the future", id="an end that is over"),
    pytest.param({"ends": "2999-01-01"}, "within a year", id="no bound"),
    pytest.param({"narrowed_by": "address", "sought": "x"}, "visitor id", id="no address"),
]


@pytest.mark.parametrize(("changes", "words"), WRONG)
def test_a_form_that_is_wrong_says_where_and_opens_nothing(
    owner: Console, shop: Shop, changes: dict[str, str], words: str
) -> None:
    answer = owner.send(NEW, NEW, **filled_in(shop, **changes))

    assert answer.status_code == 400
    assert words in answer.text
    assert rows(shop, "legal_holds") == 0


def test_without_the_tick_nothing_is_opened(owner: Console, shop: Shop) -> None:
    fields = filled_in(shop)
    del fields["confirmed"]

    answer = owner.send(NEW, NEW, **fields)

    assert answer.status_code == 400
    assert rows(shop, "legal_holds") == 0


def test_an_address_is_never_shown_again(owner: Console, shop: Shop) -> None:
    page = opened(owner, shop, narrowed_by="address", sought=ADDRESS)

    wrong = owner.send(NEW, NEW, **filled_in(shop, name="", narrowed_by="address", sought=ADDRESS))

    for text in (owner.get(page).text, owner.get("/admin/holds").text, wrong.text):
        assert ADDRESS not in text


def test_records_are_read_with_a_reason_that_stands_in_the_access_log(
    owner: Console, shop: Shop
) -> None:
    page = opened(owner, shop)

    refused = owner.send(f"{page}/records", page, read_reason=" ")
    read = owner.send(f"{page}/records", page, read_reason="for the court")

    assert (refused.status_code, read.status_code) == (400, 200)
    assert ADDRESS in read.text
    act = owner.acts()[-1]
    assert (act.act, act.reason, act.record_count) == ("hold.read", "for the court", 1)
    assert ADDRESS not in owner.get("/admin/access-log").text


def test_a_hold_is_extended_with_a_reason(owner: Console, shop: Shop) -> None:
    page = opened(owner, shop)
    later = (clock.now() + timedelta(days=200)).date().isoformat()

    refused = owner.send(f"{page}/extend", page, ends=later)
    extended = owner.send(f"{page}/extend", page, ends=later, extend_reason="goes on")

    assert (refused.status_code, extended.status_code) == (400, 302)
    assert owner.acts()[-1].reason == "goes on"


def test_a_release_takes_the_name_and_destroys_the_records(owner: Console, shop: Shop) -> None:
    page = opened(owner, shop)

    refused = owner.send(f"{page}/release", page, typed="Case 8", release_reason="settled")
    kept = rows(shop, "held_visits")
    released = owner.send(f"{page}/release", page, typed="Case 7", release_reason="settled")

    assert (refused.status_code, kept) == (400, 1)
    assert (released.status_code, rows(shop, "held_visits")) == (302, 0)
    assert "destroyed" in owner.get(page).text


def test_a_hold_that_is_over_offers_nothing_more(owner: Console, shop: Shop) -> None:
    page = opened(owner, shop)
    owner.send(f"{page}/release", page, typed="Case 7", release_reason="settled")

    again = owner.send(f"{page}/records", "/admin/sites/new", read_reason="curious")

    assert again.status_code == 400
    assert '<form class="sheet"' not in owner.get(page).text
