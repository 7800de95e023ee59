"""What a visitor must be able to do in Firefox and in WebKit as in Chromium."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from selenium.webdriver import ActionChains, Remote
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from consent_server.policies.wording import BUILT_IN
from support.gated_page import ANALYTICS, MARKETING, OURS, SETTLED, VIDEO, Product

Found = TypeVar("Found")
TITLE = BUILT_IN["en"]["texts"]["title"]
_PATIENCE_SECONDS = 20
_POLL_SECONDS = 0.02
_LOOKS = """return [...document.querySelectorAll('#cs-notice .cs-buttons button')].map((button) => {
  const { width, height } = button.getBoundingClientRect()
  const style = getComputedStyle(button)
  const names = ['color', 'backgroundColor', 'fontSize', 'fontWeight', 'fontFamily', 'lineHeight',
    'borderTopWidth', 'borderTopColor', 'borderTopLeftRadius', 'paddingTop', 'paddingLeft']
  return [Math.round(width), Math.round(height), ...names.map((name) => style[name])]
})"""
_TOP_OF_NOTICE = "return document.querySelector('#cs-notice').getBoundingClientRect().top"


def test_the_notice_is_drawn_and_its_three_choices_look_the_same(
    engine: Remote, product: Product
) -> None:
    notice = open_page(engine, product)

    looks = engine.execute_script(_LOOKS)

    assert notice.get_attribute("aria-label") == TITLE  # so it is a region
    assert len(looks) == 3
    assert looks[0] == looks[1] == looks[2]
    assert all(size > 40 for size in looks[0][:2])


def test_refusing_all_runs_nothing_and_is_recorded(engine: Remote, own_product: Product) -> None:
    open_page(engine, own_product)

    choose(engine, "necessary")
    settle(engine)

    [record] = wait(engine, lambda: own_product.rows())
    assert record["action"] == "refuse_all"
    assert not any(record["decisions"].values())
    assert own_product.gated_requests() == {}
    assert set(cookies(engine)) == {OURS}
    assert cookies(engine)[OURS].split(".")[2][0] == "1"  # refuse all


def test_allowing_all_runs_the_scripts_in_order_and_loads_the_video(
    engine: Remote, product: Product
) -> None:
    first = '<script type="text/plain" data-category="functional">window.ran = ["first"]</script>'
    product.add_page("", first + ANALYTICS + MARKETING + VIDEO)
    open_page(engine, product)

    choose(engine, "all")
    wait(engine, lambda: "reel_viewer" in cookies(engine))  # what the video's own page sets
    settle(engine)

    assert engine.execute_script("return window.ran") == ["first", "analytics", "marketing"]
    assert product.gated_requests() == {"analytics.js": 1, "marketing.js": 1, "video.html": 1}


def test_the_keyboard_opens_the_preferences_switches_saves_and_keeps_the_focus(
    engine: Remote, own_product: Product
) -> None:
    open_page(engine, own_product)

    press(engine, Keys.TAB, Keys.ENTER)
    wait(engine, lambda: focused(engine) == "cs-preferences-title")
    tab_to(engine, "[data-category=analytics]")
    press(engine, Keys.SPACE)
    tab_to(engine, "[data-role=save]")
    press(engine, Keys.ENTER)

    wait(engine, lambda: focused(engine) == "cs-reopen")
    [record] = wait(engine, lambda: own_product.rows())
    assert record["decisions"] == {"functional": False, "analytics": True, "marketing": False}
    settle(engine)
    assert own_product.gated_requests() == {"analytics.js": 1}


def test_the_choice_holds_on_the_next_page(engine: Remote, product: Product) -> None:
    open_page(engine, product)
    choose(engine, "all")
    product.add_page("next", MARKETING)

    engine.get(product.url_of("next"))
    wait(engine, lambda: engine.execute_script("return window.ran?.[0]") == "marketing")

    assert engine.find_elements(By.ID, "cs-notice") == []
    assert engine.find_elements(By.ID, "cs-reopen") != []


def test_the_notice_steps_aside_from_what_has_the_focus(engine: Remote, product: Product) -> None:
    product.add_page(
        "",
        '<a href="#">Buy</a><style>main { position: fixed; bottom: 20px; left: 45% }</style>',
    )
    open_page(engine, product)
    before = engine.execute_script(_TOP_OF_NOTICE)

    tab_to(engine, "main a")

    wait(engine, lambda: engine.execute_script(_TOP_OF_NOTICE) < before)


def open_page(engine: Remote, product: Product) -> WebElement:
    """Opens the product page; returns its notice."""
    engine.get(product.url)
    return wait(engine, lambda: engine.find_elements(By.ID, "cs-notice"))[0]


def choose(engine: Remote, role: str) -> None:
    engine.find_element(By.CSS_SELECTOR, f"#cs-notice [data-role={role}]").click()


def press(engine: Remote, *keys: str) -> None:
    ActionChains(engine, duration=0).send_keys(*keys).perform()


def tab_to(engine: Remote, selector: str) -> None:
    """Presses Tab until the focus is there."""

    def is_there() -> bool:
        press(engine, Keys.TAB)
        there = f"return document.activeElement.matches({selector!r})"
        return bool(engine.execute_script(there))

    wait(engine, is_there)


def focused(engine: Remote) -> str:
    return str(engine.execute_script("return document.activeElement.id"))


def settle(engine: Remote) -> None:
    """Waits until everything that was released so far has been started."""
    engine.execute_async_script(f"({SETTLED})().then(arguments[0])")


def cookies(engine: Remote) -> dict[str, str]:
    return {cookie["name"]: cookie["value"] for cookie in engine.get_cookies()}


def wait(engine: Remote, look: Callable[[], Found]) -> Found:
    """Returns what `look` finds as soon as it finds anything."""
    return WebDriverWait(engine, _PATIENCE_SECONDS, _POLL_SECONDS).until(lambda _: look())
