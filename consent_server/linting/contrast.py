"""Contrast of the banner's colours on light and on dark (WCAG 2.2). Pure.

What a site leaves open takes the built-in styles' colour: the system's own, and for the buttons a
veil over the ground (banner/src/core/styles.css), so that a dark ground of one's own can make a
built-in button unreadable.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from consent_server.banner.look import READABLE, VISIBLE, Look, Name, contrast, palettes
from consent_server.errors import N_
from consent_server.linting import sources
from consent_server.linting.findings import Examined, Rule, Spot

THEMES: Final = ("light", "dark")
_SYSTEM: Final = {  # Canvas and CanvasText as Chromium paints them
    "light": {"background": "#ffffff", "text": "#000000"},
    "dark": {"background": "#121212", "text": "#ffffff"},
}
ACCENT: Final = "#4970f4"
VEIL: Final = ("#6184ff", 0x38 / 0xFF)  # colour and strength of a built-in button
PAIRS: Final[tuple[tuple[Name, Name, float], ...]] = (
    ("text", "background", READABLE),
    ("button-text", "button", READABLE),
    ("accent", "background", VISIBLE),
)


@dataclass(frozen=True, slots=True)
class Ratio:
    """Contrast of one pair of colours in one theme. least: what people need."""

    theme: str
    ink: Name
    ground: Name
    found: float
    least: float

    @property
    def is_enough(self) -> bool:
        """Whether people can read it, or see it."""
        return self.found >= self.least


def ratios_of(look: Look) -> list[Ratio]:
    """Returns the contrast of every pair in both themes, or in the one that the site shows."""
    return [
        Ratio(theme, ink, ground, contrast(colours[ink], colours[ground]), least)
        for theme, colours in painted(look).items()
        for ink, ground, least in PAIRS
    ]


def painted(look: Look) -> dict[str, dict[Name, str]]:
    """Returns all five colours by theme, as a browser paints them."""
    chosen = dict(zip(THEMES, palettes(look), strict=True))
    shown = THEMES if look.scheme == "auto" else (look.scheme,)
    return {theme: _completed(chosen[theme], theme) for theme in shown}


def text_unreadable(examined: Examined) -> Iterator[Spot]:
    """Text, or the label of a button, that cannot be read on its ground."""
    return _too_faint(examined, READABLE)


def accent_invisible(examined: Examined) -> Iterator[Spot]:
    """An accent (focus, switches) that cannot be seen on its ground."""
    return _too_faint(examined, VISIBLE)


def _too_faint(examined: Examined, least: float) -> Iterator[Spot]:
    for ratio in ratios_of(examined.settings.look):
        if ratio.least == least and not ratio.is_enough:
            facts = {
                "theme": ratio.theme,
                "ink": ratio.ink,
                "ground": ratio.ground,
                "found": f"{ratio.found:.2f}",
            }
            yield Spot(f"look.colours.{ratio.ink}", facts)


def _completed(chosen: dict[Name, str], theme: str) -> dict[Name, str]:
    background = chosen.get("background", _SYSTEM[theme]["background"])
    text = chosen.get("text", _SYSTEM[theme]["text"])
    return {
        "background": background,
        "text": text,
        "accent": chosen.get("accent", ACCENT),
        "button": chosen.get("button") or blend(VEIL[0], background, VEIL[1]),
        "button-text": chosen.get("button-text", text),
    }


def blend(over: str, ground: str, strength: float) -> str:
    """Returns the colour of a veil over a ground. strength: 0 to 1."""
    mixed = (
        round(int(over[at : at + 2], 16) * strength + int(ground[at : at + 2], 16) * (1 - strength))
        for at in (1, 3, 5)
    )
    return "#" + "".join(f"{part:02x}" for part in mixed)


RULES: Final = (
    Rule(
        "text-unreadable", "error", sources.WCAG_TEXT,
        N_("%(theme)s: %(ink)s on %(ground)s has a contrast of %(found)s to 1."), text_unreadable,
    ),
    Rule(
        "accent-invisible", "error", sources.WCAG_CONTROL,
        N_("%(theme)s: %(ink)s on %(ground)s has a contrast of %(found)s to 1; focus and switches "
           "are not seen."),
        accent_invisible,
    ),
)  # fmt: skip
