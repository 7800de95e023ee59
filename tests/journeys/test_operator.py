"""An operator's day: sign in, copy the tag, see the decision just made, look at visits, export."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from support.browser import MakeContext
from support.gated_page import Product, choose_and_record

EMAIL = "owner@example.com"


@pytest.fixture(scope="module")
def passwords() -> dict[str, str]:
    """Passwords of accounts made in this file, by service address."""
    return {}


@pytest.fixture
def console(make_context: MakeContext, product: Product, passwords: dict[str, str]) -> Page:
    """The console in a profile of its own, with an owner signed in."""
    address = product.service.url
    if address not in passwords:
        added = product.service.run_cli("operators", "add", EMAIL, "--json").stdout
        passwords[address] = json.loads(added)["password"]
    page = make_context(accept_downloads=True).new_page()
    page.goto(f"{address}/admin/")
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_label("Password").fill(passwords[address])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    return page


def open_room(console: Page, name: str) -> None:
    """Follows the console's own navigation."""
    console.get_by_role("navigation", name="Console").get_by_role("link", name=name).click()
    expect(console.get_by_role("heading", level=1, name=name)).to_be_visible()


def test_an_owner_finds_the_tag_that_the_product_page_carries(
    console: Page, product: Product
) -> None:
    console.goto(f"{product.service.url}/admin/sites/{product.site_key}")

    expect(console.get_by_text(product.tag, exact=True)).to_be_visible()


def test_a_decision_just_made_is_on_top_of_the_records(
    console: Page, page: Page, product: Product
) -> None:
    page.goto(product.url)
    consent_id = choose_and_record(page, "necessary")["consent_id"]

    open_room(console, "Consent records")
    console.locator("tbody a").first.click()

    expect(console.get_by_text(consent_id, exact=True)).to_be_visible()


def test_visits_are_shown_for_a_reason_and_the_access_log_remembers_it(
    console: Page, page: Page, product: Product
) -> None:
    page.goto(product.url)
    choose_and_record(page, "necessary")

    open_room(console, "Visit records")
    expect(console.get_by_text("127.0.0.1")).to_have_count(0)
    console.get_by_label("Reason").fill("dispute 42")
    console.get_by_role("button", name="Show visit records").click()
    expect(console.get_by_text(product.path_of()).first).to_be_visible()
    open_room(console, "Access log")

    expect(console.locator("tbody tr").filter(has_text="dispute 42").first).to_be_visible()


def test_an_export_is_a_file_of_records_and_an_entry_in_the_log(
    console: Page, page: Page, product: Product, tmp_path: Path
) -> None:
    page.goto(product.url)
    consent_id = choose_and_record(page, "all")["consent_id"]

    open_room(console, "Exports")
    console.get_by_label("Purpose", exact=True).select_option("Audit")
    console.get_by_label("Reason").fill("yearly audit")
    with console.expect_download() as download:
        console.get_by_role("button", name="Export", exact=True).click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    open_room(console, "Access log")

    rows = list(csv.DictReader(io.StringIO(file.read_text("utf-8"), newline="")))
    assert consent_id in {row["consent_id"] for row in rows}
    expect(console.locator("tbody tr").filter(has_text="yearly audit").first).to_be_visible()
