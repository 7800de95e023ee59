"""`/docs` and `/my-data` in a real browser: read by anybody, on any width, in both themes."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from support.bases import known_visitor, on_basis
from support.browser import MakeContext
from support.shop import Shop

# What a browser does with a page does not depend on the database.
pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)

LOOKS = [
    pytest.param("light", 1280, "ko-KR", id="light, wide, Korean"),
    pytest.param("dark", 360, "en-US", id="dark, narrow, English"),
]


@pytest.fixture
def address(shop: Shop) -> Iterator[str]:
    """Where the application of this test is served."""
    server = make_server("127.0.0.1", 0, shop.app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


# Articles of the page are alike: a few of each group tell as much as all, in a third of the time.
_FEWER = "document.querySelectorAll('article:nth-of-type(n + 4)').forEach(one => one.remove())"


def faults(page: Page) -> list[str]:
    violations = Axe().run(page).response["violations"]
    found = [f"{v['id']}: {node['html']}" for v in violations for node in v["nodes"]]
    excess = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return found + ([f"{excess} px too wide"] if excess > 0 else [])


@pytest.mark.parametrize(("theme", "width", "locale"), LOOKS)
def test_both_pages_can_be_read_by_anybody(
    shop: Shop, address: str, make_context: MakeContext, theme: str, width: int, locale: str
) -> None:
    token = known_visitor(shop)
    shop.send_visit(shop.visit(visitor=token, path="/" + "long-path" * 40))
    page = make_context(
        base_url=address,
        color_scheme=theme,
        viewport={"width": width, "height": 900},
        locale=locale,
    ).new_page()
    found = []

    for path in (f"/docs?site={shop.key}", f"/my-data/{shop.key}?visitor={token}"):
        page.goto(path)
        page.evaluate(_FEWER)
        for summary in page.locator("summary").all():
            summary.click()
        found += faults(page)

    assert token not in page.url
    assert found == []


def test_a_visitor_without_javascript_reads_withdraws_and_erases(
    shop: Shop, address: str, make_context: MakeContext
) -> None:
    on_basis(shop, "legitimate_interest")
    token = known_visitor(shop)
    shop.send_visit(shop.visit(visitor=token))
    context = make_context(base_url=address, java_script_enabled=False, locale="en-US")
    page = context.new_page()
    page.goto(f"/preferences/{shop.key}?visitor={token}")

    page.get_by_role("link", name="See all data about me").click()
    expect(page.get_by_role("heading", name="My visits (1)")).to_be_visible()
    page.locator("summary", has_text="Delete my visit records").click()
    page.get_by_role("button", name="Delete them now").click()
    expect(page.get_by_role("status")).to_contain_text("have been deleted")
    page.get_by_role("button", name="Withdraw all consent").click()
    expect(page.get_by_role("status")).to_contain_text("All consent is withdrawn.")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download all of it").click()

    assert download.value.suggested_filename == f"my-data-{shop.key}.json"
