"""Sites in the console: added, changed, and the one line of HTML that their pages need."""

from __future__ import annotations

import html
import re

import pytest

from support.console import Console
from support.shop import Shop

NEW = "/admin/sites/new"
FILLED_IN = {
    "name": "Meadow Notes",
    "origins": "https://meadow.example\nhttps://www.meadow.example",
    "controller": "Meadow Ltd.",
    "contact": "privacy@meadow.example",
    "language": "en",
    "logs_visits": "on",
}


def add(owner: Console, **changes: str) -> str:
    """Adds a site and returns the address of its page."""
    answer = owner.send(NEW, **(FILLED_IN | changes))
    assert answer.status_code == 302, answer.text
    return str(answer.location)


def test_an_empty_list_says_what_to_do(owner: Console, viewer: Console) -> None:
    assert f'href="{NEW}"' in owner.get("/admin/sites").text
    assert "An owner can add one." in viewer.get("/admin/sites").text


def test_an_added_site_has_a_tag_that_works_at_once(owner: Console) -> None:
    page = owner.get(add(owner)).text

    tag = re.search(r'id="tag-text"[^>]*>([^<]+)<', page)
    assert tag
    source = re.search(
        r'<script async src="http://127\.0\.0\.1:8000(/embed/\w+\.js)"></script>',
        html.unescape(tag[1]),
    )
    assert source
    assert owner.get(source[1]).status_code == 200


def test_a_site_shows_what_was_filled_in(owner: Console) -> None:
    page = owner.get(add(owner)).text

    for held in ("Meadow Notes", "Meadow Ltd.", "privacy@meadow.example", "www.meadow.example"):
        assert held in page


def test_adding_and_changing_stand_in_the_access_log(owner: Console) -> None:
    address = add(owner)
    change = f"{address}/change"
    owner.send(change, form=change, **FILLED_IN)

    acts = [(act.act, act.operator) for act in owner.acts() if act.act.startswith("site.")]
    assert acts == [("site.add", owner.email), ("site.change", owner.email)]


def test_the_form_for_a_change_holds_what_is_there(owner: Console) -> None:
    page = owner.get(f"{add(owner)}/change").text

    assert 'value="Meadow Notes"' in page
    assert "https://meadow.example\nhttps://www.meadow.example</textarea>" in page
    assert re.search(r'name="logs_visits"[^>]*checked', page)


def test_a_removed_origin_may_not_write_any_more(owner: Console, shop: Shop) -> None:
    change = f"/admin/sites/{shop.key}/change"

    owner.send(change, form=change, **(FILLED_IN | {"origins": "https://meadow.example"}))

    assert shop.send_consent(shop.submission()).status_code == 403
    from_new_origin = shop.send_consent(shop.submission(), origin="https://meadow.example")
    assert from_new_origin.status_code == 201


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("name", "   ", id="no name"),
        pytest.param("name", "x" * 201, id="too long a name"),
        pytest.param("origins", "", id="no origin"),
        pytest.param("origins", "shop.example", id="no scheme"),
        pytest.param("origins", "https://shop.example/path", id="a path"),
        pytest.param("origins", "javascript:alert(1)", id="another scheme"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_nothing_is_lost(
    owner: Console, field: str, value: str
) -> None:
    answer = owner.send(NEW, **(FILLED_IN | {field: value}))

    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text
    assert "privacy@meadow.example" in answer.text
    assert "Meadow" not in owner.get("/admin/sites").text


def test_names_are_shown_as_text(owner: Console) -> None:
    page = owner.get(add(owner, name="<script>alert(1)</script>")).text

    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize("key", ["nowhere", "%00", "..", "k3v9x2m4p7qa"])
def test_an_unknown_site_is_a_page_that_leads_back(owner: Console, key: str) -> None:
    answer = owner.get(f"/admin/sites/{key}")

    assert answer.status_code == 404
    assert 'href="/admin/"' in answer.text
