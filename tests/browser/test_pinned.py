"""A frozen script in a real browser: by its hash, alone, whatever the site has become since."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Page, expect

from support.gated_page import NOTICE, Product, choose_and_record, write_notice


def pinned_tag(product: Product) -> str:
    """Freezes the site's script in English; returns the tag to paste."""
    words = ("banner", "pin", product.site_key, "--language", "en", "--json")
    facts: dict[str, str] = json.loads(product.service.run_cli(*words).stdout)
    return facts["tag"]


def test_a_frozen_script_works_alone_after_the_site_has_moved_on(
    page: Page, own_product: Product, tmp_path: Path
) -> None:
    own_product.add_page("frozen", "", lang="ko", tag=pinned_tag(own_product))
    changed = write_notice(tmp_path / "next.json", NOTICE | {"texts": {"en": {"title": "Later"}}})
    own_product.service.run_cli("policies", "publish", own_product.site_key, str(changed))
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))

    notice = own_product.open(page, "frozen")
    expect(notice).to_have_attribute("lang", "en")
    notice.locator("[data-role=show]").click()
    dialog = page.locator("#cs-preferences")
    expect(dialog.get_by_role("switch", name="Marketing")).to_be_visible()
    page.keyboard.press("Escape")
    choose_and_record(page, "necessary")

    assert [url for url in fetched if "/embed/" in url] == [
        url for url in fetched if "/pinned/" in url
    ]
    [row] = own_product.rows()
    assert (row["policy_version"], row["language"], row["action"]) == (1, "en", "refuse_all")


def test_the_browser_refuses_other_bytes_than_those_that_were_frozen(
    page: Page, own_product: Product
) -> None:
    tag = pinned_tag(own_product).replace("sha384-", "sha384-A")
    own_product.add_page("other", "", tag=tag)

    with page.expect_event("console", lambda message: "integrity" in message.text):
        page.goto(own_product.url_of("other"))

    assert page.evaluate("typeof ConsentBanner") == "undefined"
