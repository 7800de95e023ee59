"""The comparison with other banners is judged as its page says: ratios, ties, what is missed."""

from __future__ import annotations

from typing import Any

import pytest

from bench.banner.columns import CHOICE_AND_AFTER, FIRST_VISIT, lost
from bench.banner.report import document, summary
from bench.banner.samples import spread
from bench.banner.targets import TARGETS, Target

TIMES = {
    "visible_ms": 1300.0, "drawn_ms": 1500.0, "fcp_ms": 800.0, "script_ms": 20.0, "cls": 0.0,
    "hidden_ms": 16.0, "inp_ms": 24.0, "again_script_ms": 15.0,
}  # fmt: skip
COUNTS = {
    "requests": 1, "later": 1, "raw": 16000, "gzip": 7000, "brotli": 6000, "with_markup": 6030,
    "axe": 0, "cookie_bytes": 120, "again_requests": 0, "again_bytes": 0, "idle_ms": 0.5,
}  # fmt: skip


def page(kind: str, **changes: float) -> dict[str, Any]:
    times = {name: changes.get(name, value) for name, value in TIMES.items()}
    counts = {name: changes.get(name, value) for name, value in COUNTS.items()}
    return {"kind": kind, **{name: {"median": value} for name, value in times.items()}, **counts}


def pages(**ours: float) -> dict[str, Any]:
    return {
        "bare": {"kind": "page", "fcp_ms": {"median": 800.0}},
        "floor-script": page("floor", brotli=400, visible_ms=1250),
        "ours": page("ours", **ours),
        "vanilla-cookieconsent": page("peer", brotli=14000, visible_ms=1550, script_ms=60),
        "osano": page("peer", brotli=7000, cookie_bytes=20),
        "ours-20-tags": {"kind": "ours", "inp_ms": {"median": 60.0}},
        "vanilla-cookieconsent-20-tags": {"kind": "peer", "inp_ms": {"median": 200.0}},
    }


def result(**ours: float) -> dict[str, Any]:
    known: dict[str, Any] = {"measured_on": "2026-01-01", "machine": "2 cores", "load_before": 0.1}
    known |= {"chromium": "156", "rounds": 3}
    return {**known, "method": "How.", "versions": {"klaro": "0.7"}, "pages": pages(**ours)}


def titles(measured: dict[str, Any]) -> list[str]:
    return [column.title for column, _ in lost(measured, FIRST_VISIT + CHOICE_AND_AFTER)]


def missed(measured: dict[str, Any]) -> list[str]:
    return [target.of for target in TARGETS if not target.is_met(measured)]


def test_a_banner_within_all_limits_misses_no_target() -> None:
    assert missed(pages()) == []


@pytest.mark.parametrize(
    ("of", "value"),
    [("visible_ms", 1330), ("fcp_ms", 850), ("script_ms", 31), ("hidden_ms", 33), ("inp_ms", 48)],
)
def test_a_time_over_its_limit_is_missed(of: str, value: float) -> None:
    assert missed(pages(**{of: value})) == [of]


def test_bytes_are_held_against_both_the_full_and_the_smallest_other_banner() -> None:
    assert missed(pages(brotli=6301)) == ["brotli"]
    assert missed(pages(brotli=7001)) == ["brotli", "brotli"]


def test_interactions_with_tags_are_judged_on_the_page_with_tags() -> None:
    slow = pages() | {"ours-20-tags": {"kind": "ours", "inp_ms": {"median": 104.0}}}

    assert missed(slow) == ["inp_ms"]


def test_a_ratio_is_said_with_what_it_is_held_against() -> None:
    target = Target("visible", "visible_ms", 1.06, "floor-script")

    assert target.said(pages()) == ("1.06x floor-script", "1.04x")


def test_only_the_cookie_of_a_smaller_one_is_lost_here_and_floors_do_not_count() -> None:
    assert titles(pages()) == ["cookie, bytes"]


def test_times_within_the_resolution_of_their_measure_are_ties() -> None:
    assert "visible, ms" not in titles(pages(visible_ms=1300 * 1.05))
    assert "visible, ms" in titles(pages(visible_ms=1300 * 1.06))
    assert "INP, ms" not in titles(pages(inp_ms=32))
    assert "INP, ms" in titles(pages(inp_ms=40))


def test_what_is_lost_and_missed_is_written_into_docs_and_readme() -> None:
    measured = result(hidden_ms=47)

    assert "| click to hidden, ms | 32 | 47 | **missed** |" in document(measured)
    for text in (document(measured), summary(measured)):
        assert "cookie, bytes (120; Osano Cookie Consent 20)" in text
        assert "hidden, ms (47; vanilla-cookieconsent 16)" in text
    assert "Missed: click to hidden, ms 47 (wanted 32)." in summary(measured)


def test_nothing_missed_is_not_mentioned() -> None:
    assert "Missed" not in summary(result())


def test_a_page_with_tags_is_a_figure_of_its_banner_not_a_row() -> None:
    rows = [line for line in document(result()).splitlines() if line.startswith("| **Consent")]

    assert len(rows) == 2
    assert " 60 |" in rows[1]


def test_a_spread_names_the_median_the_quartiles_and_the_extremes() -> None:
    assert spread([5, 1, 3, 2, 4]) == {
        "median": 3, "low": 2, "high": 4, "min": 1, "max": 5, "runs": 5,
    }  # fmt: skip
    assert spread([7])["low"] == 7
