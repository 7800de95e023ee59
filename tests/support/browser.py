"""A real Chromium, driven by Playwright; a failing test leaves a screenshot in `artefacts/`."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

from support.prepared import ROOT, Prepared

_FLAGS = [
    "--no-sandbox",  # the tests may run as root
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP *.example.co.uk 127.0.0.1, MAP *.example.co.kr 127.0.0.1",
]
_PATIENCE_MS = 10_000
_ASK_AGAIN_MS = 20
FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def browser(prepared: Prepared) -> Iterator[Browser]:
    """One Chromium for all tests of this process."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=prepared.chromium, args=_FLAGS)
        yield browser
        browser.close()


class Profile:
    """A browser profile that test after test gets as good as new.

    A new one costs half a second of the processor, emptying this one a fiftieth. Its first page is
    the tests' own: it keeps the window open and empties what the profile remembers.
    """

    def __init__(self, browser: Browser, options: dict[str, object]) -> None:
        self.context = browser.new_context(**options)  # type: ignore[arg-type]  # passed on as given
        self.context.set_default_timeout(_PATIENCE_MS)
        self._keeper = self.context.new_page()
        self._devtools = self.context.new_cdp_session(self._keeper)

    @property
    def pages(self) -> list[Page]:
        """The pages that the test opened."""
        return [page for page in self.context.pages if page is not self._keeper]

    def clear(self) -> None:
        """Closes all pages and forgets cookies, storage, caches and permissions."""
        for page in self.pages:
            page.close()
        self.context.unroute_all()
        self.context.clear_permissions()
        self.context.clear_cookies()
        everything = {"origin": "*", "storageTypes": "all"}
        self._devtools.send("Storage.clearDataForOrigin", everything)
        self._devtools.send("Network.clearBrowserCache")


class Profiles:
    """Lends profiles by their options, as in Browser.new_context."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._idle: dict[str, list[Profile]] = {}
        self._lent: list[tuple[str, Profile]] = []
        self._given: list[Profile] = []

    def lend(self, **options: object) -> Profile:
        """Returns an empty profile that no one else has."""
        key = json.dumps(options, sort_keys=True)
        idle = self._idle.setdefault(key, [])
        profile = idle.pop() if idle else Profile(self._browser, options)
        self._lent.append((key, profile))
        return profile

    def give(self, **options: object) -> Profile:
        """Returns a new profile that nobody gets afterwards."""
        self._given.append(Profile(self._browser, options))
        return self._given[-1]

    def take_back(self, *, keep_screenshots_as: str = "") -> None:
        """Empties all that are lent; after a failed test, the screenshots come first."""
        if keep_screenshots_as:
            profiles = [*self._given, *(profile for _, profile in self._lent)]
            _keep_screenshots([page for one in profiles for page in one.pages], keep_screenshots_as)
        while self._given:
            profile = self._given.pop()
            profile.clear()
            profile.context.close()
        while self._lent:
            key, profile = self._lent.pop()
            profile.clear()
            self._idle[key].append(profile)


@pytest.fixture(scope="session")
def profiles(browser: Browser) -> Profiles:
    """The browser profiles of this process."""
    return Profiles(browser)


MakeContext = Callable[..., BrowserContext]


@pytest.fixture
def make_context(profiles: Profiles, request: pytest.FixtureRequest) -> Iterator[MakeContext]:
    """Makes browser profiles of this test's own; options as in Browser.new_context.

    Scripts and bindings belong on a page: those that are added to the profile itself stay in it.
    """

    def make(**options: object) -> BrowserContext:
        options.setdefault("locale", "en-US")
        options.setdefault("reduced_motion", "reduce")  # a click would wait for what moves
        return profiles.lend(**options).context

    yield make
    failed = request.node.stash.get(FAILED, False)
    profiles.take_back(keep_screenshots_as=request.node.name if failed else "")


@pytest.fixture
def page(make_context: MakeContext) -> Page:
    """A page in a profile of its own, English, light."""
    return make_context().new_page()


@pytest.fixture
def clocked_page(profiles: Profiles, make_context: MakeContext) -> Page:
    """A page whose clock the test can set forward, in all tabs of its profile.

    Such a clock stays in a profile, ahead by all that it was turned: no other test gets this one.
    """
    page = profiles.give(locale="en-US", reduced_motion="reduce").context.new_page()
    page.clock.install()
    return page


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Remembers whether the test failed, for the fixtures that clean up after it."""
    report = yield
    if report.when == "call":  # type: ignore[attr-defined]  # the hook's own report
        item.stash[FAILED] = report.failed  # type: ignore[attr-defined]
    return report


def wait_until(page: Page, question: str, arg: object = None) -> None:
    """Waits until a question (an expression, or a function of `arg`) is answered with yes.

    Playwright's own wait_for_function asks again by `eval` in the page, which a strict content
    security policy forbids unless the first answer is yes. A page that is being left says no.
    """
    deadline = time.monotonic() + _PATIENCE_MS / 1000
    while not _answer(page, question, arg):
        assert time.monotonic() < deadline, f"never true: {question}"
        page.wait_for_timeout(_ASK_AGAIN_MS)


def _answer(page: Page, question: str, arg: object) -> bool:
    try:
        return bool(page.evaluate(question, arg))
    except Error as error:
        if "context was destroyed" in error.message:
            return False
        raise


def _keep_screenshots(pages: list[Page], name: str) -> None:
    folder = ROOT / "artefacts"
    folder.mkdir(exist_ok=True)
    for number, page in enumerate(pages):
        page.screenshot(path=folder / f"{re.sub(r'[^A-Za-z0-9_-]+', '-', name)}-{number}.png")
