"""Dashboard and alerts ask only for what a running application has: names, labels, kinds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from consent_server.jobs.scheduler import Scheduler
from support.prepared import ROOT
from support.shop import Shop

DASHBOARD = ROOT / "deploy" / "grafana" / "dashboard.json"
ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"
_FROM_PROMETHEUS = {"up", "job", "instance"}  # it knows them of every target
_SELECTOR = re.compile(r"\b(consent_\w+|up)(?:\{([^}]*)\})?(\[[^\]]+\])?")
_LABEL = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"[^"]*"\s*(?:,|$)')
_GROUPED = re.compile(r"\b(?:by|on|without) \(([^)]*)\)")
_WORDS = {
    "sum", "max", "min", "by", "on", "unless", "rate", "increase", "histogram_quantile", "time",
    "label_values", "job", "instance", "le", "route", "method", "status", "table", "reason",
    "kind", "check", "place", "pid", "work",
}  # fmt: skip
pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(DASHBOARD.read_text())["panels"]
    return found


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(ALERTS.read_text())["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def expressions() -> Iterator[str]:
    for panel in panels():
        yield from (target["expr"] for target in panel.get("targets", []))
    for variable in json.loads(DASHBOARD.read_text())["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["definition"]
    yield from (rule["expr"] for rule in rules())


@pytest.fixture
def families(shop: Shop) -> list[Metric]:
    """All families of a running application that has done some of everything."""
    client: FlaskClient = shop.app.test_client()
    shop.send_visit(shop.visit(), buffered=True)
    client.get(f"/embed/{shop.key}.js", buffered=True)
    house = shop.house
    Scheduler(
        shop.app, house.settings, house.retention, house.upkeep, house.metrics
    ).destroy_expired()
    return list(text_string_to_metric_families(client.get("/metrics").text))


def test_every_name_and_label_that_is_asked_for_exists(families: list[Metric]) -> None:
    labels: dict[str, set[str]] = {}
    for family in families:
        for sample in family.samples:
            labels.setdefault(sample.name, set()).update(sample.labels)

    for expression in expressions():
        known: set[str] = set(_FROM_PROMETHEUS)
        for name, selector, _range in _SELECTOR.findall(expression):
            assert name in labels or name in _FROM_PROMETHEUS, expression
            # of several workers each lease is told apart by its process
            own = labels.get(name, set()) | ({"pid"} if name == "consent_lease_holder" else set())
            known |= own
            assert set(_LABEL.findall(selector)) <= own | _FROM_PROMETHEUS, expression
        for group in _GROUPED.findall(expression):
            assert {label.strip() for label in group.split(",")} <= known, expression


def test_every_family_is_shown_on_the_dashboard(families: list[Metric]) -> None:
    shown = DASHBOARD.read_text()
    ours = {family.name for family in families} - {
        "consent_process_virtual_memory_bytes", "consent_process_start_time_seconds",
    }  # fmt: skip
    moments = {name for name in ours if name.endswith("_created")}

    assert {name for name in ours - moments if name not in shown} == set()


def test_only_what_counts_up_is_asked_for_its_rate(families: list[Metric]) -> None:
    rising = {
        sample.name
        for family in families
        if family.type in ("counter", "histogram")
        for sample in family.samples
    }
    ranged = {
        name: bool(span)
        for expression in expressions()
        for name, _selector, span in _SELECTOR.findall(expression)
    }

    assert {name for name, has_range in ranged.items() if has_range} == rising.intersection(ranged)


@pytest.mark.usefixtures("app")
def test_every_expression_is_whole() -> None:
    for expression in expressions():
        bare = re.sub(r'"[^"]*"', '""', expression)
        assert all(bare.count(one) == bare.count(other) for one, other in ("()", "{}", "[]"))
        names = re.findall(r"[A-Za-z_]\w*", re.sub(r"\[[^\]]*\]", "", bare))
        assert {name for name in names if not name.startswith("consent_")} <= _WORDS | {"up"}


def test_every_alert_says_what_is_wrong_and_what_to_do(app: Flask) -> None:
    names = [rule["alert"] for rule in rules()]

    assert len(set(names)) == len(names)
    for rule in rules():
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert set(rule["annotations"]) == {"summary", "description"}
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert re.fullmatch(r"\d+m", rule.get("for", "1m"))


def test_the_dashboard_can_be_imported(app: Flask) -> None:
    board = json.loads(DASHBOARD.read_text())
    boxes = [panel["gridPos"] for panel in panels()]

    assert (board["id"], board["title"]) == (None, "Consent Server")
    assert len({panel["id"] for panel in panels()}) == len(panels())
    assert all(box["x"] >= 0 and box["x"] + box["w"] <= 24 for box in boxes)
    assert {p["datasource"]["uid"] for p in panels() if "targets" in p} == {"${source}"}


def test_documents_named_in_alerts_exist(app: Flask) -> None:
    named = re.findall(r"docs/[\w-]+\.md", ALERTS.read_text())

    assert named
    assert all(Path(ROOT / name).exists() for name in named)
