"""Product pages that gate what is optional, with one service behind them for many tests.

Each gated part counts its requests and sets a cookie, as real ones do. Every test has a folder of
its own on the product's origin, so that no other test can add to its counts.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Request, expect

from support.browser import wait_until
from support.prepared import Prepared
from support.product_page import ProductPages
from support.service import Service

OURS = "cs_consent"
ACTIONS = ("accept_all", "refuse_all", "customise", "ask_each", "withdraw", "gpc", "import")
_ACTION_OF = {"all": "accept_all", "ask": "ask_each", "necessary": "refuse_all"}
NOTICE: dict[str, Any] = {
    "languages": ["ko", "en"],
    "purposes": [{"key": "functional"}, {"key": "analytics"}, {"key": "marketing"}],
    "services": [
        {
            "key": key,
            "purpose": purpose,
            "name": key.title(),
            "vendor": f"{key.title()} Ltd.",
            "country": "IE",
            "stores": {"ko": f"쿠키 {key}_id", "en": f"cookie {key}_id"},
            "keeps": {"ko": "30일", "en": "30 days"},
        }
        for key, purpose in (
            ("chatwren", "functional"),
            ("pulse", "analytics"),
            ("adlantern", "marketing"),
            ("reelbrook", "marketing"),
        )
    ],
}
ANALYTICS = (
    '<script type="text/plain" data-category="analytics" data-service="pulse"'
    ' data-src="analytics.js"></script>'
)
MARKETING = (
    '<script type="text/plain" data-category="marketing" data-service="adlantern"'
    ' data-src="marketing.js"></script>'
)
VIDEO = (
    '<iframe data-category="marketing" data-service="reelbrook" data-src="video.html"'
    ' title="Tour" width="480" height="270"></iframe>'
)
GATED = ANALYTICS + MARKETING + VIDEO
GATED_FILES = ("analytics.js", "marketing.js", "video.html")
_SCRIPT = "(window.ran ??= []).push('{name}'); document.cookie = '{cookie}=1;path=/'"
# Both lanes of the gate are served in turn: when these have run, whatever was released before has.
SETTLED = """() => Promise.all([false, true].map((async) => new Promise((done) => {
  const name = `settled${Math.random()}`.replace('.', '')
  window[name] = done
  const script = Object.assign(document.createElement('script'), { type: 'text/plain', async })
  script.toggleAttribute('async', async)
  script.dataset.category = 'necessary'
  script.text = `${name}()`
  document.body.append(script)
})))"""
_folders = itertools.count(1)


class Product:
    """Pages of one test on the product's origin, which carry the tag of one site."""

    def __init__(self, service: Service, pages: ProductPages, site_key: str, tag: str) -> None:
        self.service = service
        self.site_key = site_key
        self.tag = tag
        self._pages = pages
        self._folder = f"/{next(_folders)}/"
        self.add_file("analytics.js", _SCRIPT.format(name="analytics", cookie="pulse_id"))
        self.add_file("marketing.js", _SCRIPT.format(name="marketing", cookie="lantern_seen"))
        self.add_page(
            "video.html",
            "<p>film</p><script>document.cookie = 'reel_viewer=1;path=/'</script>",
            tag="",
        )
        self.add_page("", GATED)

    @property
    def url(self) -> str:
        """Address of the first page."""
        return self.url_of("")

    @property
    def origin(self) -> str:
        """The origin of these pages."""
        return self._pages.origin

    @property
    def embed_url(self) -> str:
        """Address of the script that the tag loads."""
        return f"{self.service.url}/embed/{self.site_key}.js"

    def url_of(self, name: str) -> str:
        """Returns the address of a page or file."""
        return f"{self._pages.origin}{self._folder}{name}"

    def path_of(self, name: str = "") -> str:
        """Returns the path of a page or file, as a visit names it."""
        return f"{self._folder}{name}"

    def add_page(
        self,
        name: str,
        body: str,
        *,
        lang: str = "en",
        head: str = "",
        tag: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> str:
        """Puts a page on the product's origin; returns its address."""
        self._pages.pages[self.path_of(name)] = (
            f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">'
            "<title>Dewframe</title>"
            '<meta name="viewport" content="width=device-width">'
            '<link rel="icon" href="data:,">'  # or the browser asks for one
            f"{head}{self.tag if tag is None else tag}</head>"
            f"<body><main><h1>Record your screen</h1>{body}</main></body></html>"
        )
        self._pages.headers[self.path_of(name)] = headers or {}
        return self.url_of(name)

    def add_file(self, name: str, code: str) -> None:
        """Puts a script on the product's origin."""
        self._pages.pages[self.path_of(name)] = ("text/javascript", code.encode())

    def asked_for(self, name: str) -> int:
        """Returns how often a file was requested."""
        return self._pages.requests[self.path_of(name)]

    def gated_requests(self) -> dict[str, int]:
        """Returns the requests of gated parts; empty when there was none."""
        counts = {name: self.asked_for(name) for name in GATED_FILES}
        return {name: count for name, count in counts.items() if count}

    def config(self, language: str = "en") -> dict[str, Any]:
        """Returns all that the banner is told, in one language."""
        path = f"/embed/{self.site_key}/texts.js?lang={language}"
        text = self.service.get(path)[1].decode()
        told: dict[str, Any] = json.loads(text.removeprefix("ConsentBanner.join(null,")[:-3])
        return told

    def open(self, page: Page, name: str = "") -> Locator:
        """Opens a page and waits for the notice; returns it."""
        page.goto(self.url_of(name))
        notice = page.locator("#cs-notice")
        expect(notice).to_be_visible()
        return notice

    def rows(self) -> list[dict[str, Any]]:
        """Returns the consent records of this site, oldest first, as the command line hands out."""
        return self.service.export("consents", "--site", self.site_key)

    def visits(self) -> list[dict[str, Any]]:
        """Returns the visits of this test's pages, oldest first."""
        rows = self.service.export("visits", "--site", self.site_key)
        return [row for row in rows if row["path"].startswith(self._folder)]


def settle(page: Page) -> None:
    """Waits until everything that was released so far has been started."""
    page.evaluate(SETTLED)


def choose(page: Page, role: str) -> None:
    """Clicks one of the three choices of the notice."""
    page.locator(f"#cs-notice [data-role={role}]").click()


def choose_and_record(page: Page, role: str) -> dict[str, Any]:
    """Clicks a choice of the notice; returns the server's answer once the token is stored.

    Earlier choices may still be on their way: their answers are not the one that is waited for.
    """
    with page.expect_response(
        lambda response: (
            response.url.endswith("/v1/consents")
            and body_of(response.request)["action"] == _ACTION_OF[role]
        )
    ) as answer:
        choose(page, role)
    answered: dict[str, Any] = answer.value.json()
    expect_token(page, answered["token"])
    return answered


def expect_token(page: Page, token: str) -> None:
    """Waits until the cookie carries a token."""
    wait_until(page, "token => document.cookie.includes(token)", token)


def body_of(request: Request) -> dict[str, Any]:
    """Returns the submission that a request carries."""
    body: dict[str, Any] = json.loads(request.post_data or "null")
    return body


def our_cookie(context: BrowserContext) -> str | None:
    """Returns the value of the banner's cookie."""
    return cookies(context).get(OURS)


def stored_action(context: BrowserContext) -> str | None:
    """Returns the action that the banner's cookie holds; None when it holds none."""
    parts = (our_cookie(context) or "").split(".")
    return ACTIONS[int(parts[2][0])] if len(parts) > 2 else None


def optional_cookies(context: BrowserContext) -> set[str]:
    """Returns the names of all cookies but ours."""
    return set(cookies(context)) - {OURS}


def cookies(context: BrowserContext) -> dict[str, str]:
    """Returns all cookies of a browser profile, of any site.

    A page hands what it writes to another process and goes on; only its own reading waits for that.
    """
    for page in context.pages:
        page.evaluate("() => { try { document.cookie } catch { /* a page without an origin */ } }")
    return {cookie["name"]: cookie["value"] for cookie in context.cookies()}


@pytest.fixture(scope="session")
def standing_service(
    prepared: Prepared, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """A deployment on SQLite that serves for many tests; do not stop it."""
    service = Service(tmp_path_factory.mktemp("standing") / "home", prepared.libfaketime)
    service.run_cli("init")
    service.start()
    yield service
    service.kill()


@pytest.fixture(scope="session")
def standing_pages() -> Iterator[ProductPages]:
    """The product's origin for many tests."""
    pages = ProductPages()
    yield pages
    pages.close()


@pytest.fixture(scope="session")
def notice_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The notice of the product as a file for the command line."""
    return write_notice(tmp_path_factory.mktemp("notice") / "notice.json", NOTICE)


@pytest.fixture(scope="session")
def standing_site(
    standing_service: Service, standing_pages: ProductPages, notice_file: Path
) -> tuple[str, str]:
    """Key and tag of a site that many tests share; none of them reads its records."""
    key = standing_service.add_site(standing_pages.origin, notice=str(notice_file))
    return key, standing_service.tag


@pytest.fixture
def product(
    standing_service: Service, standing_pages: ProductPages, standing_site: tuple[str, str]
) -> Product:
    """A product page with two gated scripts and a gated video."""
    return Product(standing_service, standing_pages, *standing_site)


def open_site(
    service: Service,
    pages: ProductPages,
    folder: Path,
    *,
    banner: dict[str, Any] | None = None,
    **notice: Any,
) -> tuple[str, str]:
    """Adds a site as an operator would; returns its key and its tag.

    folder: where the files for the command line may lie. notice: changes to the product's notice.
    banner: the settings of its banner.
    """
    key = service.add_site(
        pages.origin, notice=str(write_notice(folder / "notice.json", NOTICE | notice))
    )
    if banner is not None:
        service.run_cli("banner", "set", key, str(write_notice(folder / "banner.json", banner)))
    return key, service.tag


MakeProduct = Callable[..., Product]


@pytest.fixture
def make_product(
    standing_service: Service, standing_pages: ProductPages, tmp_path: Path
) -> MakeProduct:
    """Makes products with sites of their own.

    notice: changes to the product's notice. banner: the settings of its banner.
    """

    def make(*, banner: dict[str, Any] | None = None, **notice: Any) -> Product:
        site = open_site(standing_service, standing_pages, tmp_path, banner=banner, **notice)
        return Product(standing_service, standing_pages, *site)

    return make


@pytest.fixture
def own_product(make_product: MakeProduct) -> Product:
    """A product whose site is of this test alone, so that all its records are this test's."""
    return make_product()


def write_notice(path: Path, notice: dict[str, Any]) -> Path:
    """Writes a notice as an operator would; returns the file."""
    path.write_text(json.dumps(notice), encoding="utf-8")
    return path
