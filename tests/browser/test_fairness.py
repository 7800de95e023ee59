"""The first layer pushes nobody: three choices of equal weight, whatever a site sets (R02-R04)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from support.browser import MakeContext
from support.gated_page import MakeProduct, Product
from support.looks import choices, expect_equals, look_of

WIDTHS = [
    pytest.param(320, 640, id="320 px"),
    pytest.param(768, 1024, id="768 px"),
    pytest.param(1440, 900, id="1440 px"),
]
THEMES = ["light", "dark"]
LONG = "No thank you, please switch off all that is not necessary ok"
LABELS = [
    pytest.param(("OK", "Ask", LONG), id="a long refusal"),
    pytest.param((LONG, f"{LONG[:-2]}?!", "No"), id="a short refusal"),
    pytest.param(("Yes", "Ask", "N" + "o" * 59), id="a refusal of one long word"),
    pytest.param(("동의", "물어보기", "필요하지 않은 쿠키는 모두 거부합니다"), id="Korean"),
]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("width", "height"), WIDTHS)
def test_the_three_choices_look_the_same(
    make_context: MakeContext, product: Product, width: int, height: int, theme: str
) -> None:
    page = make_context(viewport={"width": width, "height": height}, color_scheme=theme).new_page()
    product.add_page("", "<style>button:first-child { font-size: 40px; color: red }</style>")

    expect_equals([look_of(button) for button in choices(product.open(page))])


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("state", ["hover", "focus"])
def test_the_three_choices_stay_the_same_under_pointer_and_focus(
    make_context: MakeContext, product: Product, theme: str, state: str
) -> None:
    page = make_context(color_scheme=theme).new_page()
    notice = product.open(page)
    if state == "focus":
        page.keyboard.press("Tab")  # from here on the focus is shown

    looks = []
    for button in choices(notice):
        button.hover() if state == "hover" else button.focus()
        looks.append(look_of(button))

    expect_equals(looks)


@pytest.mark.parametrize("labels", LABELS)
def test_no_label_makes_a_choice_smaller_or_further_away(
    page: Page, make_product: MakeProduct, labels: tuple[str, str, str]
) -> None:
    texts = dict(zip(("accept_all", "ask_each", "refuse_all"), labels, strict=True))
    product = make_product(texts={"en": texts})

    for width, height in ((320, 640), (768, 1024), (1440, 900)):
        page.set_viewport_size({"width": width, "height": height})
        notice = product.open(page)
        expect_equals([look_of(button) for button in choices(notice)])
        for button, label in zip(choices(notice), labels, strict=True):
            expect(button).to_have_text(label)
            expect(button).to_be_in_viewport(ratio=1)
            assert button.evaluate("one => one.scrollWidth <= one.clientWidth")


def test_the_colours_of_a_site_are_the_same_for_all_three(page: Page, product: Product) -> None:
    brand = "--cs-button: #123456; --cs-button-text: #ffffff; --cs-radius: 0; --cs-font: serif"
    product.add_page("", "", head=f"<style>body {{ {brand} }}</style>")

    looks = [look_of(button) for button in choices(product.open(page))]

    expect_equals(looks)
    assert looks[0]["backgroundColor"] == "rgb(18, 52, 86)"
