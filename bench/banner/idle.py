"""What our watch over the page costs while nothing is gated: the page grows and shrinks.

A thousand mutations (a node added or removed), ten in a task, as a lively single-page application
makes them; scripting time of our page less that of the bare one.
"""

from __future__ import annotations

from statistics import median

from playwright.sync_api import Browser

from bench.banner.pages import Entry
from bench.banner.view import View, profile

_ROUNDS = 20
_SETTLE_MS = 1500
_MUTATE = """async () => {
  const list = document.body.appendChild(document.createElement('div'))
  const { port1, port2 } = new MessageChannel()
  for (let task = 0; task < 100; task++) {
    const next = new Promise((resolve) => (port1.onmessage = resolve))
    port2.postMessage(0)
    await next
    for (let pair = 0; pair < 5; pair++) list.append(document.createElement('p'))
    while (list.firstChild) list.firstChild.remove()
  }
  list.remove()
  await new Promise((resolve) => setTimeout(resolve, 50))
}"""


def cost_per_1000_mutations(browser: Browser, origin: str, ours: Entry, bare: Entry) -> float:
    """Returns milliseconds at full speed."""
    return _scripting(browser, origin, ours) - _scripting(browser, origin, bare)


def _scripting(browser: Browser, origin: str, entry: Entry) -> float:
    with profile(browser) as context:
        view = View(context, entry, is_slow=False)
        view.open(origin)
        view.rest(_SETTLE_MS)
        return median(_one_round(view) for _ in range(_ROUNDS))


def _one_round(view: View) -> float:
    before = view.work()["script_ms"]
    view.page.evaluate(_MUTATE)
    return view.work()["script_ms"] - before
