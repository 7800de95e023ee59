"""Pages written for other scripts.

For vanilla-cookieconsent 3 (CC3) one page runs with its script and with ours: only
the address in one script tag differs. Everything the page sees of a decision (what runs, what
it is told and in which order, what its calls return) must be what CC3 itself shows it.
"""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from support.gated_page import MakeProduct, Product, choose, settle
from support.prepared import ROOT

CC3 = ROOT / "banner" / "node_modules" / "vanilla-cookieconsent" / "dist" / "cookieconsent.umd.js"
# What CC3's documentation has a page say: its categories, its texts, and what it wants to hear.
INIT = """
const heard = (window.heard = [])
const say = (...words) => heard.push(words.join(' '))
const hear = (name) => ({ cookie, changedCategories, changedServices, modalName }) => say(
  name, modalName ?? cookie.categories.sort().join('+'),
  ...(changedCategories ? ['changed', changedCategories.join('+'),
    Object.values(changedServices).flat().join('+')] : []))
for (const name of ['onFirstConsent', 'onConsent', 'onChange', 'onModalShow', 'onModalHide']) {
  window.addEventListener(`cc:${name}`, ({ detail }) => hear(`cc:${name}`)(detail))
}
CookieConsent.run({
  hideFromBots: false,
  revision: 0,
  cookie: { name: 'cc_cookie', expiresAfterDays: 182 },
  guiOptions: { consentModal: { layout: 'box', position: 'bottom left' } },
  onFirstConsent: hear('onFirstConsent'),
  onConsent: hear('onConsent'),
  onChange: hear('onChange'),
  onModalShow: hear('onModalShow'),
  onModalHide: hear('onModalHide'),
  onModalReady: ({ modalName, modal }) => say('onModalReady', modalName, modal instanceof Element),
  categories: {
    necessary: { enabled: true, readOnly: true },
    analytics: {
      autoClear: {
        cookies: [{ name: /^pulse/ }],
        reloadPage: location.search === '?reload',
      },
      services: {
        pulse: {
          label: 'Pulse',
          onAccept: () => say('pulse accepted'),
          onReject: () => say('pulse rejected'),
        },
      },
    },
    marketing: {},
  },
  language: {
    default: 'en',
    translations: {
      en: {
        consentModal: {
          title: 'We use cookies', description: 'Which?', acceptAllBtn: 'Accept all',
          acceptNecessaryBtn: 'Reject all', showPreferencesBtn: 'Choose',
        },
        preferencesModal: {
          title: 'Choose', acceptAllBtn: 'Accept all', acceptNecessaryBtn: 'Reject all',
          savePreferencesBtn: 'Save', sections: [
            { title: 'Statistics', description: 'Counts', linkedCategory: 'analytics' },
            { title: 'Marketing', description: 'Shows', linkedCategory: 'marketing' },
          ],
        },
      },
    },
  },
})
"""
BODY = """
<button data-cc="show-preferencesModal">Preferences</button>
<button data-cc="show-consentModal">Notice</button>
<button data-cc="accept-all">Yes</button>
<button data-cc="accept-necessary">No</button>
<script type="text/plain" data-category="analytics" data-service="pulse" data-src="analytics.js">
</script>
<script type="text/plain" data-category="analytics">(window.ran ??= []).push('inline')</script>
<script type="text/plain" data-category="marketing">(window.ran ??= []).push('shown')</script>
<script type="text/plain" data-category="!analytics">(window.ran ??= []).push('gone')</script>
<script type="text/plain" data-category="analytics" data-type="module">
  (window.ran ??= []).push('module')
</script>
"""
PURPOSES = [{"key": "analytics"}, {"key": "marketing"}]


@pytest.fixture(params=["CC3", "ours"])
def script(request: pytest.FixtureRequest) -> str:
    """Whose script the page carries."""
    name: str = request.param
    return name


@pytest.fixture
def shop(make_product: MakeProduct, script: str) -> Product:
    """A page written for CC3; its script is CC3's own or, with nothing else changed, ours."""
    product = make_product(purposes=PURPOSES, services=[PULSE], banner={"mirror_cc": True})
    product.add_file("cookieconsent.umd.js", CC3.read_bytes().decode())
    product.add_file("cookieconsent-init.js", INIT)
    address = "cookieconsent.umd.js" if script == "CC3" else product.embed_url
    tag = f"<script defer src='{address}'></script>"
    init = "<script defer src='cookieconsent-init.js'></script>"
    product.add_page("", BODY + tag + init, tag="")
    return product


PULSE = {
    "key": "pulse",
    "purpose": "analytics",
    "name": "Pulse",
    "vendor": "Pulse Ltd.",
    "country": "IE",
    "stores": {"ko": "쿠키 pulse_id", "en": "cookie pulse_id"},
    "keeps": {"ko": "30일", "en": "30 days"},
}


def visit(page: Page, product: Product) -> None:
    """Opens the page and waits until it can hear and press."""
    page.goto(product.url)
    page.wait_for_function("window.heard !== undefined")


def press(page: Page, hook: str) -> None:
    """Presses the page's own button."""
    page.locator(f"main [data-cc={hook}]").dispatch_event("click")


def expect_ran(page: Page, *names: str) -> None:
    """Waits until exactly these scripts have run."""
    page.wait_for_function(
        "names => JSON.stringify((window.ran ?? []).toSorted()) === JSON.stringify(names)",
        arg=sorted(names),
    )


def heard(page: Page, *words: str) -> list[str]:
    """Returns what the page was told that begins with one of these words."""
    said: list[str] = page.evaluate("window.heard")
    return [one for one in said if one.removeprefix("cc:").startswith(words)]


DECISIONS = ("onFirst", "onConsent", "onChange", "pulse")


def test_the_first_choice_releases_scripts_and_tells_the_page(page: Page, shop: Product) -> None:
    visit(page, shop)
    assert heard(page, *DECISIONS) == []

    press(page, "accept-all")

    expect_ran(page, "analytics", "inline", "module", "shown")
    everything = "analytics+marketing+necessary"
    assert heard(page, *DECISIONS) == [
        "pulse accepted",
        f"onFirstConsent {everything}",
        f"cc:onFirstConsent {everything}",
        f"onConsent {everything}",
        f"cc:onConsent {everything}",
    ]


def test_taking_back_runs_what_waits_for_it_clears_and_tells(page: Page, shop: Product) -> None:
    visit(page, shop)
    press(page, "accept-all")
    expect_ran(page, "analytics", "inline", "module", "shown")
    page.evaluate("heard.length = 0")

    page.evaluate("CookieConsent.acceptCategory(['marketing'])")

    expect_ran(page, "analytics", "inline", "module", "shown", "gone")
    assert heard(page, *DECISIONS) == [
        "pulse rejected",
        "onChange marketing+necessary changed analytics pulse",
        "cc:onChange marketing+necessary changed analytics pulse",
    ]
    assert "pulse_id" not in page.evaluate("document.cookie")


def test_the_next_page_is_told_of_the_stored_choice(page: Page, shop: Product) -> None:
    visit(page, shop)
    press(page, "accept-necessary")
    visit(page, shop)

    assert heard(page, *DECISIONS) == ["onConsent necessary", "cc:onConsent necessary"]
    assert page.evaluate("window.ran ?? []") == []


def test_the_buttons_of_the_page_show_layers_and_tell(page: Page, shop: Product) -> None:
    visit(page, shop)
    page.wait_for_function("heard.includes('cc:onModalShow consentModal')")

    press(page, "show-preferencesModal")

    page.wait_for_function("heard.includes('cc:onModalShow preferencesModal')")
    page.evaluate("CookieConsent.hidePreferences()")
    page.wait_for_function("heard.includes('cc:onModalHide preferencesModal')")
    page.evaluate("CookieConsent.hide()")
    page.wait_for_function("heard.includes('cc:onModalHide consentModal')")
    assert heard(page, "onModalReady") == [
        "onModalReady consentModal true",
        "onModalReady preferencesModal true",
    ]


# Calls and what CC3 3.1.0 answers after `acceptCategory(['analytics'])`.
ANSWERS: list[tuple[str, Any]] = [
    ("acceptedCategory('analytics')", True),
    ("acceptedCategory('marketing')", False),
    ("acceptedCategory('constructor')", False),
    ("acceptedService('pulse', 'analytics')", True),
    ("validConsent()", True),
    ("validCookie('pulse_id')", True),
    ("validCookie('pulse')", False),
    ("getUserPreferences().acceptType", "custom"),
    ("getUserPreferences().acceptedCategories.sort()", ["analytics", "necessary"]),
    ("getUserPreferences().rejectedCategories", ["marketing"]),
    ("getUserPreferences().acceptedServices.analytics", ["pulse"]),
    ("getCookie('categories').sort()", ["analytics", "necessary"]),
    ("getCookie('services').analytics", ["pulse"]),
    ("getCookie('data')", None),
    ("getCookie('languageCode')", "en"),
    ("getCookie('consentId').length", 36),
    ("getCookie().lastConsentTimestamp.length", 24),
    ("getConfig('categories').necessary.readOnly", True),
    ("getConfig().revision", 0),
    ("loadScript('marketing.js')", True),
    ("loadScript('missing.js')", False),
    ("setLanguage('en', true)", True),
]


def test_calls_of_the_page_are_answered_as_it_expects(page: Page, shop: Product) -> None:
    visit(page, shop)
    page.evaluate("CookieConsent.acceptCategory(['analytics'])")
    expect_ran(page, "analytics", "inline", "module")

    answers = [page.evaluate(f"CookieConsent.{call}") for call, _ in ANSWERS]

    assert answers == [answer for _, answer in ANSWERS]


def test_a_call_that_names_no_purpose_allows_nothing_more(page: Page, shop: Product) -> None:
    visit(page, shop)

    page.evaluate("CookieConsent.acceptCategory()")
    assert page.evaluate("CookieConsent.getUserPreferences().acceptType") == "necessary"
    page.evaluate("CookieConsent.acceptCategory(['marketing'])")
    page.evaluate("CookieConsent.acceptCategory()")

    assert page.evaluate("CookieConsent.acceptedCategory('marketing')")
    assert not page.evaluate("CookieConsent.acceptedCategory('analytics')")


def test_a_page_erases_cookies_and_asks_again(page: Page, shop: Product) -> None:
    visit(page, shop)
    page.evaluate("CookieConsent.acceptCategory('all')")
    expect_ran(page, "analytics", "inline", "module", "shown")

    page.evaluate("CookieConsent.eraseCookies(['pulse_id', /^lantern/])")
    page.evaluate("void CookieConsent.acceptService([], 'analytics')")

    assert "pulse_id" not in page.evaluate("document.cookie")
    assert not page.evaluate("CookieConsent.acceptedService('pulse', 'analytics')")
    page.evaluate("CookieConsent.reset(true)")
    assert not page.evaluate("CookieConsent.validConsent()")
    assert page.evaluate("CookieConsent.getCookie()") == {}


def test_a_page_that_wants_it_is_loaded_anew_after_taking_back(page: Page, shop: Product) -> None:
    page.goto(f"{shop.url}?reload")
    page.evaluate("CookieConsent.acceptCategory('all')")
    expect_ran(page, "analytics", "inline", "module", "shown")

    with page.expect_event("load"):
        page.evaluate("void CookieConsent.acceptCategory(['marketing'])")

    expect_ran(page, "shown")


def test_a_page_that_calls_nothing_hears_of_the_stored_choice_too(
    page: Page, make_product: MakeProduct
) -> None:
    product = make_product(purposes=PURPOSES, services=[PULSE], banner={"mirror_cc": True})
    product.open(page)
    choose(page, "all")
    hear = "window.addEventListener('cc:onConsent', ({ detail }) => { window.told = detail })"

    page.goto(product.add_page("listening", f"<script>{hear}</script>"))

    page.wait_for_function("window.told?.cookie.categories.length === 3")


def test_callbacks_that_come_late_hear_of_the_stored_choice(
    page: Page, make_product: MakeProduct
) -> None:
    product = make_product(purposes=PURPOSES, services=[PULSE], banner={"mirror_cc": True})
    product.open(page)
    choose(page, "all")

    told = page.evaluate("""new Promise((onConsent) => CookieConsent.run({ onConsent }))""")

    assert told["cookie"]["categories"] == ["necessary", "analytics", "marketing"]


def test_without_the_setting_a_page_of_cc3_still_runs_what_is_allowed(
    page: Page, make_product: MakeProduct
) -> None:
    product = make_product(purposes=PURPOSES, services=[PULSE])
    init = f"<script>{INIT}</script>"
    product.add_page("", BODY + init, tag=product.tag.replace(" async", ""))
    visit(page, product)

    press(page, "accept-all")

    expect_ran(page, "analytics", "inline", "module", "shown")
    assert heard(page, *DECISIONS) == []


def test_the_marks_of_a_klaro_page_are_understood(page: Page, product: Product) -> None:
    script = '<script type="text/plain" data-type="application/javascript"'
    other = '<img data-name="hero" data-src="hero.png">'
    product.add_page(
        "",
        f'{script} data-name="pulse" data-src="analytics.js"></script>'
        f'<iframe data-name="reelbrook" data-src="video.html" title="Tour"></iframe>{other}',
    )
    product.open(page)
    settle(page)
    assert product.gated_requests() == {}

    page.evaluate("ConsentBanner.acceptCategory(['analytics'])")
    expect_ran(page, "analytics")
    assert product.gated_requests() == {"analytics.js": 1}
    page.evaluate("ConsentBanner.acceptAll()")

    expect(page.frame_locator("main iframe").get_by_text("film")).to_be_visible()
    assert product.asked_for("hero.png") == 0
