"""A real Chromium, driven by Playwright; a failing test leaves a screenshot in `artefacts/`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from support.prepared import ROOT, Prepared

_FLAGS = [
    "--no-sandbox",  # the tests may run as root
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP *.example.co.uk 127.0.0.1",
]
_PATIENCE_MS = 10_000
_failed = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def browser(prepared: Prepared) -> Iterator[Browser]:
    """One Chromium for all tests of this process."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=prepared.chromium, args=_FLAGS)
        yield browser
        browser.close()


MakeContext = Callable[..., BrowserContext]


@pytest.fixture
def make_context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[MakeContext]:
    """Makes browser profiles of their own; options as in Browser.new_context."""
    contexts: list[BrowserContext] = []

    def make(**options: object) -> BrowserContext:
        options.setdefault("locale", "en-US")
        options.setdefault("reduced_motion", "reduce")  # a click would wait for what moves
        context = browser.new_context(**options)  # type: ignore[arg-type]  # passed on as given
        context.set_default_timeout(_PATIENCE_MS)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        if request.node.stash.get(_failed, False):
            _keep_screenshots(context, request.node.name)
        context.close()


@pytest.fixture
def page(make_context: MakeContext) -> Page:
    """A page in a profile of its own, English, light."""
    return make_context().new_page()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Remembers whether the test failed, for the fixtures that clean up after it."""
    report = yield
    if report.when == "call":  # type: ignore[attr-defined]  # the hook's own report
        item.stash[_failed] = report.failed  # type: ignore[attr-defined]
    return report


def _keep_screenshots(context: BrowserContext, name: str) -> None:
    folder = ROOT / "artefacts"
    folder.mkdir(exist_ok=True)
    for number, page in enumerate(context.pages):
        page.screenshot(path=folder / f"{re.sub(r'[^A-Za-z0-9_-]+', '-', name)}-{number}.png")
