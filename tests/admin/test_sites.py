"""Sites in the console: added, changed, and the one line of HTML that their pages need."""

from __future__ import annotations

import base64
import hashlib
import html
import re

import pytest

from consent_server.sites.services import keep_banner_settings
from support.console import Console
from support.shop import Shop

pytestmark = pytest.mark.on_sqlite

NEW = "/admin/sites/new"
FILLED_IN = {
    "name": "Meadow Notes",
    "origins": "https://meadow.example\nhttps://www.meadow.example",
    "controller": "Meadow Ltd.",
    "contact": "privacy@meadow.example",
    "language": "en",
    "visit_basis": "consent",
    "visit_purpose": "marketing",
    "address_mode": "truncated",
    "device_mode": "user_agent",
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
    for chosen in ("consent", "truncated", "user_agent"):
        assert f'<option value="{chosen}" selected>' in page


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


def test_the_page_shows_the_banner_settings_and_the_commands_to_change_them(
    viewer: Console, shop: Shop
) -> None:
    with shop.app.app_context():
        keep_banner_settings(shop.key, '{"reload": true}')

    page = html.unescape(viewer.get(f"/admin/sites/{shop.key}").text)

    assert '"reload": true' in page
    assert f"consent-server banner show {shop.key} > banner.json" in page
    assert f"consent-server banner set {shop.key} banner.json" in page


def test_a_script_is_frozen_with_one_press_and_its_tag_is_there_to_copy(
    owner: Console, shop: Shop
) -> None:
    page = f"/admin/sites/{shop.key}"

    answer = owner.send(f"{page}/pinned", form=page, language="en")

    assert (answer.status_code, answer.location) == (302, f"{page}#frozen")
    shown = html.unescape(owner.get(page).text)
    [tag] = re.findall(r'id="pinned-\w+"[^>]*>(<script[^<]+</script>)<', shown)
    [source] = re.findall(r'src="http://127\.0\.0\.1:8000([^"]+)"', tag)
    [integrity] = re.findall(r'integrity="sha384-([^"]+)" crossorigin="anonymous"', tag)
    script = owner.get(source).data
    assert base64.b64encode(hashlib.sha384(script).digest()).decode() == integrity
    [act] = [act for act in owner.acts() if act.act == "site.pin"]
    assert (act.operator, act.site_id) == (owner.email, shop.id)
    assert act.reference in source


def test_who_may_not_change_a_site_sees_frozen_scripts_but_no_button(
    owner: Console, viewer: Console, shop: Shop
) -> None:
    page = f"/admin/sites/{shop.key}"
    owner.send(f"{page}/pinned", form=page, language="ko")

    shown = viewer.get(page).text

    assert "/pinned/" in shown
    assert f'action="{page}/pinned"' not in shown
    assert f'action="{page}/pinned"' in owner.get(page).text


def test_a_form_without_its_token_freezes_nothing(owner: Console, shop: Shop) -> None:
    answer = owner.client.post(f"/admin/sites/{shop.key}/pinned", data={"language": "ko"})

    assert answer.status_code == 400
    assert "/pinned/" not in owner.get(f"/admin/sites/{shop.key}").text.split('id="frozen"')[1]


def test_a_language_without_a_notice_is_not_found(owner: Console, shop: Shop) -> None:
    page = f"/admin/sites/{shop.key}"

    assert owner.send(f"{page}/pinned", form=page, language="fr").status_code == 404
    assert owner.send(f"{page}/pinned", form=page).status_code == 404
