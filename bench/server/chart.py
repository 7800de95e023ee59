"""The soak as a picture: one strip per measure over the same minutes, each from zero. Pure.

Our own SVG: a plotting library for four polylines would be the largest package of the project.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

_WIDTH, _STRIP, _LEFT, _TOP = 720, 84, 120, 24
_RIGHT: Final = 96
_GAP: Final = 22
_STRIPS: Final = (
    ("per_second", "requests/s", "{:,.0f}"),
    ("p99_ms", "p99, ms", "{:.1f}"),
    ("rss_mib", "memory, MiB", "{:,.0f}"),
    ("descriptors", "descriptors", "{:,.0f}"),
    ("threads", "threads", "{:,.0f}"),
)
_STYLE: Final = (
    "text{font:13px sans-serif;fill:#333}.axis{stroke:#bbb}.line{fill:none;stroke:#1a5fb4;"
    "stroke-width:1.5}@media(prefers-color-scheme:dark){text{fill:#ddd}.axis{stroke:#666}"
    ".line{stroke:#78aeed}}"
)


def soak_chart(samples: Sequence[Mapping[str, Any]], title: str) -> str:
    """Returns an SVG document. samples: with seconds and the measures."""
    minutes = max(sample["seconds"] for sample in samples) / 60
    height = _TOP + len(_STRIPS) * (_STRIP + _GAP) + 20
    strips = [
        _strip(samples, strip, _TOP + number * (_STRIP + _GAP), minutes)
        for number, strip in enumerate(_STRIPS)
    ]
    end = f'<text x="{_WIDTH - _RIGHT}" y="{height - 8}" text-anchor="end">{minutes:.0f} min</text>'
    start = f'<text x="{_LEFT}" y="{height - 8}">0</text>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n"
        + "\n".join([*strips, start, end])
        + "\n</svg>\n"
    )


def _strip(
    samples: Sequence[Mapping[str, Any]], strip: tuple[str, str, str], top: int, minutes: float
) -> str:
    name, title, shown = strip
    most = max(float(sample[name]) for sample in samples) or 1.0
    last = samples[-1][name]
    bottom, right = top + _STRIP, _WIDTH - _RIGHT
    points = " ".join(
        f"{_LEFT + sample['seconds'] / 60 / minutes * (right - _LEFT):.1f},"
        f"{bottom - float(sample[name]) / most * (_STRIP - 8):.1f}"
        for sample in samples
    )
    return (
        f'<line class="axis" x1="{_LEFT}" y1="{bottom}" x2="{right}" y2="{bottom}"/>'
        f'<text x="{_LEFT - 10}" y="{top + _STRIP // 2}" text-anchor="end">{title}</text>'
        f'<text x="{right + 8}" y="{top + _STRIP // 2}">{shown.format(last)}</text>'
        f'<polyline class="line" points="{points}"/>'
    )
