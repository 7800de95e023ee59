"""The server's figures are judged as its page says: ratios in one run, what is missed is said."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import pytest

from bench.server.chart import soak_chart
from bench.server.report import document, summary
from bench.server.soak import Sample, growth, next_pause
from bench.server.targets import TARGETS, Target, judged

RATES = {"consents": 8000, "visits": 8200, "mix": 8100}
KNOWN: dict[str, Any] = {
    "measured_on": "2026-01-01", "commit": "abc", "load_before": 0.1, "machine": "2 cores",
    "processor": "CPU", "kernel": "6", "file_system": "ext4", "fsync_ms": 0.1, "python": "3.11",
    "versions": {"flask": "3"}, "rounds": 3, "method": "How.",
}  # fmt: skip


def spread(value: float) -> dict[str, float]:
    return {"median": value, "min": value, "max": value, "rounds": 3}


def asked(per_second: float, p99_ms: float, connections: int) -> dict[str, Any]:
    return {
        "per_second": spread(per_second), "p99_ms": spread(p99_ms), "p50_ms": spread(1),
        "max_ms": spread(30), "requests": 1, "failed": 0, "connections": connections,
    }  # fmt: skip


def postgresql(**changes: float) -> dict[str, Any]:
    measures = {
        f"{kind}-{connections}": asked(rate, p99, connections)
        for kind, rate in RATES.items()
        for connections, p99 in ((64, 20), (8, 6))
    }
    measures |= {f"naive-{kind}-64": asked(1000, 100, 64) for kind in RATES}
    measures |= {"c15t-64": asked(300, 500, 64), "hello-64": asked(9000, 12, 64)}
    for key, rate in changes.items():
        measures[key.replace("_", "-")] = asked(rate, 20, 64)
    return {**KNOWN, "measures": measures, "work": {"c15t": "13 statements"}}


def samples(**changes: list[float]) -> list[Sample]:
    steady: dict[str, Any] = {
        "per_second": 4000, "p50_ms": 2.0, "p99_ms": 9.0, "rss_mib": 250.0, "descriptors": 60,
        "threads": 40,
    }  # fmt: skip
    return [
        Sample(seconds=10.0 * (number + 1), **steady | {k: v[number] for k, v in changes.items()})
        for number in range(20)
    ]


def missed(sections: dict[str, Any]) -> list[str]:
    return [target.of for target, measures in judged(sections) if not target.is_met(measures)]


def test_figures_within_all_limits_miss_no_target() -> None:
    assert missed({"writes_postgresql": postgresql()}) == []


@pytest.mark.parametrize(
    ("changed", "rate", "wanted"),
    [
        ("c15t_64", 540, ["consents-64.per_second"]),
        ("naive_visits_64", 1650, ["visits-64.per_second"]),
        ("hello_64", 10100, ["consents-64.per_second"]),
    ],
)
def test_a_contender_that_comes_too_near_is_missed(
    changed: str, rate: float, wanted: list[str]
) -> None:
    assert missed({"writes_postgresql": postgresql(**{changed: rate})}) == wanted


def test_only_sections_that_were_measured_are_judged() -> None:
    assert {target.section for target, _ in judged({"writes_postgresql": postgresql()})} == {
        "writes_postgresql"
    }


def test_every_section_has_targets() -> None:
    assert {target.section for target in TARGETS} == {
        "writes_postgresql", "writes_sqlite", "embed", "exports", "destruction", "soak",
    }  # fmt: skip


def test_limits_and_what_was_reached_are_said_as_ratio_or_with_their_unit() -> None:
    measures = {"ours": asked(900, 12.34, 8), "other": asked(1000, 1, 8)}
    ratio = Target("s", "rate", "ours.per_second", "least", 0.8, "other.per_second", "hello")
    plain = Target("s", "p99", "ours.p99_ms", "most", 25, unit="ms")

    assert ratio.said(measures) == (">= 0.8x hello", "0.90x")
    assert plain.said(measures) == ("<= 25 ms", "12.3 ms")


def test_met_and_missed_stand_beside_each_other_in_docs_and_the_readme_names_the_missed() -> None:
    result = {"sections": {"writes_postgresql": postgresql(c15t_64=600)}}

    page = document(result)

    assert "| choices, 64 connections | >= 15x c15t | 13.33x | **missed** |" in page
    assert ">= 5x naive ORM | 8.00x | met |" in page
    assert "| c15t | 64 | 600 (600..600) | 1.0 | 20.0 (20.0..20.0) | 13 statements |" in page
    assert "choices, 64 connections 13.33x (wanted >= 15x c15t)" in summary(result)


def test_one_machine_is_named_once_and_two_with_their_sections() -> None:
    first, second = postgresql(), {**KNOWN, "growth": growth(samples())}

    together = document({"sections": {"writes_postgresql": first, "soak": second}})
    apart = document({"sections": {"writes_postgresql": first, "soak": second | {"kernel": "7"}}})

    assert together.count("Linux 6") == 1
    assert together.index("Linux 6") < together.index("**Targets**")
    assert apart.index("### Soak") < apart.index("Linux 7")


def test_nothing_missed_is_said_so() -> None:
    assert "Missed: nothing." in summary({"sections": {"writes_postgresql": postgresql()}})


def test_a_steady_service_does_not_grow() -> None:
    found = {"soak": {"growth": growth(samples())}}

    assert missed(found) == []
    assert found["soak"]["growth"]["rss_mib"]["per_hour"] == 0


def test_a_leak_is_seen_as_a_slope_and_missed() -> None:
    found = growth(samples(rss_mib=[250.0 + 2 * number for number in range(20)]))

    assert missed({"soak": {"growth": found}}) == ["rss_mib.ratio"]
    assert found["rss_mib"]["per_hour"] == pytest.approx(720)


def test_what_grows_only_while_caches_fill_is_no_leak() -> None:
    assert growth(samples(rss_mib=[100.0, 200.0, *[250.0] * 18]))["rss_mib"]["ratio"] == 1


def test_the_pause_leads_to_the_wanted_rate() -> None:
    assert next_pause(16, seen=3200, wanted=4000) == pytest.approx(12)
    assert next_pause(0, seen=1000, wanted=4000) == 0


def test_the_chart_is_a_picture_with_a_line_for_each_measure() -> None:
    root = ET.fromstring(soak_chart([vars(one) for one in samples()], "Soak <&>"))  # noqa: S314

    lines = [one for one in root.iter() if one.tag.endswith("polyline")]
    assert len(lines) == 5
    assert all(len(one.attrib["points"].split()) == 20 for one in lines)
