"""The first layer has room for the words of every built-in language; its choices stay equal."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from consent_server.policies.wording import BUILT_IN
from support.gated_page import Product

ROLES = {"accept_all": "all", "ask_each": "ask", "refuse_all": "necessary"}
# Says each language in turn on the three choices; returns those where they differ or do not fit.
_MISFITS = """(languages) => {
  const THREE_LINES = 80 // CSS pixels
  const notice = document.querySelector('#cs-notice')
  const looks = (labels) => Object.entries(labels).map(([role, label]) => {
    const button = notice.querySelector(`[data-role=${role}]`)
    button.textContent = label
    return button
  }).map((button) => {
    const { left, right, width, height } = button.getBoundingClientRect()
    const edge = notice.getBoundingClientRect()
    const { scrollWidth, clientWidth, scrollHeight, clientHeight } = button
    const whole = scrollWidth <= clientWidth && scrollHeight <= clientHeight && height < THREE_LINES
    const inside = left >= edge.left && right <= edge.right
    return `${Math.round(width)} x ${Math.round(height)} ${whole && inside}`
  })
  const fits = (look) => new Set(look).size === 1 && look[0].endsWith('true')
  return Object.keys(languages).filter((language) => !fits(looks(languages[language])))
}"""


def labels(more: str = "") -> dict[str, dict[str, str]]:
    """Returns what stands on the choices per language; `more` makes the last one longer."""
    return {
        language: {
            role: wording["texts"][key] + (more if role == "necessary" else "")
            for key, role in ROLES.items()
        }
        for language, wording in BUILT_IN.items()
    }


@pytest.mark.parametrize("width", [320, 480, 768, 1440])
def test_the_choices_are_equal_and_whole_in_every_language(
    page: Page, product: Product, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    product.open(page)

    assert page.evaluate(_MISFITS, labels()) == []


def test_a_label_that_cannot_fit_is_noticed(page: Page, product: Product) -> None:
    product.open(page)

    assert page.evaluate(_MISFITS, labels("o" * 80)) == list(BUILT_IN)
