"""The preference centre in a real browser whose JavaScript is switched off."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import FloatRect, Locator, Page, expect
from werkzeug.serving import make_server

from consent_server.config import Settings
from consent_server.policies.services import publish
from support.browser import MakeContext
from support.preferences import ARABIC, Person
from support.shop import Shop

# What a browser does with a page does not depend on the database.
pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)

TARGETS = "a, button, summary, input[type=checkbox]"
OpenPage = Callable[..., Page]


@pytest.fixture
def address(shop: Shop) -> Iterator[str]:
    """Where the application of this test is served."""
    server = make_server("127.0.0.1", 0, shop.app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def open_page(address: str, shop: Shop, make_context: MakeContext) -> OpenPage:
    """Opens the page in a profile of its own without JavaScript; options as in new_context."""

    def open_page(query: str = "", **options: object) -> Page:
        options.setdefault("java_script_enabled", False)
        page = make_context(base_url=address, **options).new_page()
        page.goto(f"/preferences/{shop.key}{query}")
        return page

    return open_page


def box_of(one: Locator) -> FloatRect:
    """Returns where something is shown."""
    box = one.bounding_box()
    assert box is not None
    return box


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def test_a_visitor_chooses_in_detail_reloads_and_withdraws(
    open_page: OpenPage, person: Person
) -> None:
    page = open_page()
    expect(page.get_by_text("You have not made a choice yet.")).to_be_visible()

    page.get_by_role("switch", name="Statistics").check()
    press(page, "Save my choices")
    expect(page.get_by_role("status")).to_have_text("Your choice has been saved.")
    page.reload()
    expect(page.get_by_role("switch", name="Statistics")).to_be_checked()
    expect(page.get_by_role("switch", name="Marketing")).not_to_be_checked()
    assert [row.action for row in person.rows()] == ["customise"]

    press(page, "Withdraw all consent")
    expect(page.get_by_role("switch", name="Statistics")).not_to_be_checked()
    expect(page.get_by_role("button", name="Withdraw all consent")).to_have_count(0)
    withdrawn, chosen = person.rows()
    assert (withdrawn.action, withdrawn.visitor_id) == ("withdraw", chosen.visitor_id)
    assert withdrawn.layer == "page"


def test_a_double_click_makes_one_record(open_page: OpenPage, person: Person) -> None:
    page = open_page()

    page.get_by_role("button", name="Allow all").dblclick()

    expect(page.get_by_role("status")).to_be_visible()
    assert [row.action for row in person.rows()] == ["accept_all"]


def test_going_back_and_choosing_otherwise_counts(open_page: OpenPage, person: Person) -> None:
    page = open_page()
    press(page, "Allow all")
    expect(page.get_by_role("status")).to_be_visible()

    page.go_back()
    press(page, "Reject all")

    expect(page.get_by_role("status")).to_be_visible()
    assert [row.action for row in person.rows()] == ["refuse_all", "accept_all"]


def test_when_the_database_was_away_reloading_sends_the_decision_again(
    open_page: OpenPage, person: Person, settings: Settings
) -> None:
    page = open_page()
    lock = sqlite3.connect(settings.home / "consent.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")

    press(page, "Reject all")
    expect(page.get_by_text("Nothing was stored")).to_be_visible()
    lock.execute("ROLLBACK")
    lock.close()
    page.reload()

    expect(page.get_by_role("status")).to_have_text("Your choice has been saved.")
    assert [row.action for row in person.rows()] == ["refuse_all"]


def test_the_enter_key_on_a_switch_saves_the_switches_and_allows_nothing_else(
    open_page: OpenPage, person: Person
) -> None:
    page = open_page()

    page.get_by_role("switch", name="Marketing").press("Enter")

    expect(page.get_by_role("status")).to_be_visible()
    [row] = person.rows()
    assert row.action == "customise"
    assert True not in row.decisions.values()


def test_the_receipt_is_downloaded(open_page: OpenPage, person: Person) -> None:
    page = open_page()
    press(page, "Allow all")

    with page.expect_download() as download:
        page.get_by_role("link", name="Download the receipt").click()

    [row] = person.rows()
    assert download.value.suggested_filename == f"consent-{row.consent_id}.json"


def test_a_page_of_another_origin_cannot_decide(
    open_page: OpenPage, person: Person, make_context: MakeContext, address: str
) -> None:
    fields = person.form() | {"action": "accept_all"}
    inputs = "".join(f'<input name="{name}" value="{value}">' for name, value in fields.items())
    page = make_context(java_script_enabled=False).new_page()
    page.set_content(
        f'<form method="post" action="{address}{person.path}">{inputs}<button>Win</button></form>'
    )

    with page.expect_response(f"**{person.path}") as answer:
        page.get_by_role("button", name="Win").click()

    assert answer.value.status == 403
    assert person.rows() == []


# the same for everybody


@pytest.mark.parametrize("width", [320, 1200], ids=lambda width: f"{width} px")
@pytest.mark.parametrize("locale", ["en-US", "ko-KR"])
def test_the_three_choices_are_equal_in_size_and_look(
    open_page: OpenPage, width: int, locale: str
) -> None:
    page = open_page(viewport={"width": width, "height": 900}, locale=locale)
    choices = page.locator(".choices button")

    sizes = [box_of(choice) for choice in choices.all()]
    looks = choices.evaluate_all(
        "all => all.map(one => { const s = getComputedStyle(one); return [s.font, s.color,"
        " s.backgroundColor, s.border, s.padding, s.opacity, s.boxShadow].join('|') })"
    )

    assert len(sizes) == 3
    assert len({(round(size["width"], 1), round(size["height"], 1)) for size in sizes}) == 1
    assert len(set(looks)) == 1


def faults(page: Page) -> list[str]:
    """Returns what axe-core finds, small targets, and whether the page is wider than its window."""
    violations = Axe().run(page).response["violations"]
    found = [f"{v['id']}: {node['html']}" for v in violations for node in v["nodes"]]
    boxes = [(one, box_of(one)) for one in page.locator(TARGETS).all() if one.is_visible()]
    found += [
        f"small: {one.inner_text()} {box}"
        for one, box in boxes
        if min(box["width"], box["height"]) < 24
    ]
    excess = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return found + ([f"{excess} px too wide"] if excess > 0 else [])


@pytest.mark.parametrize(
    ("theme", "width", "locale"),
    [
        pytest.param("light", 1200, "ko-KR", id="light, wide, Korean"),
        pytest.param("dark", 320, "en-US", id="dark, narrow, English"),
    ],
)
def test_axe_finds_no_violation_targets_are_large_and_nothing_is_too_wide(
    open_page: OpenPage, theme: str, width: int, locale: str
) -> None:
    # axe is a script itself: the page is the same, it has none of its own
    page = open_page(
        "?visitor=forged",
        java_script_enabled=True,
        color_scheme=theme,
        viewport={"width": width, "height": 900},
        locale=locale,
    )
    found = faults(page)

    page.locator("[value=accept_all]").click()
    expect(page.get_by_role("status")).to_be_visible()
    page.locator("summary").first.click()
    found += faults(page)

    assert found == []


def test_the_page_can_be_read_in_a_language_from_right_to_left(
    shop: Shop, open_page: OpenPage
) -> None:
    with shop.app.app_context():
        publish(shop.id, ARABIC)

    page = open_page("?lang=ar", java_script_enabled=True, viewport={"width": 320, "height": 900})

    assert box_of(page.get_by_role("switch"))["x"] < box_of(page.locator(".name"))["x"]
    assert faults(page) == []
