"""What a visitor sees and pays: on a slow network, on a slow processor, with a screen reader."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, BrowserContext
from playwright.sync_api import TimeoutError as TooSlow

from bench.banner.pages import TAGS, Entry
from bench.banner.view import View, profile
from bench.deployment import ROOT

_AXE = ROOT / "banner" / "node_modules" / "axe-core" / "axe.min.js"
_SETTLE_MS = 1500  # the slowest fades in for a second
_AFTER_MS = 600  # events are reported after their frame; a record goes out after the click
_FADED_OUT_MS = 8_000


def on_slow_network(browser: Browser, origin: str, entry: Entry) -> dict[str, Any]:
    """First visit: when is the banner there, and which files had to come before it?"""
    with profile(browser) as context:
        view = View(context, entry, is_watched=True)
        view.slow_the_network()
        view.open(origin)
        view.wait_for("drawn" if entry.banner else "fcp")
        view.rest(_AFTER_MS)
        seen = view.seen()
    fcp = {"fcp_ms": seen["fcp"], "cls": seen["cls"]}
    if not entry.banner:
        return fcp
    return fcp | {
        "visible_ms": seen["visible"],
        "drawn_ms": seen["drawn"],
        "needed": seen["needed"],
    }


def on_slow_processor(browser: Browser, origin: str, entry: Entry) -> dict[str, Any]:
    """First visit, one click that allows everything, and a second visit in another tab."""
    with profile(browser) as context:
        view = View(context, entry)
        view.open(origin)
        view.rest(_SETTLE_MS)
        work = view.work()
        if not entry.banner:
            return work
        asked = view.asked()
        click = _accept(view)
        jar = context.cookies()
        size = sum(len(f"{cookie['name']}={cookie['value']}") for cookie in jar)
        view.page.close()
        again = _second_visit(context, origin, entry)
    return work | click | again | {"asked": asked, "cookie_bytes": size}


def _accept(view: View) -> dict[str, float]:
    """Clicks as a hand does; returns what it felt like."""
    button = view.page.locator(view.entry.accept)
    box = button.bounding_box()
    if box is None:
        raise SystemExit(f"bench: {view.entry.name} has no button to accept with")
    view.page.evaluate("__bench.awaitClick()")
    view.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    try:
        view.page.wait_for_function("__bench.hidden !== undefined", timeout=_FADED_OUT_MS)
    except TooSlow:
        raise SystemExit(f"bench: {view.entry.name} stays after the choice") from None
    if view.entry.has_tags:
        view.page.wait_for_function(f"window.ran?.length === {TAGS}")
    view.rest(_AFTER_MS)
    seen = view.seen()
    return {"hidden_ms": seen["hidden"], "inp_ms": seen["inp"]}


def _second_visit(context: BrowserContext, origin: str, entry: Entry) -> dict[str, Any]:
    view = View(context, entry)
    view.open(origin)
    view.rest(_SETTLE_MS)
    work = view.work()
    if view.page.locator(entry.banner).is_visible():
        raise SystemExit(f"bench: {entry.name} asks again after a choice")
    return {"again_script_ms": work["script_ms"], "again": view.asked()}


def accessibility(browser: Browser, origin: str, entry: Entry) -> list[str]:
    """Returns the rules of axe-core that the page breaks while its banner is there."""
    with profile(browser) as context:
        view = View(context, entry, is_slow=False)
        view.open(origin)
        view.rest(_SETTLE_MS)
        view.page.add_script_tag(path=_AXE)
        found = view.page.evaluate(
            "axe.run().then(({ violations }) => violations.map((v) => v.id))"
        )
    return list(found)
