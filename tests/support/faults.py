"""What is wrong with a page for somebody: axe-core's findings, and a page wider than its window."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from support.prepared import ROOT


def faults(page: Page) -> list[str]:
    """Returns what axe-core finds, and whether the page is wider than its window."""
    violations = Axe().run(page).response["violations"]
    found = [f"{v['id']}: {node['html']}" for v in violations for node in v["nodes"]]
    excess = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [f"{page.url}: {fault}" for fault in found] + (
        [f"{page.url}: {excess} px too wide"] if excess > 0 else []
    )


def keep_picture(page: Page, name: str) -> None:
    """Keeps how a page looks, for whoever reviews a change: CI stores the folder."""
    folder = ROOT / "artefacts" / "pages"
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{name}.png", full_page=True)
