"""How the three choices look, as computed by the browser: what could single one of them out."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator

CHOICES = ["all", "ask", "necessary"]
# Everything that could single a choice out; `all: revert` and one rule should make it equal.
_LOOK = """(button) => {
  const style = getComputedStyle(button)
  const { width, height } = button.getBoundingClientRect()
  const names = ['color', 'backgroundColor', 'backgroundImage', 'fontFamily', 'fontSize',
    'fontWeight', 'fontStyle', 'lineHeight', 'letterSpacing', 'textTransform', 'textDecoration',
    'border', 'borderRadius', 'boxShadow', 'outline', 'opacity', 'filter', 'padding', 'margin',
    'cursor', 'order', 'transform']
  // a translucent ground is seen over that of the card; a grid shares out fractions of a pixel
  const seen = document.createElement('canvas').getContext('2d')
  for (const one of [button.closest('.cs-card, .cs-embed'), button]) {
    seen.fillStyle = getComputedStyle(one).backgroundColor
    seen.fillRect(0, 0, 1, 1)
  }
  const ground = `rgb(${[...seen.getImageData(0, 0, 1, 1).data].slice(0, 3)})`
  const size = { width: Math.round(width), height: Math.round(height) }
  return { ground, ...size, ...Object.fromEntries(names.map((name) => [name, style[name]])) }
}"""


def choices(notice: Locator) -> list[Locator]:
    return [notice.locator(f".cs-buttons [data-role={role}]") for role in CHOICES]


def look_of(button: Locator) -> dict[str, Any]:
    """Returns size, colours, letters and edges of a choice, as they are now."""
    look: dict[str, Any] = button.evaluate(_LOOK)
    return look


def expect_equals(looks: list[dict[str, Any]]) -> None:
    """Fails unless all looks are one, and legible (WCAG 2.2, 1.4.3)."""
    assert all(look == looks[0] for look in looks)
    assert contrast(looks[0]["color"], looks[0]["ground"]) >= 4.5


def contrast(ink: str, ground: str) -> float:
    """The contrast of two opaque computed colours (WCAG 2.2, relative luminance)."""
    light, dark = sorted((luminance(ink), luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    assert colour.startswith("rgb("), f"{colour} is not opaque"
    parts = [int(part) / 255 for part in colour.removeprefix("rgb(").rstrip(")").split(",")]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
