"""What all pages of the console share: two languages, the zone named, errors people can read."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from support.console import Console
from support.furnished import furnish
from support.shop import Shop

PAGES = (
    "/admin/",
    "/admin/sites",
    "/admin/sites/new",
    "/admin/consents",
    "/admin/visits",
    "/admin/statistics",
    "/admin/exports",
    "/admin/archive",
    "/admin/archive/new",
    "/admin/disclosures",
    "/admin/certificates",
    "/admin/access-log",
)
HANGUL = re.compile("[가-힣]")


def test_the_bare_address_leads_to_the_console(client: FlaskClient) -> None:
    assert client.get("/").location == "/admin/"


def test_every_page_opens_on_either_database(owner: Console, shop: Shop) -> None:
    """What is marked `on_sqlite` elsewhere counts on it."""
    pages = furnish(shop, owner)

    opened = {path: owner.client.get(path, follow_redirects=True) for path in pages.values()}

    assert {path for path, answer in opened.items() if answer.status_code != 200} == set()


def test_every_page_speaks_korean_and_english(owner: Console, shop: Shop) -> None:
    shop.send_consent(shop.submission())

    for path in (*PAGES, f"/admin/sites/{shop.key}", f"/admin/sites/{shop.key}/change"):
        korean, english = (owner.get(f"{path}?lang={lang}").text for lang in ("ko", "en"))
        assert '<html lang="ko">' in korean, path
        assert '<html lang="en">' in english, path
        titles = [re.search("<h1>([^<]+)</h1>", page) for page in (korean, english)]
        assert all(titles), path
        if path.endswith(shop.key):
            continue  # its title is the name of the site
        assert HANGUL.search(titles[0][1] if titles[0] else ""), path
        assert not HANGUL.search(titles[1][1] if titles[1] else ""), path


def test_every_page_has_one_title_and_names_the_zone(owner: Console) -> None:
    for path in PAGES:
        page = owner.get(path).text
        assert page.count("<h1>") == 1, path
        assert "Asia/Seoul" in page, path


def test_no_page_carries_a_style_or_a_script_in_its_body(owner: Console, shop: Shop) -> None:
    shop.send_consent(shop.submission())

    for path in (*PAGES, f"/admin/sites/{shop.key}"):
        page = owner.get(path).text
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page), path


def test_the_first_steps_are_shown_until_there_is_a_decision(owner: Console, shop: Shop) -> None:
    before = owner.get("/admin/").text
    shop.send_consent(shop.submission())
    after = owner.get("/admin/").text

    assert "Three steps to the first decision" in before
    assert "Three steps to the first decision" not in after
    assert "Newest decisions" in after


def test_the_access_log_tells_who_did_what_for_which_reason(owner: Console, shop: Shop) -> None:
    owner.send("/admin/visits", form="/admin/visits", reason="Ticket 4711")
    owner.get(f"/admin/visits?site={shop.key}")

    page = owner.get("/admin/access-log").text

    for told in (owner.email, "Viewed visit records", "Ticket 4711", "Shop", "Signed in"):
        assert told in page


@pytest.mark.parametrize(
    ("path", "method", "status", "korean"),
    [
        pytest.param("/admin/nowhere", "GET", 404, "찾을 수 없", id="not found"),
        pytest.param("/admin/exports", "POST", 400, "다시", id="no token"),
        pytest.param("/admin/sign-out", "GET", 405, "찾을 수 없", id="wrong method"),
    ],
)
def test_errors_are_pages_in_the_language_of_the_operator(
    owner: Console, path: str, method: str, status: int, korean: str
) -> None:
    in_korean = owner.client.open(f"{path}?lang=ko", method=method)
    in_english = owner.client.open(f"{path}?lang=en", method=method)

    assert in_korean.status_code == in_english.status_code == status
    assert in_korean.mimetype == in_english.mimetype == "text/html"
    assert korean in in_korean.text
    assert not HANGUL.search(re.sub("<nav.*?</nav>", "", in_english.text, flags=re.DOTALL))
    assert "Traceback" not in in_english.text
