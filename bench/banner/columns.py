"""The columns that are compared, and who is best in each. Pure.

Less is better everywhere. Counts and bytes are exact; a time within the resolution of its
measurement is a tie: 5 % for what takes hundreds of milliseconds, one frame for what ends in one
(the browser rounds interactions to 8 ms and draws every 16.7).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Pages = Mapping[str, Mapping[str, Any]]
OURS = "ours"
TAGS = "-20-tags"
_FRAME_MS = 16.7


@dataclass(frozen=True)
class Column:
    """One measure. of: its name in the result, with a suffix when it is taken with tags."""

    title: str
    of: str
    page_suffix: str = ""
    tied_share: float = 0
    tied_by: float = 0
    decimals: int = 0

    def value(self, pages: Pages, name: str) -> float | None:
        """Returns the median or count of a page; None where there is none."""
        found = pages.get(name + self.page_suffix, {}).get(self.of)
        return found["median"] if isinstance(found, dict) else found

    def is_tied(self, value: float, best: float) -> bool:
        """Returns whether the two are the same as far as this measure can tell."""
        return value <= max(best * (1 + self.tied_share), best + self.tied_by)


FIRST_VISIT = (
    Column("requests", "requests"),
    Column("raw bytes", "raw"),
    Column("gzip", "gzip"),
    Column("brotli", "brotli"),
    Column("brotli with its markup", "with_markup"),
    Column("visible, ms", "visible_ms", tied_share=0.05),
    Column("fully drawn, ms", "drawn_ms", tied_share=0.05),
    Column("first paint, ms", "fcp_ms", tied_share=0.05),
    Column("scripting, ms", "script_ms", tied_share=0.05),
    Column("CLS", "cls", decimals=3),
    Column("axe violations", "axe"),
)
CHOICE_AND_AFTER = (
    Column("hidden, ms", "hidden_ms", tied_by=_FRAME_MS),
    Column("INP, ms", "inp_ms", tied_by=8),
    Column("INP with 20 tags, ms", "inp_ms", page_suffix=TAGS, tied_by=8),
    Column("cookie, bytes", "cookie_bytes"),
    Column("second visit: requests", "again_requests"),
    Column("second visit: bytes", "again_bytes"),
    Column("second visit: scripting, ms", "again_script_ms", tied_share=0.05),
)


def rivals(pages: Pages) -> list[str]:
    """Returns ours and the other banners: neither the floors nor the bare page, each once."""
    kinds = ("ours", "peer")
    return [name for name, page in pages.items() if page["kind"] in kinds and TAGS not in name]


def lost(pages: Pages, columns: Iterable[Column]) -> list[tuple[Column, str]]:
    """Returns the columns in which ours is neither best nor tied, each with who is best."""
    found = []
    for column in columns:
        values = {name: column.value(pages, name) for name in rivals(pages)}
        known = {name: value for name, value in values.items() if value is not None}
        best = min(known, key=lambda name: known[name])
        if not column.is_tied(known[OURS], known[best]):
            found.append((column, best))
    return found
