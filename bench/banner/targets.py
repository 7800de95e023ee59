"""What our banner must reach: ratios within one run, and a few limits by themselves. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from bench.banner.columns import OURS, TAGS, Pages

VANILLA, OSANO, FLOOR, BARE = "vanilla-cookieconsent", "osano", "floor-script", "bare"


@dataclass(frozen=True)
class Target:
    """At most `limit` times what `beside` has, or at most `limit` where there is nothing beside."""

    what: str
    of: str
    limit: float
    beside: str = ""
    page: str = OURS
    decimals: int = 0

    def reached(self, pages: Pages) -> float:
        """Returns the ratio, or the figure itself."""
        own = _value(pages, self.page, self.of)
        return own / _value(pages, self.beside, self.of) if self.beside else own

    def is_met(self, pages: Pages) -> bool:
        """Returns whether it is within the limit."""
        return self.reached(pages) <= self.limit

    def said(self, pages: Pages) -> tuple[str, str]:
        """Returns the limit and what was reached, as words."""
        reached = self.reached(pages)
        if self.beside:
            return f"{self.limit:.2f}x {self.beside}", f"{reached:.2f}x"
        return f"{self.limit:g}", f"{reached:.{self.decimals}f}"


TARGETS = (
    Target("requests to the visible banner", "requests", 1),
    Target("bytes (brotli)", "brotli", 0.45, VANILLA),
    Target("bytes (brotli)", "brotli", 1, OSANO),
    Target("visible", "visible_ms", 1.06, FLOOR),
    Target("visible", "visible_ms", 0.88, VANILLA),
    Target("first contentful paint", "fcp_ms", 1.05, BARE),
    Target("scripting", "script_ms", 0.5, VANILLA),
    Target("click to hidden, ms", "hidden_ms", 32),
    Target("INP of accepting, ms", "inp_ms", 40),
    Target("INP of accepting with 20 tags, ms", "inp_ms", 100, page=OURS + TAGS),
    Target("CLS", "cls", 0, decimals=3),
    Target("axe violations", "axe", 0),
    Target("watching 1,000 mutations, ms", "idle_ms", 1, decimals=2),
)


def _value(pages: Pages, page: str, of: str) -> float:
    found = pages[page][of]
    value: float = found["median"] if isinstance(found, dict) else found
    return value
